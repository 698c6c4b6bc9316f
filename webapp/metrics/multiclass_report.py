"""What a model takes for what: the confusion of its classes, each class by itself, the worst mix-ups. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.metrics.calibration import middles
from webapp.metrics.curves import Area, bounds_near
from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import wilson
from webapp.metrics.metric import Value, undefined
from webapp.metrics.multiclass import areas
from webapp.metrics.performance import CALIBRATION_PARTS, CalibrationPoint
from webapp.telemetry.aggregate import ClassCounts, ScoreHistogram

Counts = NDArray[np.int64]

SHOWN = 15  # classes on the square; the rarer ones stand together
OTHER = "other classes"
MIX_UPS = 8


@dataclass(frozen=True, slots=True)
class Square:
    """Counts of real classes (rows) against predicted ones, the most frequent first."""

    names: tuple[str, ...]
    cells: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class ClassRow:
    """How one class does: how often it happened, how often it was rightly named, and found."""

    name: str
    support: int
    predicted: int
    precision: Value
    recall: Value
    f1: float
    auc: float | None


@dataclass(frozen=True, slots=True)
class MixUp:
    """One class that was taken for another."""

    actual: str
    predicted: str
    count: int
    share: float  # of the class that happened


@dataclass(frozen=True, slots=True)
class ClassReport:
    predictions: int
    known: int
    square: Square
    classes: tuple[ClassRow, ...]  # the worst first
    mix_ups: tuple[MixUp, ...]  # the most frequent first
    confidence: tuple[CalibrationPoint, ...]


def class_report(evidence: Evidence) -> ClassReport:
    counts, scores = evidence.aggregate.classes, evidence.aggregate.scores
    return ClassReport(
        predictions=evidence.aggregate.tally.predictions,
        known=0 if counts is None else counts.known,
        square=Square((), ()) if counts is None else square(counts),
        classes=() if counts is None else _by_class(counts),
        mix_ups=() if counts is None else _mix_ups(counts),
        confidence=() if scores is None else confidence(scores),
    )


def square(counts: ClassCounts) -> Square:
    """Return the confusion of the most frequent classes, and of all others as one."""
    frequency = counts.confusion.sum(axis=0) + counts.confusion.sum(axis=1)
    order = np.argsort(-frequency, kind="stable")
    order = order[frequency[order] > 0]
    shown, rest = order[:SHOWN], order[SHOWN:]
    names = [counts.names[place] for place in shown]
    cells = counts.confusion[np.ix_(order, order)]
    if len(rest):
        cells = _folded(_folded(cells).T).T
        names.append(OTHER)
    return Square(tuple(names), tuple(tuple(row) for row in cells.tolist()))


def confidence(scores: ScoreHistogram) -> tuple[CalibrationPoint, ...]:
    """Return how often answers were right by how sure the model was; a bin's scores stand at its middle."""
    known = scores.positives + scores.negatives
    cuts = bounds_near(scores.edges, CALIBRATION_PARTS)[:-1]
    sizes, right = np.add.reduceat(known, cuts), np.add.reduceat(scores.positives, cuts)
    sums = np.add.reduceat(known * middles(scores), cuts)
    return tuple(
        CalibrationPoint(float(total / size), float(good / size), int(size))
        for size, total, good in zip(sizes, sums, right, strict=True)
        if size > 0
    )


def _folded(cells: Counts) -> Counts:
    """Add up the rows beyond those that are shown."""
    folded: Counts = np.vstack([cells[:SHOWN], cells[SHOWN:].sum(axis=0)])
    return folded


def _by_class(counts: ClassCounts) -> tuple[ClassRow, ...]:
    actual, predicted = counts.confusion.sum(axis=1), counts.confusion.sum(axis=0)
    found = areas(counts)
    rows = [
        _class_row(name, int(counts.confusion[place, place]), int(actual[place]), int(predicted[place]), found)
        for place, name in enumerate(counts.names)
        if actual[place] + predicted[place] > 0
    ]
    return tuple(sorted(rows, key=lambda row: (row.f1, -row.support, row.name)))


def _class_row(name: str, right: int, actual: int, predicted: int, found: dict[str, Area]) -> ClassRow:
    return ClassRow(
        name=name,
        support=actual,
        predicted=predicted,
        precision=_share(right, predicted, "never predicted"),
        recall=_share(right, actual, "did not happen"),
        f1=2 * right / (actual + predicted),
        auc=found[name].value if name in found else None,
    )


def _share(part: int, total: int, empty: str) -> Value:
    if total <= 0:
        return undefined(empty)
    low, high = wilson(part, total)
    return Value(part / total, sample_count=total, low=low, high=high)


def _mix_ups(counts: ClassCounts) -> tuple[MixUp, ...]:
    wrong = counts.confusion.copy()
    np.fill_diagonal(wrong, 0)
    places = np.argsort(-wrong, axis=None, kind="stable")[:MIX_UPS]
    actual = counts.confusion.sum(axis=1)
    return tuple(
        MixUp(counts.names[row], counts.names[column], int(wrong[row, column]), float(wrong[row, column] / actual[row]))
        for row, column in zip(*np.unravel_index(places, wrong.shape), strict=True)
        if wrong[row, column] > 0
    )
