"""What metrics of right and wrong have in common: an interval, coverage, and a word where they have no value."""

from webapp.metrics import calibration
from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import clipped, deviation_of, wilson
from webapp.metrics.metric import Value, undefined
from webapp.telemetry.aggregate import ScoreHistogram

NO_PREDICTIONS = "no predictions in this window"
NO_OUTCOMES = "no outcomes yet"
NO_SCORES = "no scores in this window"
ONE_CLASS = "one class only"
NO_POSITIVES = "one class only: no positives"
NO_NEGATIVES = "one class only: no negatives"


def share(part: float, total: float, *, empty: str) -> Value:
    """Return the share with its interval; undefined, for the reason given, of nothing."""
    if total <= 0:
        return undefined(empty)
    low, high = wilson(part, total)
    return Value(part / total, sample_count=round(total), low=low, high=high)


def labelled_share(evidence: Evidence, part: float, total: float, *, empty: str) -> Value:
    """Return a share of predictions whose outcome is known, with the coverage; provisional where it is thin."""
    missing = without_outcomes(evidence)
    if missing is not None:
        return missing
    if total <= 0:
        return undefined(empty, sample_count=decided(evidence), coverage=coverage(evidence))
    return labelled(evidence, part / total, round(total), wilson(part, total))


def f_beta(evidence: Evidence, beta: float, *, empty: str) -> Value:
    """Return the F score in which recall counts beta times as much as precision."""
    missing = without_outcomes(evidence)
    if missing is not None:
        return missing
    weight = beta**2
    value = _f_score(confusion(evidence), weight)
    if value is None:
        return undefined(empty, sample_count=decided(evidence), coverage=coverage(evidence))
    tp, fp, fn, _ = smoothed(confusion(evidence))
    size = (1 + weight) * tp + weight * fn + fp
    of_tp, of_fp = (1 + weight) * (weight * fn + fp) / size**2, -(1 + weight) * tp / size**2
    deviation = deviation_of((tp, fp, fn), (of_tp, of_fp, weight * of_fp))
    return labelled(evidence, value, decided(evidence), clipped(value, deviation))


def labelled(
    evidence: Evidence, value: float, size: int, interval: tuple[float, float], *, note: str | None = None
) -> Value:
    """Return the value of predictions whose outcome is known; its note says from how many where none is given."""
    tally = evidence.aggregate.tally
    partly = None if tally.known >= tally.predictions else _coverage_note(evidence)
    return Value(
        value,
        sample_count=size,
        low=interval[0],
        high=interval[1],
        coverage=coverage(evidence),
        provisional=is_provisional(evidence),
        note=note or partly,
    )


def labelled_scores(evidence: Evidence, *, both_classes: bool = True) -> ScoreHistogram | Value:
    """Return the scores with known outcomes; why there is nothing to say where they are missing, or of one class."""
    missing = without_outcomes(evidence)
    if missing is not None:
        return missing
    scores = evidence.aggregate.scores
    if scores is None or scores.everything.sum() == 0:
        return undefined(NO_SCORES, coverage=coverage(evidence))
    size = calibration.known(scores)
    if size == 0:
        return undefined(NO_OUTCOMES, coverage=coverage(evidence))
    if both_classes and (scores.positives.sum() == 0 or scores.negatives.sum() == 0):
        return undefined(ONE_CLASS, sample_count=size, coverage=coverage(evidence))
    return scores


def confusion(evidence: Evidence) -> tuple[int, int, int, int]:
    """Return TP, FP, FN and TN."""
    tally = evidence.aggregate.tally
    return tally.tp, tally.fp, tally.fn, tally.tn


def smoothed(cells: tuple[int, int, int, int]) -> tuple[float, float, float, float]:
    """Return the cells with half an event more in each, so that an empty one still has a deviation (Haldane, 1956)."""
    tp, fp, fn, tn = cells
    return tp + 0.5, fp + 0.5, fn + 0.5, tn + 0.5


def without_outcomes(evidence: Evidence) -> Value | None:
    """Return why nothing can be said about right and wrong, or None where something can."""
    tally = evidence.aggregate.tally
    if tally.predictions <= 0:
        return undefined(NO_PREDICTIONS)
    if decided(evidence) <= 0:
        return undefined(NO_OUTCOMES, coverage=coverage(evidence))
    return None


def decided(evidence: Evidence) -> int:
    """Return how many predictions are in the confusion matrix."""
    return sum(confusion(evidence))


def coverage(evidence: Evidence) -> float | None:
    tally = evidence.aggregate.tally
    return tally.known / tally.predictions if tally.predictions > 0 else None


def is_provisional(evidence: Evidence) -> bool:
    share = coverage(evidence)
    return share is not None and share < evidence.minimum_coverage


def _coverage_note(evidence: Evidence) -> str:
    return f"from the {coverage(evidence) or 0:.0%} of predictions whose outcome is known"


def _f_score(cells: tuple[int, int, int, int], weight: float) -> float | None:
    tp, fp, fn, _ = cells
    size = (1 + weight) * tp + weight * fn + fp
    return (1 + weight) * tp / size if size > 0 else None
