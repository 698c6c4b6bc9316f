"""What the rules pages ask: every rule with how it stands, one rule with its versions and alerts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.alerting.document import RuleDocument, with_defaults
from webapp.alerting.inbox_rows import inbox_rows
from webapp.alerting.plugins import prepare
from webapp.alerting.tables import AlertRow, RuleRow, ScheduleRow
from webapp.alerting.types import AlertType, Status
from webapp.alerting.versions import versions
from webapp.alerting.views import RuleDetail, RuleSummary
from webapp.core.errors import NotFoundError, UserError

LIMIT = 10_000


def rules(session: Session) -> Sequence[RuleSummary]:
    """Return the rules that are not deleted, by name."""
    query = select(RuleRow).where(RuleRow.deleted_at.is_(None)).order_by(func.lower(RuleRow.name)).limit(LIMIT)
    evaluated, firing = _evaluated(session), _firing(session, None)
    return [RuleSummary(**_fields(row, evaluated, firing)) for row in session.scalars(query)]


def rule(session: Session, rule_id: UUID) -> RuleDetail:
    row = session.scalar(
        select(RuleRow)
        .where(RuleRow.id == rule_id, RuleRow.deleted_at.is_(None))
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFoundError(f"There is no rule {rule_id}; it may have been deleted.")
    alerts = session.scalars(
        select(AlertRow).where(AlertRow.rule_id == rule_id).order_by(AlertRow.id.desc()).limit(20)
    ).all()
    return RuleDetail(
        **_fields(row, _evaluated(session), _firing(session, rule_id)),
        document=with_defaults(row.document),
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
        versions=tuple(versions(session, rule_id)),
        alerts=tuple(inbox_rows(session, alerts)),
    )


def _fields(row: RuleRow, evaluated: Mapping[int, datetime], firing: Mapping[UUID, int]) -> dict[str, Any]:
    document = msgspec.convert(row.document, type=RuleDocument)
    severity_text, condition_text = _texts(document)
    last = evaluated.get(row.interval_seconds)
    return {
        "id": row.id,
        "name": row.name,
        "type": AlertType(document.type),
        "kind": document.kind,
        "metric": document.metric,
        "severity_text": severity_text,
        "condition_text": condition_text,
        "model": document.scope.model,
        "paused": row.paused_at is not None,
        "broken": row.broken_reason,
        "last_evaluated_at": last if last is not None and last >= row.created_at else None,
        "firing_count": firing.get(row.id, 0),
        "left_out": row.left_out,
        "version": row.version,
    }


def _texts(document: RuleDocument) -> tuple[str, str]:
    """Return the severities and the condition in words; a rule that no longer fits says why instead."""
    try:
        prepared = prepare(document)
    except UserError as error:
        return "", error.message
    severities = prepared.rule_type.severities(prepared.parameters)
    return ", ".join(severities), prepared.rule_type.condition_text(prepared.parameters, prepared.metric)


def _evaluated(session: Session) -> Mapping[int, datetime]:
    query = select(ScheduleRow.interval_seconds, ScheduleRow.evaluated_at).where(ScheduleRow.evaluated_at.is_not(None))
    return {row[0]: row[1] for row in session.execute(query) if row[1] is not None}


def _firing(session: Session, rule_id: UUID | None) -> Mapping[UUID, int]:
    query = select(AlertRow.rule_id, func.count()).where(AlertRow.status != Status.RESOLVED).group_by(AlertRow.rule_id)
    if rule_id is not None:
        query = query.where(AlertRow.rule_id == rule_id)
    return {row[0]: row[1] for row in session.execute(query) if row[0] is not None}
