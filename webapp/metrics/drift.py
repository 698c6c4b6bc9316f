"""How far a model's inputs and scores have moved from its baseline, feature by feature."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from webapp.catalog.binning import Kind
from webapp.catalog.models import Model
from webapp.core.errors import NotFoundError
from webapp.core.periods import Window
from webapp.drift.method import Method
from webapp.drift.registry import method_named
from webapp.metrics import load
from webapp.metrics.comparison import compared, labels
from webapp.metrics.feature_drift import (
    FeatureDrift,
    Level,
    course,
    drifted_share,
    drifts,
    lines,
    model_score,
    nothing_counted,
    prediction_drift,
)
from webapp.metrics.metric import Point, Value
from webapp.metrics.scope import versions_of
from webapp.telemetry import baselines, queries
from webapp.telemetry.aggregate import FeatureHistogram
from webapp.telemetry.reference import BaselineInfo

NAMED = 20  # new categories that are named, of each feature
PARTS = frozenset({"features", "scores"})

__all__ = [
    "Distribution",
    "DriftReport",
    "FeatureDrift",
    "Level",
    "distribution",
    "distributions",
    "drift",
    "drift_series",
]


@dataclass(frozen=True, slots=True)
class DriftReport:
    """The features, the highest score first, and the model's scores of drift."""

    method: str
    features: tuple[FeatureDrift, ...]
    score: Value  # the note names the feature
    share: Value
    prediction: Value
    baseline: BaselineInfo | None
    warning: float
    critical: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """A feature's shares by bin, in the baseline and now."""

    labels: tuple[str, ...]
    baseline: tuple[float, ...]
    current: tuple[float, ...]


def drift(
    session: Session,
    model: Model,
    window: Window,
    *,
    now: datetime,
    method: str | None = None,
    version: str | None = None,
) -> DriftReport:
    """Return how far each feature and the scores have moved; by the model's own method unless another is named."""
    chosen = method_named(method or model.drift_method)
    limits = lines(model, chosen)
    seen = load.elapsed(window, now)
    groups = {model.id: list(versions_of(session, [model], version=version)[model.id])}
    aggregate = queries.totals(session, groups, seen, parts=PARTS, now=now)[model.id]
    reference = baselines.current(session, [model.id]).get(model.id)
    found = drifts(aggregate.features, reference, chosen, limits)
    return DriftReport(
        method=chosen.name,
        features=_with_new_categories(session, model, found),
        score=model_score(found),
        share=drifted_share(found),
        prediction=prediction_drift(aggregate, reference, chosen),
        baseline=None if reference is None else reference.info,
        warning=limits.warning,
        critical=limits.critical,
    )


def distribution(
    session: Session, model: Model, feature: str, window: Window, *, now: datetime, version: str | None = None
) -> Distribution:
    """Return the feature's shares by bin; no bins where there is nothing to compare with."""
    found = distributions(session, model, window, now=now, version=version)
    if feature not in found:
        raise NotFoundError(f"The model '{model.name}' has no feature '{feature[:64]}' in this window.")
    return found[feature]


def distributions(
    session: Session, model: Model, window: Window, *, now: datetime, version: str | None = None
) -> Mapping[str, Distribution]:
    """Return the shares of every feature of the window or the baseline, by name."""
    groups = {model.id: list(versions_of(session, [model], version=version)[model.id])}
    seen = load.elapsed(window, now)
    features = queries.totals(session, groups, seen, parts=frozenset({"features"}), now=now)[model.id].features
    reference = baselines.current(session, [model.id]).get(model.id)
    known = {} if reference is None else reference.aggregate.features
    return {name: _distribution(known.get(name), features.get(name)) for name in sorted(known.keys() | features.keys())}


def _distribution(baseline: FeatureHistogram | None, current: FeatureHistogram | None) -> Distribution:
    if current is None and baseline is not None:
        current = nothing_counted(baseline)
    if baseline is None or current is None or baseline.bins != current.bins or baseline.bins.is_learning:
        return Distribution((), (), ())
    first, second = compared(baseline, current).shares
    return Distribution(labels(baseline), tuple(first.tolist()), tuple(second.tolist()))


def drift_series(
    session: Session, model: Model, window: Window, step: timedelta, *, now: datetime, version: str | None = None
) -> Mapping[str, tuple[Point, ...]]:
    """Return each feature's score by steps of the window."""
    method = method_named(model.drift_method)
    groups = {model.id: list(versions_of(session, [model], version=version)[model.id])}
    reference = baselines.current(session, [model.id]).get(model.id)
    seen = load.elapsed(window, now)
    steps = queries.steps(session, groups, seen, step, parts=frozenset({"features"}), now=now)[model.id]
    known = {} if reference is None else reference.aggregate.features
    names = sorted(known.keys() | {name for bucket in steps for name in bucket.aggregate.features})
    return {name: _points(name, steps, known.get(name), method) for name in names}


def _points(
    name: str, steps: Sequence[queries.Bucket], baseline: FeatureHistogram | None, method: Method
) -> tuple[Point, ...]:
    """Return the feature's score in each step that has counts, or could have: the baseline knows the feature."""
    nothing = None if baseline is None else nothing_counted(baseline)
    counted = [(bucket.at, bucket.aggregate.features.get(name, nothing)) for bucket in steps]
    present = [(at, histogram) for at, histogram in counted if histogram is not None]
    values = course([histogram for _, histogram in present], baseline, method)
    return tuple(Point(at, value) for (at, _), value in zip(present, values, strict=True))


def _with_new_categories(session: Session, model: Model, found: Sequence[FeatureDrift]) -> tuple[FeatureDrift, ...]:
    """Name the values that the baseline never had."""
    grown = [drift.name for drift in found if drift.kind == Kind.CATEGORY and drift.out_of_range_share]
    names = _new_categories(session, model, grown) if grown else {}
    return tuple(replace(drift, new_categories=names.get(drift.name, ())) for drift in found)


def _new_categories(session: Session, model: Model, features: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    reference = baselines.current(session, [model.id]).get(model.id)
    known = {} if reference is None else reference.aggregate.features
    query = text(
        "SELECT feature, value FROM feature_value WHERE model_id = :model AND feature = ANY(:features)"
        " ORDER BY feature, first_seen_at DESC, value"
    )
    parameters = {"model": model.id, "features": list(features)}
    values: dict[str, list[str]] = {}
    for feature, value in session.execute(query, parameters):
        if feature in known and value not in known[feature].bins.categories:
            values.setdefault(feature, []).append(value)
    return {feature: tuple(found[:NAMED]) for feature, found in values.items()}
