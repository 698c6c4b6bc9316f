"""What a batch's answers add to the counts: classes against classes, or the errors of numbers. Pure.

The counts of a multiclass model are laid out as: predicted (K), confusion (K × K, [actual, predicted]), ranks
(K × 2 × RANK_BINS); beside them run the sums of aggregate.ClassCounts. Those of a regression are the bins of its errors
with the sums of aggregate.ErrorCounts. A binary model needs neither: its score histogram says it all.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.binning import Binning
from webapp.catalog.models import Task
from webapp.telemetry.aggregate import (
    ERROR_BINS,
    ERROR_EDGES,
    ERROR_SIDE,
    ERROR_SUMS,
    RANK_BINS,
    RANK_EDGES,
    ClassCounts,
    ErrorCounts,
)
from webapp.telemetry.rows import Counts, Floats, Groups, Rows

CLASS_SUMS = 3
_EPSILON = float(np.finfo(np.float64).eps)


def answers_width(binning: Binning) -> int:
    """Return how many counts the answers of a model have."""
    if binning.task is Task.MULTICLASS:
        size = len(binning.classes)
        return size + size * size + size * 2 * RANK_BINS
    return ERROR_BINS if binning.task is Task.REGRESSION else 0


def answers_of(rows: Rows, groups: Groups, binning: Binning, *, everything: bool) -> tuple[Counts, Floats] | None:
    """Return counts and sums, each with a row a group; without `everything` only what outcomes add. None: binary."""
    if binning.task is Task.MULTICLASS:
        return _class_counts(rows, groups, binning, everything=everything)
    return _error_counts(rows, groups) if binning.task is Task.REGRESSION else None


def class_counts(binning: Binning, counts: Counts, sums: Floats) -> ClassCounts:
    size = len(binning.classes)
    first, second = size, size + size * size
    return ClassCounts(
        binning.classes,
        counts[:first],
        counts[first:second].reshape(size, size),
        counts[second:].reshape(size, 2, RANK_BINS),
        *(float(figure) for figure in sums),
    )


def error_counts(counts: Counts, sums: Floats) -> ErrorCounts:
    return ErrorCounts(counts, *(float(figure) for figure in sums))


def _class_counts(rows: Rows, groups: Groups, binning: Binning, *, everything: bool) -> tuple[Counts, Floats]:
    size = len(binning.classes)
    counts = np.zeros((groups.count, answers_width(binning)), dtype=np.int64)
    answered, known = ~np.isnan(rows.predicted), ~np.isnan(rows.actual)
    if everything:
        _count(counts, groups.number[answered], rows.predicted[answered].astype(np.int64))
    both = answered & known
    cells = rows.actual[both].astype(np.int64) * size + rows.predicted[both].astype(np.int64)
    _count(counts, groups.number[both], size + cells)
    sums = np.zeros((groups.count, CLASS_SUMS))
    if rows.scores is not None:
        scored = known & ~np.isnan(rows.scores).all(axis=1)
        scores = np.nan_to_num(rows.scores[scored])[:, :size]
        scores = np.pad(scores, ((0, 0), (0, size - scores.shape[1])))  # of classes that came up since
        actual, number = rows.actual[scored].astype(np.int64), groups.number[scored]
        _count_ranks(counts, number, scores, actual, offset=size + size * size)
        sums = _class_sums(number, scores, actual, groups.count)
    return counts, sums


def _count_ranks(counts: Counts, number: Counts, scores: Floats, actual: Counts, *, offset: int) -> None:
    """Count the score of every class among the rows that are of the class, and among the others."""
    size = scores.shape[1]
    bins = (np.searchsorted(RANK_EDGES, scores, side="right") - 1).clip(0, RANK_BINS - 1)
    for place in range(size):
        other = (actual != place).astype(np.int64)
        _count(counts, number, offset + (place * 2 + other) * RANK_BINS + bins[:, place])


def _class_sums(number: Counts, scores: Floats, actual: Counts, count: int) -> Floats:
    of_actual = scores[np.arange(len(actual)), actual] if len(actual) else np.empty(0)
    brier = (scores**2).sum(axis=1) - 2 * of_actual + 1
    terms: tuple[Floats, ...] = (np.ones(len(actual)), -np.log(of_actual.clip(_EPSILON, 1)), brier)
    return np.stack([np.bincount(number, weights=term, minlength=count) for term in terms], axis=1)


def _error_counts(rows: Rows, groups: Groups) -> tuple[Counts, Floats]:
    counts = np.zeros((groups.count, ERROR_BINS), dtype=np.int64)
    told = ~np.isnan(rows.predicted) & ~np.isnan(rows.actual)
    error, actual, number = rows.predicted[told] - rows.actual[told], rows.actual[told], groups.number[told]
    _count(counts, number, error_slots(error))
    has_scale = actual != 0
    relative = np.abs(np.divide(error, actual, out=np.zeros(len(error)), where=has_scale))
    terms: dict[str, Floats] = {
        "count": np.ones(len(error)),
        "total": error,
        "absolute": np.abs(error),
        "squares": error**2,
        "actual": actual,
        "actual_squares": actual**2,
        "relative": relative,
        "relative_count": has_scale.astype(np.float64),
        "over": np.maximum(error, 0),
        "under": np.maximum(-error, 0),
    }
    sums = [np.bincount(number, weights=terms[name], minlength=groups.count) for name in ERROR_SUMS]
    return counts, np.stack(sums, axis=1)


def error_slots(error: Floats) -> Counts:
    """Return the bin of each error: below the smallest edge is nearly nothing and in the middle."""
    side = np.searchsorted(ERROR_EDGES, np.abs(error), side="right").clip(0, ERROR_SIDE)
    slots: Counts = (ERROR_SIDE + np.sign(error) * side).astype(np.int64)
    return slots


def _count(counts: NDArray[Any], number: Counts, slots: Counts) -> None:
    np.add.at(counts, (number, slots), 1)
