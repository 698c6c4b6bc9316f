"""What the rules of a cycle look at, read with few statements: rules that share a window share the reading."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Integer, and_, cast, func, or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from webapp.alerting.document import Scope
from webapp.alerting.plugins import Prepared
from webapp.alerting.rule_type import Look, Readings
from webapp.catalog.models import Model, Task
from webapp.catalog.queries import segments
from webapp.catalog.tables import ModelRow
from webapp.core.errors import UserError
from webapp.core.periods import Window
from webapp.metrics import queries
from webapp.metrics.evidence import Evidence
from webapp.metrics.gauge import GAUGES
from webapp.metrics.metric import Metric, Source, Value, undefined
from webapp.metrics.registry import METRICS
from webapp.metrics.segments import by_segment
from webapp.telemetry.gauges import Gauge
from webapp.telemetry.tables import MeasurementRollupRow, MeasurementRow, SeriesRow
from webapp.telemetry.tiles import cover, snap, stepped

# What a plug-in that is wrong raises; a database that is gone is not caught and ends the cycle.
FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, UserError)
NO_MODEL = Model(0, "", "", Task.BINARY, "", "", 0.5, {}, (), "", datetime(1970, 1, 1, tzinfo=UTC))
Labels = tuple[tuple[str, str], ...]
Values = tuple[Value, ...]
Sources = dict[str, dict[str | None, list[Labels]]]  # of a gauge, by the model that they belong to, if to one
_WHOLE: Sequence[Labels] = ((),)  # a model that is not read by segments
_NOTHING: Mapping[Any, Any] = {}
_INAPPLICABLE = undefined("the metric does not apply to this model")


@dataclass(frozen=True, slots=True)
class About:
    """What one reading covers. `segment` is one segment, "key=value", or a key for each of its values."""

    window: Window
    version: str | None
    segment: str | None
    step: timedelta | None = None

    @classmethod
    def of(cls, scope: Scope, look: Look) -> "About":
        return cls(look.window, scope.version, scope.segment, look.step)


@dataclass(frozen=True, slots=True, eq=False)  # What rules share is the same object.
class Looks:
    """Looks by name, with the metric of each and what one reading of it covers."""

    by_name: Mapping[str, Look]
    metrics: Mapping[str, Metric]
    abouts: Mapping[str, About]

    @classmethod
    def of(cls, prepared: Prepared, looks: Mapping[str, Look]) -> "Looks":
        scope = prepared.document.scope
        metrics = {key: METRICS[look.metric] if look.metric else prepared.metric for key, look in looks.items()}
        return cls(looks, metrics, {key: About.of(scope, look) for key, look in looks.items()})


class _Table(Struct, frozen=True):
    """Where the values of a look stand, for all rules that share it."""

    key: str
    metric: str
    is_stepped: bool
    values: Mapping[tuple[str, str], Mapping[str, Values]]


class Need(Struct, frozen=True):
    """What one rule looks at."""

    prepared: Prepared
    reads: Looks

    @property
    def looks(self) -> Mapping[str, Look]:
        return self.reads.by_name

    def metric_of(self, look: Look) -> Metric:
        return METRICS[look.metric] if look.metric else self.prepared.metric


class UnreadableError(Exception):
    """What a rule looks at could not be computed; the sentence says why."""


@dataclass(slots=True)
class Gathered:
    """Everything that was read for a cycle; of a look, one value, or one a step."""

    at: datetime
    watched_since: datetime | None
    models: Mapping[str, Model]
    # By model and, where a rule is about segments, by segment: metric → values.
    values: dict[About, dict[tuple[str, str], Mapping[str, Values]]] = field(default_factory=dict)
    faults: dict[tuple[About, str], str] = field(default_factory=dict)
    gauges: dict[Look, Mapping[tuple[Labels, str], Sequence[Gauge | None]]] = field(default_factory=dict)
    newest: Mapping[tuple[Labels, str], datetime] = field(default_factory=dict)
    _sources: Sources | None = None
    _tables: dict[Looks, Sequence["_Table"]] = field(default_factory=dict)

    def series(self, need: Need) -> Sequence[tuple[Labels, Readings]]:
        """Return the series that the rule is about, each with its readings; raise UnreadableError."""
        if need.prepared.metric.source is Source.GAUGES:
            return self._gauge_series(need)
        scope, prepared = need.prepared.document.scope, need.prepared
        for key, about in need.reads.abouts.items() if self.faults else ():
            fault = self.faults.get((about, need.reads.metrics[key].name))
            if fault is not None:
                raise UnreadableError(fault)
        version = () if scope.version is None else (("version", scope.version),)
        return [
            ((("model", model), *version, *part), self._readings(need, model, part[0][1] if part else ""))
            for model in ((scope.model,) if scope.model else self.models)
            if applies(prepared.metric, self.models.get(model))
            for part in self._parts(need, model)
        ]

    def _parts(self, need: Need, model: str) -> Sequence[Labels]:
        """Return the labels of each segment that the rule is about; one without any where it is about all."""
        if need.prepared.document.scope.segment is None:
            return _WHOLE
        read = [self.values.get(about, {}) for about in need.reads.abouts.values()]
        names = sorted({segment for values in read for of, segment in values if of == model})
        return [(("segment", name),) for name in names]

    def _readings(self, need: Need, model: str, segment: str) -> Readings:
        values: dict[str, Value] = {}
        steps: dict[str, Values] = {}
        for table in self._tables.get(need.reads) or self._tables_of(need.reads):
            found = table.values.get((model, segment), _NOTHING).get(table.metric)
            if table.is_stepped:
                steps[table.key] = () if found is None else found
            else:
                values[table.key] = _INAPPLICABLE if found is None else found[0]
        return Readings(values, None, self.watched_since, steps)

    def _tables_of(self, reads: Looks) -> Sequence["_Table"]:
        tables = self._tables[reads] = [
            _Table(key, reads.metrics[key].name, about.step is not None, self.values.get(about, _NOTHING))
            for key, about in reads.abouts.items()
        ]
        return tables

    def _gauge_series(self, need: Need) -> Sequence[tuple[Labels, Readings]]:
        gauge, model = GAUGES[need.prepared.metric.name], need.prepared.document.scope.model
        if self._sources is None:
            self._sources = _by_gauge(self.newest)
        of_gauge = self._sources.get(gauge, {})
        chosen = of_gauge.values() if model is None else (of_gauge.get(model, ()), of_gauge.get(None, ()))
        found = []
        for labels in (each for sources in chosen for each in sources):
            values = {key: self._gauge_values(need, look, labels) for key, look in need.looks.items()}
            newest = self.newest[labels, gauge]
            found.append((labels, _read_as(need, values, newest=newest, watched_since=self.watched_since)))
        return found

    def _gauge_values(self, need: Need, look: Look, labels: Labels) -> Values:
        metric = need.metric_of(look)
        found = self.gauges[unnamed(look)].get((labels, GAUGES[metric.name]))
        if look.step is None:
            return (gauge_value(metric, found[0] if found else None, look.window),)
        parts = list(look.window.steps(look.step))
        return tuple(gauge_value(metric, each, part) for part, each in zip(parts, found or [], strict=False))


def gather(
    session: Session, needs: Sequence[Need], models: Sequence[Model], *, at: datetime, watched_since: datetime | None
) -> Gathered:
    """Read what the rules need: one question a window, version and segment, and one a window for all gauges."""
    gathered = Gathered(at, watched_since, {model.name: model for model in models})
    names: defaultdict[About, set[str]] = defaultdict(set)
    wanted: defaultdict[About, set[str]] = defaultdict(set)
    by_gauges: dict[Look, None] = {}
    # Of many rules that look at the same, one is asked.
    for reads, model in {(need.reads, need.prepared.document.scope.model): None for need in needs}:
        chosen = gathered.models if model is None else (model,)
        for key, about in reads.abouts.items():
            metric = reads.metrics[key]
            if metric.source is Source.GAUGES:
                by_gauges[unnamed(reads.by_name[key])] = None
                continue
            names[about].add(metric.name)
            wanted[about].update(name for name in chosen if applies(metric, gathered.models.get(name)))
    for about, metrics in names.items():
        concerned = [each for name, each in gathered.models.items() if name in wanted[about]]
        _read(session, gathered, concerned, sorted(metrics), about)
    if by_gauges:
        gathered.newest = _newest(session, at=at)
        for look in by_gauges:
            gathered.gauges[look] = measured(session, look, now=at)
    return gathered


def applies(metric: Metric, model: Model | None) -> bool:
    return model is not None and model.task in metric.tasks


def _by_gauge(newest: Mapping[tuple[Labels, str], datetime]) -> Sources:
    found: Sources = {}
    for labels, gauge in newest:
        found.setdefault(gauge, {}).setdefault(dict(labels).get("model"), []).append(labels)
    return found


def gauge_value(metric: Metric, gauge: Gauge | None, window: Window) -> Value:
    """Compute the metric of one instance by its one definition."""
    found = {} if gauge is None else {GAUGES[metric.name]: gauge}
    return queries.value_of(metric, Evidence(model=NO_MODEL, window=window, gauges=found))


def _read_as(
    need: Need, found: Mapping[str, Values], *, newest: datetime | None, watched_since: datetime | None
) -> Readings:
    """Put whole windows and steps where the rule types look for them."""
    looks = need.looks
    values = {key: each[0] for key, each in found.items() if looks[key].step is None}
    steps = (
        {key: each for key, each in found.items() if looks[key].step is not None} if len(values) < len(found) else {}
    )
    return Readings(values, newest, watched_since, steps)


def unnamed(look: Look) -> Look:
    """All gauges of a window are read at once."""
    return Look(look.window, step=look.step)


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
) -> Mapping[tuple[str, str], Mapping[str, Values]]:
    """Return the metrics by model and segment; of a key, those of each of its values that was ever seen."""
    if about.step is not None:
        return _stepped(session, models, names, about, about.step, now=now)
    window, version, segment = about.window, about.version, about.segment
    if segment is None or "=" in segment:
        found = queries.values(session, models, names, window, now=now, version=version, segment=segment)
        return {(model, segment or ""): _each_alone(values) for model, values in found.items()}
    return {
        (model.name, f"{segment}={value}"): _each_alone(values)
        for model in models
        for value, values in by_segment(
            session, model, segment, names, window, now=now, version=version, with_empty=True
        ).items()
    }


def _each_alone(values: Mapping[str, Value]) -> Mapping[str, Values]:
    return {name: (value,) for name, value in values.items()}


def _stepped(
    session: Session, models: Sequence[Model], names: Sequence[str], about: About, step: timedelta, *, now: datetime
) -> Mapping[tuple[str, str], Mapping[str, Values]]:
    """Return the metrics by steps, a statement or two a model and segment."""
    parts = _parts_of(session, models, about.segment)
    found: dict[tuple[str, str], Mapping[str, Values]] = {}
    for model in models:
        for part in parts[model.name]:
            series = queries.series(
                session, model, names, about.window, step, now=now, version=about.version, segment=part or None
            )
            found[model.name, part] = {
                name: tuple(point.value for point in each.points) for name, each in series.items()
            }
    return found


def _parts_of(session: Session, models: Sequence[Model], segment: str | None) -> Mapping[str, Sequence[str]]:
    """Return the segments that are read apart for each model, an empty text where all is read as one."""
    if segment is None or "=" in segment:
        return {model.name: [segment or ""] for model in models}
    known = segments(session, [model.id for model in models])
    return {model.name: [str(each) for each in known[model.id] if each.key == segment] for model in models}


def _said(error: Exception) -> str:
    text = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:200]}" if text else type(error).__name__


def _newest(session: Session, *, at: datetime) -> Mapping[tuple[Labels, str], datetime]:
    """Return every source of the gauges and the instant of its newest sample until now."""
    newest = (
        select(MeasurementRow.at)
        .where(MeasurementRow.series_id == SeriesRow.id, MeasurementRow.at <= at)
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
    for model, instance, name, heard in session.execute(query):
        if heard is not None:
            key = (labels_of(model, instance), name)
            found[key] = max(heard, found.get(key, heard))
    return found


def measured(
    session: Session, look: Look, *, now: datetime, names: Collection[str] = GAUGES.values()
) -> Mapping[tuple[Labels, str], Sequence[Gauge | None]]:
    """Return each gauge of each source over the window, or one a step of it."""
    row, window = MeasurementRollupRow, snap(look.window, now=now)
    tiles = cover(window) if look.step is None else stepped(window, look.step, now=now)
    if not tiles:
        return {}
    instance = func.coalesce(SeriesRow.labels["instance"].as_string(), "").label("instance")
    seconds = (look.step or window.duration).total_seconds()
    place = cast(func.floor(func.extract("epoch", row.bucket - window.start) / seconds), Integer).label("place")
    in_tiles = or_(
        *(and_(row.grain == min(int(tile.grain), 3), row.bucket >= tile.start, row.bucket < tile.end) for tile in tiles)
    )
    query = (
        select(
            ModelRow.name,
            instance,
            SeriesRow.name,
            place,
            func.sum(row.sample_count),
            func.sum(row.total),
            func.min(row.smallest),
            func.max(row.largest),
        )
        .join(row, row.series_id == SeriesRow.id)
        .join(ModelRow, ModelRow.id == SeriesRow.model_id, isouter=True)
        .where(SeriesRow.name.in_(names), in_tiles)
        .group_by(ModelRow.name, instance, SeriesRow.name, place)
    )
    count = 1 if look.step is None else len(list(window.steps(look.step)))
    found: dict[tuple[Labels, str], list[Gauge | None]] = {}
    for model, of, name, at, samples, *sums in session.execute(query):
        into = found.setdefault((labels_of(model, of), name), [None] * count)
        into[at] = Gauge(int(samples), *sums)
    return found


def labels_of(model: str | None, instance: str | None) -> Labels:
    pairs = (("model", model or ""), ("instance", instance or ""))
    return tuple(pair for pair in pairs if pair[1])
