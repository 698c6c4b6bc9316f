"""From what is known of a model's answers, classes or numbers, to a metric's value with its evidence."""

from collections.abc import Callable
from dataclasses import replace

from webapp.metrics.estimate import Estimate
from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import Z, wilson
from webapp.metrics.metric import Value, undefined
from webapp.metrics.regression import over_count, quantile
from webapp.metrics.shares import NO_OUTCOMES, NO_PREDICTIONS, coverage, is_provisional
from webapp.telemetry.aggregate import ClassCounts, ErrorCounts

NO_SCORES = "no scores of all classes with known outcomes"


def of_classes(
    evidence: Evidence,
    compute: Callable[[ClassCounts], Estimate | None],
    *,
    empty: str = NO_OUTCOMES,
    low: float | None = 0.0,
    high: float | None = 1.0,
) -> Value:
    """Return a figure of the classes, its interval kept within the bounds; undefined, for the reason given, of none."""
    classes = evidence.aggregate.classes
    missing = without_answers(evidence, 0 if classes is None else classes.known)
    if missing is not None or classes is None:
        return missing or undefined(NO_OUTCOMES)
    return valued(evidence, compute(classes), empty=empty, count=classes.known, low=low, high=high)


def of_errors(
    evidence: Evidence,
    compute: Callable[[ErrorCounts], Estimate | None],
    *,
    empty: str = NO_OUTCOMES,
    low: float | None = None,
    high: float | None = None,
) -> Value:
    """Return a figure of the errors, its interval kept within the bounds; undefined, for the reason given, of none."""
    errors = evidence.aggregate.errors
    missing = without_answers(evidence, 0 if errors is None else round(errors.count))
    if missing is not None or errors is None:
        return missing or undefined(NO_OUTCOMES)
    return valued(evidence, compute(errors), empty=empty, count=round(errors.count), low=low, high=high)


def error_quantile(evidence: Evidence, share: float) -> Value:
    """Return the size of error that the share of the predictions stays within, with its interval by rank."""
    return _with_interval(evidence, lambda errors: quantile(errors, share))


def over_share(evidence: Evidence) -> Value:
    """Return how many of the predictions were too high, with its Wilson interval."""

    def share(errors: ErrorCounts) -> tuple[float, float, float]:
        over = over_count(errors)
        return over / errors.count, *wilson(over, errors.count)

    return _with_interval(evidence, share)


def without_answers(evidence: Evidence, count: int) -> Value | None:
    """Return why nothing can be said about right and wrong, or None where `count` answers can be judged."""
    if evidence.aggregate.tally.predictions <= 0:
        return undefined(NO_PREDICTIONS)
    if count <= 0:
        return undefined(NO_OUTCOMES, coverage=coverage(evidence))
    return None


def valued(
    evidence: Evidence,
    found: Estimate | None,
    *,
    empty: str,
    count: int,
    low: float | None = None,
    high: float | None = None,
) -> Value:
    """Return the figure with its 95 % interval and its evidence."""
    if found is None:
        return undefined(empty, sample_count=count, coverage=coverage(evidence))
    half = None if found.deviation is None else Z * found.deviation
    return Value(
        found.value,
        sample_count=found.count,
        low=None if half is None else _at_least(found.value - half, low),
        high=None if half is None else _at_most(found.value + half, high),
        coverage=coverage(evidence),
        provisional=is_provisional(evidence),
        note=found.note,
    )


def _with_interval(evidence: Evidence, compute: Callable[[ErrorCounts], tuple[float, float, float]]) -> Value:
    """Return a figure of the errors that brings its own interval."""

    def estimate(errors: ErrorCounts) -> Estimate:
        return Estimate(compute(errors)[0], None, round(errors.count))

    found, errors = of_errors(evidence, estimate), evidence.aggregate.errors
    if found.value is None or errors is None:
        return found
    _, low, high = compute(errors)
    return replace(found, low=low, high=high)


def _at_least(figure: float, bound: float | None) -> float:
    return figure if bound is None else max(figure, bound)


def _at_most(figure: float, bound: float | None) -> float:
    return figure if bound is None else min(figure, bound)
