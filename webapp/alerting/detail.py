"""One alert in full: its sentence, the points around the moment, likely causes, its timeline and its relatives."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from webapp.alerting.inbox_rows import currencies_of, inbox_rows, muted_of, shared_fields
from webapp.alerting.judged import judged
from webapp.alerting.tables import AlertEntryRow, AlertRow, started_before, started_since
from webapp.alerting.types import EntryKind
from webapp.alerting.views import AlertDetail, EvidencePoint, InboxRow, TimelineEntry
from webapp.catalog import queries as catalog
from webapp.catalog.models import Model
from webapp.catalog.tables import ModelRow
from webapp.core import formatting
from webapp.core.errors import InvalidInputError, NotFoundError
from webapp.core.periods import DAY, HOUR, MINUTE, Window, floor_to
from webapp.drift.registry import method_named
from webapp.metrics import drift as drifting
from webapp.metrics import queries as metric_queries
from webapp.metrics.gauge import GAUGES
from webapp.metrics.metric import Metric, Source
from webapp.metrics.registry import METRICS
from webapp.telemetry import gauges

POINTS = 120
BEFORE = 6  # points before the alert, at least
STEPS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY)
RELATED = 8
CAUSE_GROUPS = frozenset({"performance", "drift", "business"})


def alert(session: Session, alert_id: UUID, *, now: datetime | None = None, is_brief: bool = False) -> AlertDetail:
    """Return everything about the alert; without `now` the database's clock says how far its chart goes.

    A brief answer leaves out the chart, the causes and the relatives: it is for who has just written something.
    """
    row = session.scalar(select(AlertRow).where(AlertRow.id == alert_id).execution_options(populate_existing=True))
    if row is None:
        raise NotFoundError(f"There is no alert {alert_id}.")
    at = now or session.scalars(select(func.now())).one()
    metric = METRICS.get(row.metric)
    model = None if is_brief else _model(session, row.model)
    return AlertDetail(
        **shared_fields(row, currencies_of(session, [row])),
        muted=muted_of(session, [row]).get(row.id),
        summary=row.summary,
        metric=row.metric,
        metric_label=row.metric if metric is None else metric.label,
        operator=row.operator,
        threshold=row.threshold,
        unit="" if metric is None else metric.unit,
        sample_count=row.sample_count,
        active_at=row.active_at,
        evidence=() if metric is None or is_brief else _evidence(session, row, metric, model, now=at),
        causes=() if metric is None or model is None else _causes(session, row, metric, model, now=at),
        runbook=row.runbook,
        labels=row.labels,
        rule_version=row.rule_version,
        source_url=row.source_url,
        resolution_note=row.resolution_note,
        previous_id=row.previous_id,
        timeline=_timeline(session, alert_id),
        related=() if is_brief else _related(session, row),
    )


def around(
    row_started: datetime, ended: datetime, lead: timedelta, *, least: timedelta = timedelta(0)
) -> tuple[Window, timedelta]:
    """Return the window around an alert, and steps of it that make a readable chart.

    No step is shorter than `least`: so much time it takes for a value that says something.
    """
    start, end = row_started - max(lead, BEFORE * least), ended
    step = next((step for step in STEPS if step >= least and (end - start) / step <= POINTS), STEPS[-1])
    return Window(floor_to(start, step), max(floor_to(end, step) + step, floor_to(start, step) + step)), step


def _evidence(
    session: Session, row: AlertRow, metric: Metric, model: Model | None, *, now: datetime
) -> tuple[EvidencePoint, ...]:
    lead = 2 * HOUR if metric.group == "service" else 3 * DAY
    ended = min(now, (row.resolved_at or now) + lead / 4)
    seen = judged(session, row, metric).window
    # What a service measures says something at every minute; counts of a model need the time that the rule gives them.
    least = timedelta(0) if metric.group == "service" else seen.end - seen.start
    window, step = around(row.active_at, max(ended, row.active_at), lead, least=least)
    if metric.source is Source.GAUGES:
        return _gauge_points(session, row, metric, model, window, step, now=now)
    if model is None:
        return ()
    scope = {"version": row.labels.get("version"), "segment": row.labels.get("segment")}
    try:
        found = metric_queries.series(session, model, [metric.name], window, step, now=now, **scope)
    except (NotFoundError, InvalidInputError):
        return ()  # A source outside may name a version or a segment that is not known here.
    return tuple(EvidencePoint(point.at, point.value.value) for point in found[metric.name].points)


def _gauge_points(
    session: Session,
    row: AlertRow,
    metric: Metric,
    model: Model | None,
    window: Window,
    step: timedelta,
    *,
    now: datetime,
) -> tuple[EvidencePoint, ...]:
    name = GAUGES[metric.name]
    number = None if model is None else model.id
    found = gauges.steps_by_instance(session, name, number, window, step, now=now)
    points = found.get(row.labels.get("instance", ""), ()) or found.get(name, ())
    scale = {point.at: point.gauge.mean for point in points}
    return tuple(EvidencePoint(part.start, scale.get(part.start)) for part in window.steps(step) if part.start <= now)


def _causes(session: Session, row: AlertRow, metric: Metric, model: Model, *, now: datetime) -> tuple[str, ...]:
    """Return what may have led to it, the likeliest first: a deployment just before, then the features that moved."""
    at = row.active_at
    causes = [
        f"Version {deployed.version} was deployed {formatting.age(at - deployed.at)} before."
        for deployed in catalog.deployments(session, model.id, Window(at - 3 * DAY, at))[:2]
    ]
    if metric.group in CAUSE_GROUPS:
        report = drifting.drift(session, model, Window(at - DAY, at), now=now)
        distance = method_named(report.method).label
        causes += [
            f"{feature.name} has moved from the baseline: {distance} {feature.score.value:.2f}."
            for feature in report.features[:3]
            if feature.score.value is not None and feature.level in {drifting.Level.WARNING, drifting.Level.CRITICAL}
        ]
    return tuple(causes)


def _timeline(session: Session, alert_id: UUID) -> tuple[TimelineEntry, ...]:
    """Return what happened, the newest first."""
    query = select(AlertEntryRow).where(AlertEntryRow.alert_id == alert_id).order_by(AlertEntryRow.id.desc()).limit(500)
    return tuple(
        TimelineEntry(entry.at, entry.actor_name, EntryKind(entry.kind), entry.text, entry.held)
        for entry in session.scalars(query)
    )


def _related(session: Session, row: AlertRow) -> tuple[InboxRow, ...]:
    """Return earlier episodes of the same series, and what else was wrong with the model around that time."""
    begun, ended = row.started_at - 6 * HOUR, (row.resolved_at or row.started_at) + 6 * HOUR
    same_time = and_(started_since(begun), started_before(ended))
    of_model = (AlertRow.model == row.model) & same_time if row.model else same_time
    query = (
        select(AlertRow)
        .where(AlertRow.id != row.id, or_(AlertRow.fingerprint == row.fingerprint, of_model))
        .order_by(AlertRow.id.desc())
        .limit(RELATED)
    )
    return tuple(inbox_rows(session, session.scalars(query).all()))


def _model(session: Session, name: str) -> Model | None:
    row = session.scalar(select(ModelRow).where(ModelRow.name == name)) if name else None
    return None if row is None else catalog.as_model(row)
