"""Why a metric changed: what two windows are compared by, read with a handful of statements, and the causes ranked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from webapp.catalog import queries as catalog
from webapp.catalog.models import Model, Segment, Task
from webapp.core.errors import InvalidInputError
from webapp.core.periods import Window
from webapp.drift.registry import method_named
from webapp.metrics import causes, load
from webapp.metrics.cause import Cause, Clues, Part, Side
from webapp.metrics.decomposition import SPLITTINGS
from webapp.metrics.difference import Difference, difference
from webapp.metrics.evidence import Evidence
from webapp.metrics.feature_drift import MINIMUM, drifts, lines
from webapp.metrics.metric import Metric, Source, Value
from webapp.metrics.queries import value_of
from webapp.metrics.registry import METRICS, for_task, metric_named
from webapp.metrics.scope import segments_of, versions_of
from webapp.telemetry import baselines, queries
from webapp.telemetry.aggregate import EMPTY, Aggregate, FeatureHistogram
from webapp.telemetry.reference import Baseline

LOOKING_BACK = timedelta(days=30)
EXPLAINED = frozenset({"performance", "drift"})  # groups of metrics
FIRST = {Task.BINARY: "accuracy", Task.MULTICLASS: "accuracy", Task.REGRESSION: "mae"}
_ESTIMATED = "estimated_"


@dataclass(frozen=True, slots=True)
class Why:
    """What a metric did between two windows, whether that is more than chance, and the causes, the likeliest first."""

    metric: Metric
    window: Window
    before_window: Window
    now: Value
    before: Value
    change: Difference
    clear: bool
    headline: str
    causes: tuple[Cause, ...]
    notes: tuple[str, ...] = ()


def explainable(model: Model) -> Sequence[Metric]:
    """Return the metrics of the model whose change can be explained, the usual one first."""
    chosen = [
        metric
        for name, metric in for_task(model.task).items()
        if metric.group == "performance" and not name.startswith(_ESTIMATED)
    ]
    return sorted(chosen, key=lambda metric: (metric.name != FIRST[model.task], metric.label))


def why(
    session: Session,
    model: Model,
    metric: str,
    window: Window,
    *,
    now: datetime,
    before: Window | None = None,
    version: str | None = None,
    segment: str | None = None,
) -> Why:
    """Say why the metric is another in the window than it was before: in the 30 days before, unless told otherwise."""
    asked = metric_named(metric)
    if asked.group not in EXPLAINED:
        raise InvalidInputError(f"Changes of {asked.label} are not explained; only those of performance and drift are.")
    seen = load.elapsed(window, now)
    earlier = load.elapsed(before or Window(seen.start - LOOKING_BACK, seen.start), now)
    clues = _clues(session, model, asked, _Windows(earlier, seen), now=now, version=version, segment=segment)
    named = causes.ranked(clues)
    return Why(
        metric=asked,
        window=seen,
        before_window=earlier,
        now=clues.now.whole.value,
        before=clues.before.whole.value,
        change=clues.change,
        clear=causes.is_clear(clues),
        headline=causes.headline(clues),
        causes=named,
        notes=causes.notes(clues, named),
    )


@dataclass(frozen=True, slots=True)
class _Windows:
    before: Window
    now: Window


@dataclass(frozen=True, slots=True)
class _Scope:
    """Which predictions of a model are compared, and by what they are told apart."""

    model: Model
    metric: Metric
    versions: Mapping[int, str]
    segment: int  # 0: all
    segments: Sequence[Segment]
    baseline: Baseline | None
    minimum_coverage: float

    @property
    def estimated(self) -> Metric | None:
        return METRICS.get(_ESTIMATED + self.metric.name)

    @property
    def parts(self) -> frozenset[str]:
        metrics = [self.metric, *filter(None, [self.estimated])]
        return load.Needs.of(metrics).parts | {"features"}

    def evidence(self, aggregate: Aggregate, window: Window) -> Evidence:
        return Evidence(
            self.model,
            window,
            aggregate=aggregate,
            baseline=self.baseline,
            minimum_coverage=self.minimum_coverage,
        )


def _clues(
    session: Session,
    model: Model,
    metric: Metric,
    windows: _Windows,
    *,
    now: datetime,
    version: str | None,
    segment: str | None,
) -> Clues:
    # Counts are kept by one key at a time, so what is told of a segment cannot be split by others.
    splits = metric.name in SPLITTINGS and segment is None and model.segment_keys
    scope = _Scope(
        model=model,
        metric=metric,
        versions=versions_of(session, [model], version=version)[model.id],
        segment=segments_of(session, [model], segment=segment).get(model.id, 0),
        segments=catalog.segments(session, [model.id])[model.id] if splits else (),
        baseline=baselines.current(session, [model.id]).get(model.id),
        minimum_coverage=load.least_coverage(session),
    )
    before, current = (_side(session, scope, each, now=now) for each in (windows.before, windows.now))
    clues = Clues(
        metric=metric,
        before=before,
        now=current,
        change=difference(before.whole.value, current.whole.value, metric),
        deployments=catalog.deployments(session, model.id, Window(windows.before.start, windows.now.end)),
    )
    return _with_features(clues, scope)


def _side(session: Session, scope: _Scope, window: Window, *, now: datetime) -> Side:
    groups = {number: [number] for number in scope.versions}
    chosen = dict.fromkeys(groups, scope.segment)
    counted = queries.totals(session, groups, window, parts=scope.parts, now=now, segments=chosen)
    whole = sum(counted.values(), EMPTY)
    versions: dict[str, Aggregate] = {}
    for number, aggregate in counted.items():
        if aggregate.tally.predictions:
            name = scope.versions[number]
            versions[name] = versions.get(name, EMPTY) + aggregate
    evidence, estimated = scope.evidence(whole, window), scope.estimated
    return Side(
        whole=Part(whole, value_of(scope.metric, evidence)),
        versions={name: _part(scope, aggregate, window) for name, aggregate in versions.items()},
        segments=_segments(session, scope, window, now=now),
        estimate=None if estimated is None else value_of(estimated, evidence),
    )


def _segments(session: Session, scope: _Scope, window: Window, *, now: datetime) -> Mapping[str, Mapping[str, Part]]:
    """Return what was counted of every value of every key, read with one statement."""
    if not scope.segments:
        return {}
    groups = {segment.id: list(scope.versions) for segment in scope.segments}
    parts = scope.parts - {"features"} if scope.metric.source is not Source.COUNTS else frozenset()
    numbers = {segment.id: segment.id for segment in scope.segments}
    counted = queries.totals(session, groups, window, parts=parts, now=now, segments=numbers)
    found: dict[str, dict[str, Part]] = {}
    for segment in scope.segments:
        if segment.key in scope.model.segment_keys and counted[segment.id].tally.predictions:
            found.setdefault(segment.key, {})[segment.value] = _part(scope, counted[segment.id], window)
    return found


def _part(scope: _Scope, aggregate: Aggregate, window: Window) -> Part:
    return Part(aggregate, value_of(scope.metric, scope.evidence(aggregate, window)))


def _with_features(clues: Clues, scope: _Scope) -> Clues:
    """Add how far the features moved: from the time before, and from the baseline where that is the question."""
    method = method_named(scope.model.drift_method)
    limits = lines(scope.model, method)
    if scope.baseline is None:
        return replace(clues, lines=limits)
    own = clues.metric.group == "drift" or clues.before.whole.aggregate.tally.predictions < MINIMUM
    known = scope.baseline.aggregate.features
    current = clues.now.whole.aggregate.features
    reference = known if own else _comparable(clues.before.whole.aggregate.features, current, known)
    compared = replace(scope.baseline, aggregate=Aggregate(features=reference))
    found = drifts(current, compared, method, limits, importances=scope.model.importances)
    against = "the baseline" if own else "the time before"
    return replace(clues, drifts=found, reference=reference, against=against, lines=limits)


def _comparable(
    before: Mapping[str, FeatureHistogram], now: Mapping[str, FeatureHistogram], known: Mapping[str, FeatureHistogram]
) -> Mapping[str, FeatureHistogram]:
    """Return the features before; those of the baseline where they were counted in other bins then."""
    found = dict(before)
    for name, histogram in now.items():
        if name in known and (name not in found or found[name].bins != histogram.bins):
            found[name] = known[name]
    return found
