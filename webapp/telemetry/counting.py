"""From the columns of a batch to deltas: what it adds to the counts of each version and bucket. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.binning import COUNTERS, MOMENTS, SCORE_BINS, Binning, Kind
from webapp.telemetry.aggregate import LATENCY_BINS, LATENCY_EDGES, SCORE_SUMS, SCORE_WIDTH, no_moments
from webapp.telemetry.payload import pack

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Events younger than this are counted by the minute, older ones by the hour (readers trust minutes for 48 hours).
MINUTE_HORIZON = timedelta(hours=50)
_EPSILON = float(np.finfo(np.float64).eps)


class Grain(IntEnum):
    MINUTE = 1
    HOUR = 2
    DAY = 3
    MONTH = 4


@dataclass(frozen=True, slots=True)
class Rows:
    """Predictions of one model in one binning, as columns of the same length. Times are µs since the epoch."""

    version_id: Counts
    at: Counts
    score: Floats  # NaN: none
    predicted: Floats  # 1, 0 or NaN
    actual: Floats  # 1, 0 or NaN: not known
    latency_ms: Floats
    failed: Flags
    delay_s: Floats  # from the prediction to its outcome; NaN: not known


@dataclass(frozen=True, slots=True)
class Delta:
    """What a batch adds to one version and bucket. `scalars` follows aggregate.TALLY."""

    version_id: int
    grain: Grain
    bucket: int  # µs since the epoch
    scalars: tuple[float, ...]
    scores: bytes | None
    latencies: bytes | None
    features: bytes | None


def deltas(rows: Rows, binning: Binning, *, now_us: int, features: Floats | None) -> list[Delta]:
    """Count new predictions, with their outcomes where these are known already."""
    groups = _Groups(rows, now_us)
    scalars = _tally(rows, groups)
    scores = _score_counts(rows, groups, binning, everything=True)
    latencies = _latency_counts(rows, groups)
    counted = None if features is None else _feature_counts(features, groups, binning)
    return [
        groups.delta(
            place,
            scalars[place],
            scores=pack(scores[0][place], scores[1][place]),
            latencies=None if latencies is None else pack(latencies[place], np.empty(0)),
            features=None if counted is None else pack(counted[0][place], counted[1][place].ravel()),
        )
        for place in range(groups.count)
    ]


def label_deltas(rows: Rows, binning: Binning, *, now_us: int, sign: int) -> list[Delta]:
    """Count only what outcomes add (sign 1), or take back what a corrected one had added (sign −1)."""
    groups = _Groups(rows, now_us)
    scalars = sign * _labels(rows, groups)
    counts, sums = _score_counts(rows, groups, binning, everything=False)
    return [
        groups.delta(place, scalars[place], scores=pack(sign * counts[place], sign * sums[place]))
        for place in range(groups.count)
    ]


class _Groups:
    """Which version and bucket each row belongs to, as consecutive numbers."""

    def __init__(self, rows: Rows, now_us: int) -> None:
        by_minute = rows.at >= now_us - int(MINUTE_HORIZON.total_seconds() * 1e6)
        size = np.where(by_minute, 60_000_000, 3_600_000_000)
        bucket = rows.at // size * size
        keys = np.stack([rows.version_id, by_minute.astype(np.int64), bucket], axis=1)
        self.keys, number = np.unique(keys, axis=0, return_inverse=True)
        self.number: Counts = number.reshape(-1)
        self.count = len(self.keys)

    def total(self, weights: Floats | Flags) -> Floats:
        return np.bincount(self.number, weights=weights.astype(np.float64), minlength=self.count).astype(np.float64)

    def histogram(self, rows: Flags, slots: Counts, width: int) -> Counts:
        """Return how many of the chosen rows fall into each slot, shape (groups, width)."""
        flat = self.number[rows] * width + slots
        return np.bincount(flat, minlength=self.count * width).reshape(self.count, width)

    def delta(
        self,
        place: int,
        scalars: Floats,
        *,
        scores: bytes | None = None,
        latencies: bytes | None = None,
        features: bytes | None = None,
    ) -> Delta:
        version_id, by_minute, bucket = (int(part) for part in self.keys[place])
        grain = Grain.MINUTE if by_minute else Grain.HOUR
        return Delta(version_id, grain, bucket, tuple(scalars.tolist()), scores, latencies, features)


def _tally(rows: Rows, groups: _Groups) -> Floats:
    scalars = _labels(rows, groups)
    timed = ~np.isnan(rows.latency_ms)
    scalars[:, 0] = groups.total(np.ones(len(rows.at)))
    scalars[:, 2] = groups.total(rows.failed)
    scalars[:, 7] = groups.total(rows.predicted == 1)
    scalars[:, 8] = groups.total(timed)
    scalars[:, 9] = groups.total(np.where(timed, rows.latency_ms, 0))
    return scalars


def _labels(rows: Rows, groups: _Groups) -> Floats:
    """Return the scalars that depend on outcomes, in the places that aggregate.TALLY gives them."""
    scalars = np.zeros((groups.count, 11))
    scalars[:, 1] = groups.total(~np.isnan(rows.actual))
    for place, predicted, actual in ((3, 1, 1), (4, 1, 0), (5, 0, 1), (6, 0, 0)):
        scalars[:, place] = groups.total((rows.predicted == predicted) & (rows.actual == actual))
    scalars[:, 10] = groups.total(np.nan_to_num(rows.delay_s))
    return scalars


def _score_counts(rows: Rows, groups: _Groups, binning: Binning, *, everything: bool) -> tuple[Counts, Floats]:
    scored = ~np.isnan(rows.score)
    slots = np.searchsorted(binning.score_edges, rows.score, side="right") - 1
    slots = slots.clip(0, SCORE_BINS - 1)
    counts = np.zeros((groups.count, SCORE_WIDTH), dtype=np.int64)
    sums = np.zeros((groups.count, SCORE_SUMS))
    score = np.nan_to_num(rows.score)
    if everything:
        counts += groups.histogram(scored, slots[scored], SCORE_WIDTH)
        sums[:, 0], sums[:, 1] = groups.total(score), groups.total(score**2)
    for actual, row, first in ((1, 1, 6), (0, 2, 2)):
        chosen = scored & (rows.actual == actual)
        if chosen.any():
            counts += groups.histogram(chosen, slots[chosen] + row * SCORE_BINS, SCORE_WIDTH)
            sums[:, first : first + 4] = _class_sums(score, chosen, groups)
    return counts, sums


def _class_sums(score: Floats, chosen: Flags, groups: _Groups) -> Floats:
    inside = score.clip(_EPSILON, 1 - _EPSILON)
    terms: Sequence[Floats] = (score, score**2, np.log(inside), np.log1p(-inside))
    return np.stack([groups.total(np.where(chosen, term, 0)) for term in terms], axis=1)


def _latency_counts(rows: Rows, groups: _Groups) -> Counts | None:
    timed = ~np.isnan(rows.latency_ms)
    if not timed.any():
        return None
    slots = np.searchsorted(LATENCY_EDGES, rows.latency_ms[timed], side="right") - 1
    return groups.histogram(timed, slots.clip(0, LATENCY_BINS - 1), LATENCY_BINS)


def _feature_counts(features: Floats, groups: _Groups, binning: Binning) -> tuple[Counts, Floats]:
    """Return counts of shape (groups, width of the binning) and moments of shape (groups, features, MOMENTS)."""
    counts = np.zeros((groups.count, binning.width), dtype=np.int64)
    moments = np.stack([no_moments(len(binning.features))] * groups.count).reshape(groups.count, -1, MOMENTS)
    for place, feature in enumerate(binning.features):
        values = features[:, place]
        slots = binning.slots(place, values)
        chosen = slots >= 0
        start, stop = binning.offsets[place], binning.offsets[place + 1]
        counts[:, start:stop] = groups.histogram(chosen, slots[chosen], COUNTERS + feature.bin_count)
        if feature.kind is Kind.NUMERIC:
            _fill_moments(moments[:, place], values, groups)
    return counts, moments


def _fill_moments(moments: Floats, values: Floats, groups: _Groups) -> None:
    finite = np.isfinite(values)
    number, numbers = groups.number[finite], values[finite]
    moments[:, 0] = np.bincount(number, minlength=groups.count)
    moments[:, 3] = np.bincount(number, weights=numbers, minlength=groups.count)
    with np.errstate(over="ignore"):  # The square of an absurdly large value is infinite, which is as true as it gets.
        moments[:, 4] = np.bincount(number, weights=numbers**2, minlength=groups.count)
    np.minimum.at(moments[:, 1], number, numbers)
    np.maximum.at(moments[:, 2], number, numbers)
