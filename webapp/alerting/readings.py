"""What the rules of a cycle look at, read with few statements: rules that share a window share the reading."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from webapp.alerting.document import Scope
from webapp.alerting.plugins import Prepared
from webapp.alerting.rule_type import Readings
from webapp.catalog.models import Model, Task
from webapp.catalog.tables import ModelRow
from webapp.core.errors import UserError
from webapp.core.periods import Window
from webapp.metrics import queries
from webapp.metrics.evidence import Evidence
from webapp.metrics.gauge import GAUGES
from webapp.metrics.metric import Source, Value, undefined
from webapp.metrics.registry import METRICS
from webapp.metrics.segments import by_segment
from webapp.telemetry.gauges import Gauge
from webapp.telemetry.tables import MeasurementRollupRow, MeasurementRow, SeriesRow
from webapp.telemetry.tiles import cover, snap

# What a plug-in that is wrong raises; a database that is gone is not caught and ends the cycle.
FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, UserError)
NO_MODEL = Model(0, "", "", Task.BINARY, "", "", 0.5, {}, (), "", datetime(1970, 1, 1, tzinfo=UTC))
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class About:
    """What one reading covers. `segment` is one segment, "key=value", or a key for each of its values."""

    window: Window
    version: str | None
    segment: str | None

    @classmethod
    def of(cls, scope: Scope, window: Window) -> "About":
        return cls(window, scope.version, scope.segment)


@dataclass(frozen=True, slots=True)
class Need:
    """What one rule looks at: its windows by name."""

    prepared: Prepared
    windows: Mapping[str, Window]


class UnreadableError(Exception):
    """What a rule looks at could not be computed; the sentence says why."""


@dataclass(slots=True)
class Gathered:
    """Everything that was read for a cycle."""

    at: datetime
    watched_since: datetime | None
    models: Mapping[str, Model]
    # By model and, where a rule is about segments, by segment: metric → value.
    values: dict[About, dict[tuple[str, str], Mapping[str, Value]]] = field(default_factory=dict)
    faults: dict[tuple[About, str], str] = field(default_factory=dict)
    gauges: dict[Window, Mapping[tuple[Labels, str], Gauge]] = field(default_factory=dict)
    newest: Mapping[tuple[Labels, str], datetime] = field(default_factory=dict)

    def series(self, need: Need) -> Sequence[tuple[Labels, Readings]]:
        """Return the series that the rule is about, each with its readings; raise UnreadableError."""
        if need.prepared.metric.source is Source.GAUGES:
            return self._gauge_series(need)
        scope, name = need.prepared.document.scope, need.prepared.metric.name
        for window in need.windows.values():
            fault = self.faults.get((About.of(scope, window), name))
            if fault is not None:
                raise UnreadableError(fault)
        version = () if scope.version is None else (("version", scope.version),)
        chosen = [scope.model] if scope.model else self.models
        return [
            ((("model", model), *version, *part), self._readings(need, model, dict(part).get("segment", "")))
            for model in chosen
            if model in self.models and self.models[model].task in need.prepared.metric.tasks
            for part in self._parts(need, model)
        ]

    def _parts(self, need: Need, model: str) -> Sequence[Labels]:
        """Return the labels of each segment that the rule is about; one without any where it is about all."""
        scope = need.prepared.document.scope
        if scope.segment is None:
            return [()]
        read = [self.values.get(About.of(scope, window), {}) for window in need.windows.values()]
        names = sorted({segment for values in read for of, segment in values if of == model})
        return [(("segment", name),) for name in names]

    def _readings(self, need: Need, model: str, segment: str) -> Readings:
        scope, name = need.prepared.document.scope, need.prepared.metric.name
        found = {}
        for key, window in need.windows.items():
            by_metric = self.values.get(About.of(scope, window), {}).get((model, segment), {})
            found[key] = by_metric.get(name) or undefined("the metric does not apply to this model")
        return Readings(found, watched_since=self.watched_since)

    def _gauge_series(self, need: Need) -> Sequence[tuple[Labels, Readings]]:
        gauge, model = GAUGES[need.prepared.metric.name], need.prepared.document.scope.model
        found = []
        for (labels, name), newest in self.newest.items():
            of_model = dict(labels).get("model")
            if name != gauge or (model is not None and of_model not in {None, model}):
                continue
            values = {
                key: _gauge_value(need.prepared, self.gauges[window].get((labels, name)), window)
                for key, window in need.windows.items()
            }
            found.append((labels, Readings(values, newest=newest, watched_since=self.watched_since)))
        return found


def gather(
    session: Session, needs: Sequence[Need], models: Sequence[Model], *, at: datetime, watched_since: datetime | None
) -> Gathered:
    """Read what the rules need: one question a window, version and segment, and one a window for all gauges."""
    gathered = Gathered(at, watched_since, {model.name: model for model in models})
    names: defaultdict[About, set[str]] = defaultdict(set)
    wanted: defaultdict[About, set[str]] = defaultdict(set)
    gauge_windows: set[Window] = set()
    for need in needs:
        scope, metric = need.prepared.document.scope, need.prepared.metric
        for window in need.windows.values():
            if metric.source is Source.GAUGES:
                gauge_windows.add(window)
                continue
            about = About.of(scope, window)
            names[about].add(metric.name)
            applying = [name for name, model in gathered.models.items() if model.task in metric.tasks]
            wanted[about].update(applying if scope.model is None else {scope.model}.intersection(applying))
    for about, metrics in names.items():
        chosen = [model for name, model in gathered.models.items() if name in wanted[about]]
        _read(session, gathered, chosen, sorted(metrics), about)
    if gauge_windows:
        gathered.newest = _newest(session)
        for window in gauge_windows:
            gathered.gauges[window] = _gauges(session, window, now=at)
    return gathered


def _read(
    session: Session,
    gathered: Gathered,
    models: Sequence[Model],
    names: Sequence[str],
    about: About,
) -> None:
    """Read metrics of models over a window; where that fails, one by one, so that a broken one stands alone."""
    into = gathered.values.setdefault(about, {})
    if not models:
        return
    try:
        with session.begin_nested():
            found = _values(session, models, names, about, now=gathered.at)
    except (*FAULTS, DBAPIError) as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        if len(names) == 1:
            gathered.faults[about, names[0]] = f"{METRICS[names[0]].label} cannot be computed: {_said(error)}"
            return
        for name in names:
            _read(session, gathered, models, [name], about)
        return
    for series, values in found.items():
        into[series] = {**into.get(series, {}), **values}


def _values(
    session: Session, models: Sequence[Model], names: Sequence[str], about: About, *, now: datetime
) -> Mapping[tuple[str, str], Mapping[str, Value]]:
    """Return the metrics by model and segment; of a key, those of each of its values that was ever seen."""
    window, version, segment = about.window, about.version, about.segment
    if segment is None or "=" in segment:
        found = queries.values(session, models, names, window, now=now, version=version, segment=segment)
        return {(model, segment or ""): values for model, values in found.items()}
    return {
        (model.name, f"{segment}={value}"): values
        for model in models
        for value, values in by_segment(
            session, model, segment, names, window, now=now, version=version, with_empty=True
        ).items()
    }


def _said(error: Exception) -> str:
    text = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:200]}" if text else type(error).__name__


def _gauge_value(prepared: Prepared, gauge: Gauge | None, window: Window) -> Value:
    """Compute the metric of one instance by its one definition."""
    found = {} if gauge is None else {GAUGES[prepared.metric.name]: gauge}
    return queries.value_of(prepared.metric, Evidence(model=NO_MODEL, window=window, gauges=found))


def _newest(session: Session) -> Mapping[tuple[Labels, str], datetime]:
    """Return every source of the gauges and the instant of its newest sample."""
    newest = (
        select(MeasurementRow.at)
        .where(MeasurementRow.series_id == SeriesRow.id)
        .order_by(MeasurementRow.at.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(ModelRow.name, SeriesRow.labels["instance"].as_string(), SeriesRow.name, newest)
        .join(ModelRow, ModelRow.id == SeriesRow.model_id, isouter=True)
        .where(SeriesRow.name.in_(GAUGES.values()))
    )
    found: dict[tuple[Labels, str], datetime] = {}
    for model, instance, name, at in session.execute(query):
        if at is not None:
            key = (_labels(model, instance), name)
            found[key] = max(at, found.get(key, at))
    return found


def _gauges(session: Session, window: Window, *, now: datetime) -> Mapping[tuple[Labels, str], Gauge]:
    row = MeasurementRollupRow
    tiles = cover(snap(window, now=now))
    if not tiles:
        return {}
    instance = func.coalesce(SeriesRow.labels["instance"].as_string(), "").label("instance")
    in_tiles = or_(
        *(and_(row.grain == min(int(tile.grain), 3), row.bucket >= tile.start, row.bucket < tile.end) for tile in tiles)
    )
    query = (
        select(
            ModelRow.name,
            instance,
            SeriesRow.name,
            func.sum(row.sample_count),
            func.sum(row.total),
            func.min(row.smallest),
            func.max(row.largest),
        )
        .join(row, row.series_id == SeriesRow.id)
        .join(ModelRow, ModelRow.id == SeriesRow.model_id, isouter=True)
        .where(SeriesRow.name.in_(GAUGES.values()), in_tiles)
        .group_by(ModelRow.name, instance, SeriesRow.name)
    )
    return {
        (_labels(model, instance), name): Gauge(int(count), total, smallest, largest)
        for model, instance, name, count, total, smallest, largest in session.execute(query)
    }


def _labels(model: str | None, instance: str | None) -> Labels:
    pairs = (("model", model or ""), ("instance", instance or ""))
    return tuple(pair for pair in pairs if pair[1])
