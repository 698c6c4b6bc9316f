"""Causes among the features: values that stopped coming, and values that moved. Moved is all that can be said. Pure."""

from collections.abc import Iterator

from webapp.catalog.binning import TYPE_ERROR
from webapp.catalog.binning import Kind as FeatureKind
from webapp.core import formatting
from webapp.metrics.cause import Cause, Clues, Fact, Kind
from webapp.metrics.difference import interval
from webapp.metrics.feature_drift import FeatureDrift, Level
from webapp.metrics.metric import Unit, Value
from webapp.metrics.registry import METRICS
from webapp.metrics.shares import share
from webapp.telemetry.aggregate import FeatureHistogram

ROSE = 0.01  # of the values, from where more missing ones are worth a line
MOST = 5


def missing_causes(clues: Clues) -> list[Cause]:
    """Return the features of which more values are missing or unusable than before, by how many more and importance."""
    found = []
    for drift in clues.drifts:
        before, now = clues.reference.get(drift.name), clues.now.whole.aggregate.features.get(drift.name)
        if before is None or before.total == 0:
            continue
        first, second = _missing(before), _missing(now) if now is not None else _all_missing(clues)
        bounds = interval(first, second, METRICS["missing_share"])
        risen = (second.value or 0.0) - (first.value or 0.0)
        if bounds is not None and bounds[0] > 0 and risen >= ROSE:
            found.append(_of_missing(clues, drift, first, second, risen))
    return sorted(found, key=lambda cause: -cause.weight)[:MOST]


def drift_causes(clues: Clues, *, without: frozenset[str] = frozenset()) -> Iterator[Cause]:
    """Yield the features that moved further than chance explains, by drift times importance."""
    moved = [
        drift
        for drift in clues.drifts
        if drift.is_clear and drift.name not in without and _is_surprising(drift) and drift.weight > 0
    ]
    moved.sort(key=lambda drift: (-(drift.score.value or 0.0) * drift.weight, drift.name))
    for drift in moved[:MOST]:
        yield _of_drift(clues, drift)


def _of_missing(clues: Clues, drift: FeatureDrift, before: Value, now: Value, risen: float) -> Cause:
    shares = [formatting.share(each.value or 0.0) for each in (now, before)]
    return Cause(
        Kind.MISSING,
        f"{drift.name} is missing in {shares[0]}, in {clues.against} in {shares[1]}{_importance(drift)}.",
        weight=min(risen * drift.weight, 1.0),
        facts=(
            Fact("missing", now.value, before.value, Unit.SHARE),
            Fact("predictions", float(now.sample_count), float(before.sample_count), Unit.COUNT),
            *_importance_fact(drift),
        ),
        feature=drift.name,
    )


def _of_drift(clues: Clues, drift: FeatureDrift) -> Cause:
    score = drift.score.value or 0.0
    far = "far" if score >= clues.lines.critical else "a little" if score < clues.lines.warning else ""
    title = " ".join(filter(None, (drift.name, "moved", far)))
    return Cause(
        Kind.FEATURE,
        f"{title}: {formatting.number(score, 3)} from {clues.against}{_outside(drift)}{_importance(drift)}.",
        weight=min(score / clues.lines.critical, 1.0) * drift.weight,
        facts=(
            Fact("drift", score, None, Unit.SCORE),
            Fact("chance gives", drift.noise_floor, None, Unit.SCORE),
            Fact("values", float(drift.score.sample_count), None, Unit.COUNT),
            *_importance_fact(drift),
        ),
        feature=drift.name,
    )


def _missing(histogram: FeatureHistogram) -> Value:
    """Return the share of values that could not be used: none came, or one of another type."""
    return share(histogram.missing + int(histogram.counts[TYPE_ERROR]), histogram.total, empty="no values")


def _all_missing(clues: Clues) -> Value:
    """Return what it is of a feature that no prediction of the window has."""
    size = clues.now.whole.aggregate.tally.predictions
    return share(size, size, empty="no values")


def _is_surprising(drift: FeatureDrift) -> bool:
    return drift.level in {Level.WARNING, Level.CRITICAL} or (drift.q_value or 0.0) < 0.05


def _outside(drift: FeatureDrift) -> str:
    """Say how many values the baseline never had, where that is worth a word."""
    outside = drift.out_of_range_share or 0.0
    if outside < ROSE:
        return ""
    words = "of its values are new" if drift.kind == FeatureKind.CATEGORY else "lie beyond the baseline's range"
    return f"; {formatting.share(outside)} {words}"


def _importance(drift: FeatureDrift) -> str:
    return "" if drift.importance is None else f"; importance {formatting.number(drift.importance, 2)}"


def _importance_fact(drift: FeatureDrift) -> tuple[Fact, ...]:
    return () if drift.importance is None else (Fact("importance", drift.importance, None, Unit.SCORE),)
