"""What metrics that are a share of something have in common: an interval, coverage, and a word where they have none."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import wilson
from webapp.metrics.metric import Value, undefined

NO_PREDICTIONS = "no predictions in this window"
NO_OUTCOMES = "no outcomes yet"


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
    tally = evidence.aggregate.tally
    if total <= 0:
        return undefined(empty, sample_count=decided(evidence), coverage=coverage(evidence))
    low, high = wilson(part, total)
    return Value(
        part / total,
        sample_count=round(total),
        low=low,
        high=high,
        coverage=coverage(evidence),
        provisional=is_provisional(evidence),
        note=None if tally.known >= tally.predictions else _coverage_note(evidence),
    )


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
    tally = evidence.aggregate.tally
    return tally.tp + tally.fp + tally.fn + tally.tn


def coverage(evidence: Evidence) -> float | None:
    tally = evidence.aggregate.tally
    return tally.known / tally.predictions if tally.predictions > 0 else None


def is_provisional(evidence: Evidence) -> bool:
    share = coverage(evidence)
    return share is not None and share < evidence.minimum_coverage


def _coverage_note(evidence: Evidence) -> str:
    return f"from the {coverage(evidence) or 0:.0%} of predictions whose outcome is known"
