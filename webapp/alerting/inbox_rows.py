"""Alerts as the inbox shows them, with their numbers in words."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.alerting import wording
from webapp.alerting.severity import Severity
from webapp.alerting.tables import AlertRow, SilenceRow
from webapp.alerting.types import AlertType, Signal, Status
from webapp.alerting.views import InboxRow, Muted
from webapp.catalog.queries import business
from webapp.catalog.tables import ModelRow
from webapp.core import formatting
from webapp.core.periods import EARLIEST
from webapp.metrics.display import NO_DATA
from webapp.metrics.metric import Unit
from webapp.metrics.registry import METRICS


def inbox_rows(session: Session, alerts: Sequence[AlertRow]) -> list[InboxRow]:
    currencies, muted = currencies_of(session, alerts), muted_of(session, alerts)
    return [InboxRow(**shared_fields(alert, currencies), muted=muted.get(alert.id)) for alert in alerts]


def shared_fields(alert: AlertRow, currencies: Mapping[str, str]) -> dict[str, Any]:
    """Return the fields that a row of the inbox and an alert's own page have in common."""
    return {
        "id": alert.id,
        "title": alert.title,
        "severity": Severity.of_rank(alert.severity),
        "type": AlertType(alert.type),
        "status": Status(alert.status),
        "signal": Signal(alert.signal),
        "model": alert.model,
        "version": alert.version,
        "rule_id": alert.rule_id,
        "rule_name": alert.rule_name,
        "source_id": alert.source_id,
        "source_name": alert.source_name,
        "value": alert.value,
        "value_text": value_text(alert, currencies),
        "threshold_text": threshold_text(alert, currencies),
        "started_at": alert.started_at,
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_at": alert.acknowledged_at,
        "assignee": alert.assignee,
        "snoozed_until": alert.snoozed_until,
        "resolved_at": alert.resolved_at,
        "resolved_by": alert.resolved_by,
        "resolve_reason": alert.resolve_reason,
        "reopen_count": alert.reopen_count,
        "comment_count": alert.comment_count,
        "is_flapping": alert.flapping_since is not None,
    }


def muted_of(session: Session, alerts: Sequence[AlertRow]) -> Mapping[UUID, Muted]:
    """Return why nobody is told of those of the alerts that are muted; most pages have none and ask nothing."""
    silenced = {alert.silence_id for alert in alerts if alert.silence_id is not None}
    inhibited = {alert.inhibitor_id for alert in alerts if alert.inhibitor_id is not None}
    if not silenced and not inhibited:
        return {}
    silences = {row.id: row for row in session.scalars(select(SilenceRow).where(SilenceRow.id.in_(silenced)))}
    titled = select(AlertRow.id, AlertRow.title).where(AlertRow.id.in_(inhibited))
    titles: dict[UUID, str] = {row[0]: row[1] for row in session.execute(titled)}
    return {
        alert.id: _muted(alert, silences, titles)
        for alert in alerts
        if alert.status != Status.RESOLVED and (alert.silence_id is not None or alert.inhibitor_id is not None)
    }


def _muted(alert: AlertRow, silences: Mapping[UUID, SilenceRow], titles: Mapping[UUID, str]) -> Muted:
    silence = None if alert.silence_id is None else silences.get(alert.silence_id)
    about_inhibitor: dict[str, Any] = {
        "inhibitor_id": alert.inhibitor_id,
        "inhibitor_title": "" if alert.inhibitor_id is None else titles.get(alert.inhibitor_id, "another alert"),
    }
    if silence is None:
        return Muted(**about_inhibitor)
    # While it is on, what it is due for is its end.
    known = [each for each in (silence.due_at, silence.ended_at, silence.ends_at) if each not in {None, EARLIEST}]
    until = known[0] if known else None
    return Muted(
        silence_id=silence.id,
        silenced_by=silence.author,
        silenced_until=until,
        comment=silence.comment,
        **about_inhibitor,
    )


def value_text(alert: AlertRow, currencies: Mapping[str, str]) -> str:
    if alert.value is None:
        return NO_DATA if alert.source_id is None else ""  # Who sends alerts need not send a value.
    metric = METRICS.get(alert.metric)
    if metric is None:
        return wording.as_written(alert.value)
    return wording.amount(alert.value, metric, currency=currencies.get(alert.model, "USD"))


def threshold_text(alert: AlertRow, currencies: Mapping[str, str]) -> str:
    if alert.threshold is None:
        return ""
    metric = METRICS.get(alert.metric)
    if metric is None:
        return f"{alert.operator} {formatting.number(alert.threshold)}"
    return wording.bound_text(alert.operator, alert.threshold, metric, currency=currencies.get(alert.model, "USD"))


def currencies_of(session: Session, alerts: Sequence[AlertRow]) -> Mapping[str, str]:
    """Return the currency of each model whose alerts are about money; most pages have none and ask nothing."""
    names = {alert.model for alert in alerts if alert.model and _is_money(alert.metric)}
    return currencies_of_models(session, names)


def currencies_of_models(session: Session, names: Collection[str]) -> Mapping[str, str]:
    """Return the currency of each of the models that has one."""
    if not names:
        return {}
    ids = {
        row[0]: row[1] for row in session.execute(select(ModelRow.name, ModelRow.id).where(ModelRow.name.in_(names)))
    }
    parameters = business(session, list(ids.values()))
    return {name: parameters[number][-1].currency for name, number in ids.items() if parameters[number]}


def _is_money(name: str) -> bool:
    metric = METRICS.get(name)
    return metric is not None and metric.unit is Unit.MONEY
