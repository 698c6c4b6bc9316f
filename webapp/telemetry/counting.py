"""From the columns of a batch to deltas: what it adds to the counts of each version and bucket. Pure."""

from collections.abc import Sequence

import numpy as np

from webapp.catalog.binning import COUNTERS, MOMENTS, SCORE_BINS, Binning, Kind
from webapp.catalog.models import Task
from webapp.telemetry.aggregate import LATENCY_BINS, LATENCY_EDGES, SCORE_SUMS, SCORE_WIDTH, no_moments
from webapp.telemetry.answers import answers_of
from webapp.telemetry.payload import pack
from webapp.telemetry.rows import Counts, Delta, Flags, Floats, Groups, Rows, spread

_EPSILON = float(np.finfo(np.float64).eps)


def deltas(rows: Rows, binning: Binning, *, now_us: int, features: Floats | None) -> list[Delta]:
    """Count new predictions, with their outcomes where these are known already: all, and each segment apart."""
    rows, segment, features = spread(rows, features)
    groups = Groups(rows, segment, now_us)
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
    rows, segment, _ = spread(rows, None)
    groups = Groups(rows, segment, now_us)
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


def _tally(rows: Rows, groups: Groups, task: Task) -> Floats:
    scalars = _labels(rows, groups, task)
    timed = ~np.isnan(rows.latency_ms)
    scalars[:, 0] = groups.total(np.ones(len(rows.at)))
    scalars[:, 2] = groups.total(rows.failed)
    if task is Task.BINARY:
        scalars[:, 7] = groups.total(rows.predicted == 1)
    scalars[:, 8] = groups.total(timed)
    scalars[:, 9] = groups.total(np.where(timed, rows.latency_ms, 0))
    return scalars


def _labels(rows: Rows, groups: Groups, task: Task) -> Floats:
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


def _score_counts(rows: Rows, groups: Groups, binning: Binning, *, everything: bool) -> tuple[Counts, Floats]:
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


def _class_sums(score: Floats, chosen: Flags, groups: Groups) -> Floats:
    inside = score.clip(_EPSILON, 1 - _EPSILON)
    terms: Sequence[Floats] = (score, score**2, np.log(inside), np.log1p(-inside))
    return np.stack([groups.total(np.where(chosen, term, 0)) for term in terms], axis=1)


def _latency_counts(rows: Rows, groups: Groups) -> Counts | None:
    timed = ~np.isnan(rows.latency_ms)
    if not timed.any():
        return None
    slots = np.searchsorted(LATENCY_EDGES, rows.latency_ms[timed], side="right") - 1
    return groups.histogram(timed, slots.clip(0, LATENCY_BINS - 1), LATENCY_BINS)


def _feature_counts(features: Floats, groups: Groups, binning: Binning) -> tuple[Counts, Floats]:
    """Return counts of shape (groups, width of the binning) and moments of shape (groups, features, MOMENTS)."""
    counts = np.zeros((groups.count, binning.width), dtype=np.int64)
    moments = np.stack([no_moments(len(binning.features))] * groups.count).reshape(groups.count, -1, MOMENTS)
    for place, feature in enumerate(binning.features):
        values = features[:, place]
        slots = binning.slots(place, values)
        chosen = slots >= 0 if feature.is_learning else slice(None)
        start, stop = binning.offsets[place], binning.offsets[place + 1]
        counts[:, start:stop] = groups.histogram(chosen, slots[chosen], COUNTERS + feature.bin_count)
        if feature.kind is Kind.NUMERIC:
            _fill_moments(moments[:, place], values, groups)
    return counts, moments


def _fill_moments(moments: Floats, values: Floats, groups: Groups) -> None:
    finite = np.isfinite(values)
    number, numbers = (groups.number, values) if finite.all() else (groups.number[finite], values[finite])
    moments[:, 0] = np.bincount(number, minlength=groups.count)
    moments[:, 3] = np.bincount(number, weights=numbers, minlength=groups.count)
    with np.errstate(over="ignore"):  # The square of an absurdly large value is infinite, which is as true as it gets.
        moments[:, 4] = np.bincount(number, weights=numbers**2, minlength=groups.count)
    np.minimum.at(moments[:, 1], number, numbers)
    np.maximum.at(moments[:, 2], number, numbers)
