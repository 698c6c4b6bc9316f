"""How far a model's inputs and scores have moved from its baseline, feature by feature."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from webapp.catalog.binning import CATEGORIES, Kind
from webapp.catalog.models import Model
from webapp.core.errors import NotFoundError
from webapp.core.periods import Window
from webapp.drift.method import Method
from webapp.drift.registry import method_named
from webapp.metrics import load
from webapp.metrics.comparison import compared, compared_scores, labels, score_labels
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
from webapp.metrics.scope import part_of
from webapp.telemetry import baselines, queries
from webapp.telemetry.aggregate import Aggregate, FeatureHistogram
from webapp.telemetry.queries import Bucket
from webapp.telemetry.reference import Baseline, BaselineInfo

NAMED = 20  # new categories that are named, of each feature
PARTS = frozenset({"features", "scores"})

__all__ = [
    "Distribution",
    "DriftReport",
    "FeatureDrift",
    "Level",
    "Study",
    "courses",
    "distribution",
    "distribution_of",
    "distributions",
    "drift",
    "drift_series",
    "score_distribution",
    "steps",
    "study",
]


@dataclass(frozen=True, slots=True)
class DriftReport:
    """The features, what weighs most first, and the model's scores of drift."""

    method: str
    features: tuple[FeatureDrift, ...]
    score: Value  # the note names the feature
    share: Value
    prediction: Value
    baseline: BaselineInfo | None
    warning: float
    critical: float


@dataclass(frozen=True, slots=True)
class Study:
    """A report with the counts it was made of, for whoever wants to look closer without reading them again."""

    report: DriftReport
    current: Aggregate
    baseline: Baseline | None

    @property
    def known(self) -> Mapping[str, FeatureHistogram]:
        return {} if self.baseline is None else self.baseline.aggregate.features


@dataclass(frozen=True, slots=True)
class Distribution:
    """Shares by bin, in the baseline and now."""

    labels: tuple[str, ...]
    baseline: tuple[float, ...]
    current: tuple[float, ...]


NOTHING = Distribution((), (), ())


def drift(
    session: Session,
    model: Model,
    window: Window,
    *,
    now: datetime,
    method: str | None = None,
    version: str | None = None,
    segment: str | None = None,
) -> DriftReport:
    """Return how far each feature and the scores have moved; by the model's own method unless another is named."""
    return study(session, model, window, now=now, method=method, version=version, segment=segment).report


def study(
    session: Session,
    model: Model,
    window: Window,
    *,
    now: datetime,
    method: str | None = None,
    version: str | None = None,
    segment: str | None = None,
) -> Study:
    """Return the report of `drift` with the counts that it compares."""
    chosen = method_named(method or model.drift_method)
    limits = lines(model, chosen)
    seen = load.elapsed(window, now)
    groups, part = part_of(session, model, version=version, segment=segment)
    aggregate = queries.totals(session, groups, seen, parts=PARTS, now=now, segments=part)[model.id]
    reference = baselines.current(session, [model.id]).get(model.id)
    found = drifts(aggregate.features, reference, chosen, limits, importances=model.importances)
    report = DriftReport(
        method=chosen.name,
        features=_with_new_categories(session, model, found, reference),
        score=model_score(found),
        share=drifted_share(found),
        prediction=prediction_drift(aggregate, reference, chosen),
        baseline=None if reference is None else reference.info,
        warning=limits.warning,
        critical=limits.critical,
    )
    return Study(report, aggregate, reference)


def distribution(
    session: Session,
    model: Model,
    feature: str,
    window: Window,
    *,
    now: datetime,
    version: str | None = None,
    segment: str | None = None,
) -> Distribution:
    """Return the feature's shares by bin; no bins where there is nothing to compare with."""
    found = distributions(session, model, window, now=now, version=version, segment=segment)
    if feature not in found:
        raise NotFoundError(f"The model '{model.name}' has no feature '{feature[:64]}' in this window.")
    return found[feature]


def distributions(
    session: Session,
    model: Model,
    window: Window,
    *,
    now: datetime,
    version: str | None = None,
    segment: str | None = None,
) -> Mapping[str, Distribution]:
    """Return the shares of every feature of the window or the baseline, by name."""
    groups, part = part_of(session, model, version=version, segment=segment)
    seen = load.elapsed(window, now)
    counted = queries.totals(session, groups, seen, parts=frozenset({"features"}), now=now, segments=part)
    features = counted[model.id].features
    reference = baselines.current(session, [model.id]).get(model.id)
    known = {} if reference is None else reference.aggregate.features
    return {name: _distribution(known.get(name), features.get(name)) for name in sorted(known.keys() | features.keys())}


def distribution_of(found: Study, feature: str) -> Distribution:
    """Return the shares of one feature of a study."""
    return _distribution(found.known.get(feature), found.current.features.get(feature))


def score_distribution(found: Study) -> Distribution:
    """Return the shares of the scores by tenths of the baseline's; no bins where either has none."""
    before = None if found.baseline is None else found.baseline.aggregate.scores
    current = found.current.scores
    if before is None or current is None or not before.everything.sum() or not current.everything.sum():
        return NOTHING
    first, second = compared_scores(before, current).shares
    return Distribution(score_labels(before, current), tuple(first.tolist()), tuple(second.tolist()))


def _distribution(baseline: FeatureHistogram | None, current: FeatureHistogram | None) -> Distribution:
    if current is None and baseline is not None:
        current = nothing_counted(baseline)
    if baseline is None or current is None or baseline.bins != current.bins or baseline.bins.is_learning:
        return NOTHING
    first, second = compared(baseline, current).shares
    return Distribution(labels(baseline), tuple(first.tolist()), tuple(second.tolist()))


def drift_series(
    session: Session,
    model: Model,
    window: Window,
    step: timedelta,
    *,
    now: datetime,
    method: str | None = None,
    version: str | None = None,
    segment: str | None = None,
    names: Collection[str] | None = None,
) -> Mapping[str, tuple[Point, ...]]:
    """Return each feature's score by steps of the window; only of the features that are named, where some are."""
    buckets = steps(session, model, window, step, now=now, version=version, segment=segment)
    reference = baselines.current(session, [model.id]).get(model.id)
    return courses(buckets, reference, method_named(method or model.drift_method), names=names)


def steps(
    session: Session,
    model: Model,
    window: Window,
    step: timedelta,
    *,
    now: datetime,
    version: str | None = None,
    segment: str | None = None,
) -> Sequence[Bucket]:
    """Return what was counted of the features in each step of the window."""
    groups, part = part_of(session, model, version=version, segment=segment)
    seen = load.elapsed(window, now)
    return queries.steps(session, groups, seen, step, parts=frozenset({"features"}), now=now, segments=part)[model.id]


def courses(
    buckets: Sequence[Bucket], reference: Baseline | None, method: Method, *, names: Collection[str] | None = None
) -> Mapping[str, tuple[Point, ...]]:
    """Return each feature's score in each of the steps."""
    known = {} if reference is None else reference.aggregate.features
    present = known.keys() | {name for bucket in buckets for name in bucket.aggregate.features}
    chosen = sorted(present if names is None else present & set(names))
    return {name: _points(name, buckets, known.get(name), method) for name in chosen}


def _points(
    name: str, buckets: Sequence[Bucket], baseline: FeatureHistogram | None, method: Method
) -> tuple[Point, ...]:
    """Return the feature's score in each step that has counts, or could have: the baseline knows the feature."""
    nothing = None if baseline is None else nothing_counted(baseline)
    counted = [(bucket.at, bucket.aggregate.features.get(name, nothing)) for bucket in buckets]
    present = [(at, histogram) for at, histogram in counted if histogram is not None]
    values = course([histogram for _, histogram in present], baseline, method)
    return tuple(Point(at, value) for (at, _), value in zip(present, values, strict=True))


def _with_new_categories(
    session: Session, model: Model, found: Sequence[FeatureDrift], reference: Baseline | None
) -> tuple[FeatureDrift, ...]:
    """Name the values that the baseline never had."""
    grown = [drift.name for drift in found if drift.kind == Kind.CATEGORY and drift.out_of_range_share]
    names = _new_categories(session, model, grown, reference) if grown else {}
    return tuple(replace(drift, new_categories=names.get(drift.name, ())) for drift in found)


def _new_categories(
    session: Session, model: Model, features: Sequence[str], reference: Baseline | None
) -> Mapping[str, tuple[str, ...]]:
    """Return the newest values of each feature that are not in its bins, of 500 features as of one by one statement."""
    known = {} if reference is None else reference.aggregate.features
    query = text(
        "SELECT f.name AS feature, v.value FROM unnest(CAST(:features AS text[])) AS f(name), LATERAL ("
        " SELECT value, first_seen_at FROM feature_value WHERE model_id = :model AND feature = f.name"
        " ORDER BY first_seen_at DESC, value LIMIT :most) AS v ORDER BY v.first_seen_at DESC, v.value"
    )
    parameters = {"model": model.id, "features": list(features), "most": NAMED + CATEGORIES}
    values: dict[str, list[str]] = {}
    for feature, value in session.execute(query, parameters):
        if feature in known and value not in known[feature].bins.categories:
            values.setdefault(feature, []).append(value)
    return {feature: tuple(found[:NAMED]) for feature, found in values.items()}
