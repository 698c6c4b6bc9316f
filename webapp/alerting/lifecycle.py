"""What people do with an alert: a compare-and-set of its status, its entry in the timeline and in the audit log."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor
from webapp.alerting.queries import AlertDetail
from webapp.alerting.types import ResolveReason


def acknowledge(session: Session, alert_id: UUID, *, actor: Actor, now: datetime) -> AlertDetail:
    raise NotImplementedError


def unacknowledge(session: Session, alert_id: UUID, *, actor: Actor, now: datetime) -> AlertDetail:
    raise NotImplementedError


def resolve(
    session: Session, alert_id: UUID, *, reason: ResolveReason, note: str = "", actor: Actor, now: datetime
) -> AlertDetail:
    raise NotImplementedError


def snooze(session: Session, alert_id: UUID, *, until: datetime, actor: Actor, now: datetime) -> AlertDetail:
    raise NotImplementedError


def assign(session: Session, alert_id: UUID, *, user: str | None, actor: Actor, now: datetime) -> AlertDetail:
    raise NotImplementedError


def comment(session: Session, alert_id: UUID, *, text: str, actor: Actor, now: datetime) -> AlertDetail:
    raise NotImplementedError
