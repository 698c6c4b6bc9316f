"""From the columns of a batch to deltas: what it adds to the counts of each version and bucket. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.binning import COUNTERS, MOMENTS, SCORE_BINS, Binning, Kind
from webapp.catalog.models import Task
from webapp.telemetry.aggregate import LATENCY_BINS, LATENCY_EDGES, SCORE_SUMS, SCORE_WIDTH, no_moments
from webapp.telemetry.answers import answers_of
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
    predicted: Floats  # 1 or 0, the place of a class, or a number, as the task has it; NaN: none
    actual: Floats  # the same; NaN: not known
    latency_ms: Floats
    failed: Flags
    delay_s: Floats  # from the prediction to its outcome; NaN: not known
    scores: Floats | None = None  # (rows, classes) of a multiclass model; a row of NaN: none
    segments: Counts | None = None  # (rows, keys): the segment of each declared key, 0: none

    def take(self, places: Counts) -> "Rows":
        columns: dict[str, Any] = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        taken: dict[str, Any] = {name: None if each is None else each[places] for name, each in columns.items()}
        return Rows(**taken)


@dataclass(frozen=True, slots=True)
class Delta:
    """What a batch adds to one version and bucket. `scalars` follows aggregate.TALLY."""

    version_id: int
    segment_id: int  # 0: everything
    grain: Grain
    bucket: int  # µs since the epoch
    scalars: tuple[float, ...]
    scores: bytes | None = None
    latencies: bytes | None = None
    features: bytes | None = None
    answers: bytes | None = None


def deltas(rows: Rows, binning: Binning, *, now_us: int, features: Floats | None) -> list[Delta]:
    """Count new predictions, with their outcomes where these are known already: all, and each segment apart."""
    rows, segment, features = _spread(rows, features)
    groups = _Groups(rows, segment, now_us)
    scalars = _tally(rows, groups, binning.task)
    scores = _score_counts(rows, groups, binning, everything=True)
    answers = answers_of(rows, groups, binning, everything=True)
    latencies = _latency_counts(rows, groups)
    counted = None if features is None else _feature_counts(features, groups, binning)
    return [
        groups.delta(
            place,
            scalars[place],
            scores=pack(scores[0][place], scores[1][place]),
            latencies=None if latencies is None else pack(latencies[place], np.empty(0)),
            features=None if counted is None else pack(counted[0][place], counted[1][place].ravel()),
            answers=None if answers is None else pack(answers[0][place], answers[1][place]),
        )
        for place in range(groups.count)
    ]


def label_deltas(rows: Rows, binning: Binning, *, now_us: int, sign: int) -> list[Delta]:
    """Count only what outcomes add (sign 1), or take back what a corrected one had added (sign −1)."""
    rows, segment, _ = _spread(rows, None)
    groups = _Groups(rows, segment, now_us)
    scalars = sign * _labels(rows, groups, binning.task)
    counts, sums = _score_counts(rows, groups, binning, everything=False)
    answers = answers_of(rows, groups, binning, everything=False)
    return [
        groups.delta(
            place,
            scalars[place],
            scores=pack(sign * counts[place], sign * sums[place]),
            answers=None if answers is None else pack(sign * answers[0][place], sign * answers[1][place]),
        )
        for place in range(groups.count)
    ]


def _spread(rows: Rows, features: Floats | None) -> tuple[Rows, Counts, Floats | None]:
    """Repeat each row for every segment that it belongs to; return the segments beside them, 0 for everything."""
    size = len(rows.at)
    if rows.segments is None or not rows.segments.any():
        return rows, np.zeros(size, dtype=np.int64), features
    places, keys = np.nonzero(rows.segments)
    order = np.concatenate([np.arange(size), places])
    segment = np.concatenate([np.zeros(size, dtype=np.int64), rows.segments[places, keys]])
    return rows.take(order), segment, None if features is None else features[order]


class _Groups:
    """Which version, segment and bucket each row belongs to, as consecutive numbers."""

    def __init__(self, rows: Rows, segment: Counts, now_us: int) -> None:
        by_minute = rows.at >= now_us - int(MINUTE_HORIZON.total_seconds() * 1e6)
        size = np.where(by_minute, 60_000_000, 3_600_000_000)
        bucket = rows.at // size * size
        keys = np.stack([rows.version_id, segment, by_minute.astype(np.int64), bucket], axis=1)
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
        answers: bytes | None = None,
    ) -> Delta:
        version_id, segment_id, by_minute, bucket = (int(part) for part in self.keys[place])
        return Delta(
            version_id,
            segment_id,
            Grain.MINUTE if by_minute else Grain.HOUR,
            bucket,
            tuple(scalars.tolist()),
            scores=scores,
            latencies=latencies,
            features=features,
            answers=answers,
        )


def _tally(rows: Rows, groups: _Groups, task: Task) -> Floats:
    scalars = _labels(rows, groups, task)
    timed = ~np.isnan(rows.latency_ms)
    scalars[:, 0] = groups.total(np.ones(len(rows.at)))
    scalars[:, 2] = groups.total(rows.failed)
    if task is Task.BINARY:
        scalars[:, 7] = groups.total(rows.predicted == 1)
    scalars[:, 8] = groups.total(timed)
    scalars[:, 9] = groups.total(np.where(timed, rows.latency_ms, 0))
    return scalars


def _labels(rows: Rows, groups: _Groups, task: Task) -> Floats:
    """Return the scalars that depend on outcomes, in the places that aggregate.TALLY gives them."""
    scalars = np.zeros((groups.count, 11))
    scalars[:, 1] = groups.total(~np.isnan(rows.actual))
    if task is Task.BINARY:
        for place, predicted, actual in ((3, 1, 1), (4, 1, 0), (5, 0, 1), (6, 0, 0)):
            scalars[:, place] = groups.total((rows.predicted == predicted) & (rows.actual == actual))
    elif task is Task.MULTICLASS:
        verdict = _verdict(rows, task)
        scalars[:, 3], scalars[:, 4] = groups.total(verdict == 1), groups.total(verdict == 0)
    scalars[:, 10] = groups.total(np.nan_to_num(rows.delay_s))
    return scalars


def _verdict(rows: Rows, task: Task) -> Floats:
    """Return what the outcome says of each row's score, 1 or 0: positive or not, right or not, too high or not."""
    if task is Task.BINARY:
        return rows.actual
    found = rows.predicted == rows.actual if task is Task.MULTICLASS else rows.predicted > rows.actual
    return np.where(np.isnan(rows.actual) | np.isnan(rows.predicted), np.nan, found)


def _score_counts(rows: Rows, groups: _Groups, binning: Binning, *, everything: bool) -> tuple[Counts, Floats]:
    values = rows.predicted if binning.task is Task.REGRESSION else rows.score
    verdict = _verdict(rows, binning.task)
    scored = ~np.isnan(values)
    slots = np.searchsorted(binning.score_edges, values, side="right") - 1
    slots = slots.clip(0, SCORE_BINS - 1)
    counts = np.zeros((groups.count, SCORE_WIDTH), dtype=np.int64)
    sums = np.zeros((groups.count, SCORE_SUMS))
    score = np.nan_to_num(values)
    if everything:
        counts += groups.histogram(scored, slots[scored], SCORE_WIDTH)
        sums[:, 0], sums[:, 1] = groups.total(score), groups.total(score**2)
    for actual, row, first in ((1, 1, 6), (0, 2, 2)):
        chosen = scored & (verdict == actual)
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
