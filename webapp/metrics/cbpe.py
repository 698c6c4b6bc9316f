"""Performance that is to be expected before outcomes arrive (CBPE: confidence-based performance estimation). Pure.

A score, calibrated on the baseline, is the share of such predictions that turn out positive; so the confusion matrix
can be expected. It sees what changes with the scores, not a world in which the same scores mean something else.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.models import Task
from webapp.core.formatting import share
from webapp.metrics.calibrator import ENOUGH, Calibration, calibrated
from webapp.metrics.curves import nearest_edge
from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import clipped
from webapp.metrics.metric import Value, undefined
from webapp.metrics.shares import NO_PREDICTIONS, NO_SCORES, ONE_CLASS, coverage
from webapp.telemetry.reference import Baseline

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MINIMUM = 100
NO_BASELINE = "no baseline yet"
NO_CALIBRATION = "the baseline has no outcomes to calibrate with"
_OF_ALL = 0.01  # A difference of so many of the predictions is worth a word.


@dataclass(frozen=True, slots=True)
class Expected:
    """The confusion matrix to be expected of predictions with these shares of positives."""

    tp: float
    fp: float
    fn: float
    tn: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """(a + b·TP + c·FN) / (d + e·TP + f·FN): what shares of a confusion matrix are when it is known who is flagged."""

    top: tuple[float, float, float]
    bottom: tuple[float, float, float]

    def at(self, tp: Floats, fn: Floats) -> Floats:
        tops, bottoms = (first + by_tp * tp + by_fn * fn for first, by_tp, by_fn in (self.top, self.bottom))
        ratio: Floats = np.divide(tops, bottoms, out=np.zeros_like(tops), where=bottoms > 0)
        return ratio

    def variance(self, tp: float, fn: float, of_tp: float, of_fn: float) -> float:
        """Return the variance from those of TP and FN, which are independent (the delta method)."""
        bottom = self.bottom[0] + self.bottom[1] * tp + self.bottom[2] * fn
        value = (self.top[0] + self.top[1] * tp + self.top[2] * fn) / bottom
        slopes = [(self.top[place] - value * self.bottom[place]) / bottom for place in (1, 2)]
        return of_tp * slopes[0] ** 2 + of_fn * slopes[1] ** 2


# By the number of predictions that are flagged, and of those that are not.
RATIOS: Mapping[str, Callable[[float, float], Ratio]] = {
    "accuracy": lambda flagged, left: Ratio((left, 1, -1), (flagged + left, 0, 0)),
    "precision": lambda flagged, _: Ratio((0, 1, 0), (flagged, 0, 0)),
    "recall": lambda *_: Ratio((0, 1, 0), (0, 1, 1)),
    "f1": lambda flagged, _: Ratio((0, 2, 0), (flagged, 1, 1)),
}


def expected(counts: Floats, shares: Floats, flagged: Flags) -> Expected:
    """Return the confusion to be expected of so many predictions by bin, with their shares of positives."""
    positive, negative = counts * shares, counts * (1 - shares)
    return Expected(
        tp=float(positive[flagged].sum()),
        fp=float(negative[flagged].sum()),
        fn=float(positive[~flagged].sum()),
        tn=float(negative[~flagged].sum()),
    )


def ratio(name: str, found: Expected) -> float | None:
    """Return accuracy, precision, recall or F1 of the confusion; None of nothing."""
    made = RATIOS[name](found.tp + found.fp, found.fn + found.tn)
    bottom = made.bottom[0] + made.bottom[1] * found.tp + made.bottom[2] * found.fn
    return float(made.at(np.array(found.tp), np.array(found.fn))) if bottom > 0 else None


def areas(counts: Floats, shares: Floats) -> Floats:
    """Return the ROC AUC to be expected, for each row of shares by bin, the lowest scores first."""
    p, n = counts * shares, counts * (1 - shares)
    pairs = p.sum(axis=-1) * n.sum(axis=-1)
    outranked = (p * (np.cumsum(n, axis=-1) - n / 2)).sum(axis=-1)
    found: Floats = np.divide(outranked, pairs, out=np.full_like(pairs, 0.5), where=pairs > 0)
    return found


def area_variance(counts: Floats, shares: Floats) -> float:
    """Return the variance of the AUC when each prediction turns out positive by chance, as its share says."""
    p, n = counts * shares, counts * (1 - shares)
    positives, negatives, value = p.sum(), n.sum(), float(areas(counts, shares))
    below, above = (np.cumsum(n) - n / 2) / negatives, (positives - np.cumsum(p) + p / 2) / positives
    slopes = (below - value) / positives - (above - value) / negatives
    return float((counts * shares * (1 - shares) * slopes**2).sum())


def estimated_ratio(evidence: Evidence, name: str, *, empty: str) -> Value:
    """Return accuracy, precision, recall or F1 as they are to be expected of the window's predictions."""
    seen = _seen(evidence)
    if isinstance(seen, Value):
        return seen
    found = expected(seen.counts, seen.shares, seen.flagged)
    value = ratio(name, found)
    if value is None:
        return undefined(empty, sample_count=seen.size)
    made = RATIOS[name](found.tp + found.fp, found.fn + found.tn)
    spread = seen.counts * seen.shares * (1 - seen.shares)
    by_chance = made.variance(found.tp, found.fn, float(spread[seen.flagged].sum()), float(spread[~seen.flagged].sum()))
    positive = seen.counts * seen.draws
    drawn = made.at(positive[:, seen.flagged].sum(axis=1), positive[:, ~seen.flagged].sum(axis=1))
    return _value(evidence, seen, value, by_chance + _apart(drawn, value))


def estimated_area(evidence: Evidence) -> Value:
    """Return the ROC AUC as it is to be expected of the window's predictions."""
    seen = _seen(evidence)
    if isinstance(seen, Value):
        return seen
    positives = float((seen.counts * seen.shares).sum())
    if positives <= 0 or positives >= seen.size:
        return undefined(ONE_CLASS, sample_count=seen.size)
    value = float(areas(seen.counts, seen.shares))
    variance = area_variance(seen.counts, seen.shares) + _apart(areas(seen.counts, seen.draws), value)
    return _value(evidence, seen, value, variance)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The window's scores by bin, what they stand for, and which of them are flagged."""

    counts: Floats
    shares: Floats
    draws: Floats
    flagged: Flags
    calibration: Calibration
    baseline: Baseline

    @property
    def size(self) -> int:
        return int(self.counts.sum())


def _seen(evidence: Evidence) -> _Seen | Value:
    """Return what an estimate is made from, or why there is none."""
    scores, baseline = evidence.aggregate.scores, evidence.baseline
    size = 0 if scores is None else int(scores.everything.sum())
    if scores is None or size == 0:
        return undefined(NO_SCORES if evidence.aggregate.tally.predictions > 0 else NO_PREDICTIONS)
    if baseline is None:
        return undefined(NO_BASELINE, sample_count=size)
    found = None if baseline.aggregate.scores is None else calibrated(baseline.aggregate.scores)
    if found is None:
        return undefined(_without_calibration(baseline), sample_count=size)
    shares, draws = found.within(scores.edges)
    # The score of a multiclass model is that of its answer: every answer is one to be right or wrong.
    first = nearest_edge(scores, evidence.model.threshold) if evidence.model.task is Task.BINARY else 0
    flagged = np.arange(len(shares)) >= first
    return _Seen(scores.everything.astype(np.float64), shares, draws, flagged, found, baseline)


def _without_calibration(baseline: Baseline) -> str:
    scores = baseline.aggregate.scores
    known = 0 if scores is None else int(scores.positives.sum() + scores.negatives.sum())
    if not known:
        return NO_CALIBRATION
    if known < ENOUGH:
        return f"the baseline has too few outcomes to calibrate with ({known:,} of at least {ENOUGH})"
    return "the baseline has outcomes of one class only"


def _apart(drawn: Floats, value: float) -> float:
    """Return how far other calibrations lead away, squared: a map from few outcomes flatters the ranking, too."""
    return float(((drawn - value) ** 2).mean())


def _value(evidence: Evidence, seen: _Seen, value: float, variance: float) -> Value:
    low, high = clipped(value, math.sqrt(variance))
    return Value(
        value, sample_count=seen.size, low=low, high=high, coverage=coverage(evidence), note=_note(evidence, seen)
    )


def _note(evidence: Evidence, seen: _Seen) -> str:
    """Say what the estimate is made from, and where the model decides otherwise than by its threshold."""
    known, number = seen.calibration.known, seen.baseline.info.number
    how = "calibrated on" if seen.calibration.is_isotonic else "scores taken as they are, which fit"
    said = f"estimated from {seen.size:,} predictions, {how} the {known:,} outcomes of baseline {number}"
    own = evidence.aggregate.tally.flagged
    above = int(seen.counts[seen.flagged].sum())
    if evidence.model.task is not Task.BINARY or abs(own - above) <= _OF_ALL * seen.size:
        return said
    return f"{said}; decided by the threshold, which {share(above / seen.size)} reach, though {own:,} were flagged"
