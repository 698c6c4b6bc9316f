"""The audit log: who did what, when and from where, written in the transaction of the deed itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor
from webapp.accounts.tables import AuditRow

MAX_TEXT = 300


@dataclass(frozen=True, slots=True)
class AuditEvent:
    id: int
    at: datetime
    actor: str
    actor_kind: str
    actor_id: UUID | None
    address: str
    action: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def record(
    session: Session,
    action: str,
    *,
    actor: Actor,
    subject: str,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write down one deed. What was before and after holds no secrets: the caller names the fields."""
    session.add(
        AuditRow(
            at=now,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            address=actor.address,
            action=action,
            subject=subject.replace("\x00", "")[:MAX_TEXT],
            before=None if before is None else dict(before),
            after=None if after is None else dict(after),
        )
    )


def events(session: Session, *, before_id: int | None = None, limit: int = 100) -> Sequence[AuditEvent]:
    """Return what happened, newest first; continue with the smallest id seen."""
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(AuditRow.id < before_id)
    return [_event(row) for row in session.scalars(query)]


def subjects_since(session: Session, at: datetime) -> frozenset[str]:
    """Return what something was done to after the instant, as `kind:name`."""
    return frozenset(session.scalars(select(AuditRow.subject).where(AuditRow.at > at).distinct()))


def _event(row: AuditRow) -> AuditEvent:
    return AuditEvent(
        id=row.id,
        at=row.at,
        actor=row.actor_name,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        address=row.address,
        action=row.action,
        subject=row.subject,
        before=row.before,
        after=row.after,
    )
