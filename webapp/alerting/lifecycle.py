"""What people do with an alert: a compare-and-set of its status, its entry in the timeline and in the audit log.

Of two who act at once exactly one wins; the other is told who did, and nothing of theirs is written. What is returned
is the alert as it stands then, without its chart.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from webapp.accounts import audit
from webapp.accounts.actor import Actor, ActorKind
from webapp.accounts.permissions import Permission
from webapp.accounts.tables import UserRow
from webapp.alerting.episodes import NOT_ACKNOWLEDGED, NOT_SNOOZED, notify
from webapp.alerting.queries import AlertDetail
from webapp.alerting.queries import alert as detail
from webapp.alerting.tables import AlertEntryRow, AlertRow
from webapp.alerting.types import EntryKind, ResolveReason, Status
from webapp.core import formatting
from webapp.core.errors import ConflictError, InvalidInputError, NotFoundError

LONGEST_SNOOZE = timedelta(days=30)
MAX_TEXT = 5_000
_ACTIVE = (Status.OPEN, Status.ACKNOWLEDGED, Status.SNOOZED)


def acknowledge(session: Session, alert_id: UUID, *, actor: Actor, now: datetime) -> AlertDetail:
    """Say that somebody is at it. The same person again changes nothing; another one is told who was first."""
    _require(actor, Permission.ALERTS_ACKNOWLEDGE)
    mine = {"acknowledged_at": now, "acknowledged_by": actor.name, "acknowledged_by_id": actor.id}
    row = _row(session, alert_id, lock=True)
    if row.status == Status.ACKNOWLEDGED and _is_same_person(row, actor):
        return detail(session, alert_id, now=now, is_brief=True)
    values = {**mine, **NOT_SNOOZED}
    before = _move(session, alert_id, Status.ACKNOWLEDGED, values, allowed=(Status.OPEN, Status.SNOOZED))
    text = f"Acknowledged by {actor.name}."
    _tell(session, alert_id, EntryKind.ACKNOWLEDGED, text, before, Status.ACKNOWLEDGED, actor=actor, now=now)
    return detail(session, alert_id, now=now, is_brief=True)


def take_over(session: Session, alert_id: UUID, *, actor: Actor, now: datetime) -> AlertDetail:
    """Carry on what somebody else acknowledged. To take over from oneself changes nothing."""
    _require(actor, Permission.ALERTS_ACKNOWLEDGE)
    row = _row(session, alert_id, lock=True)
    if row.status != Status.ACKNOWLEDGED:
        raise _conflict(row)
    if _is_same_person(row, actor):
        return detail(session, alert_id, now=now, is_brief=True)
    text = f"{actor.name} took it over from {row.acknowledged_by}."
    mine = {"acknowledged_at": now, "acknowledged_by": actor.name, "acknowledged_by_id": actor.id}
    _set(session, alert_id, mine)
    _tell(session, alert_id, EntryKind.TAKEN_OVER, text, None, None, actor=actor, now=now)
    return detail(session, alert_id, now=now, is_brief=True)


def unacknowledge(session: Session, alert_id: UUID, *, actor: Actor, now: datetime) -> AlertDetail:
    """Take an acknowledgement back: the alert is open again."""
    _require(actor, Permission.ALERTS_ACKNOWLEDGE)
    before = _move(session, alert_id, Status.OPEN, NOT_ACKNOWLEDGED, allowed=(Status.ACKNOWLEDGED,))
    text = f"{actor.name} took the acknowledgement back."
    _tell(session, alert_id, EntryKind.UNACKNOWLEDGED, text, before, Status.OPEN, actor=actor, now=now)
    return detail(session, alert_id, now=now, is_brief=True)


def resolve(
    session: Session, alert_id: UUID, *, reason: ResolveReason, note: str = "", actor: Actor, now: datetime
) -> AlertDetail:
    """Close the alert. While its condition holds it stays closed until one evaluation is well, or for 15 minutes."""
    _require(actor, Permission.ALERTS_RESOLVE)
    note = _clean(note, "The note")
    if reason is ResolveReason.WONT_FIX and not note:
        raise InvalidInputError("Write a note: whoever reads this later wants to know why it won't be fixed.")
    values = {
        "resolved_at": now,
        "resolved_by": actor.name,
        "is_resolved_by_hand": True,
        "resolve_reason": reason,
        "resolution_note": note or None,
        **NOT_SNOOZED,
    }
    before = _move(session, alert_id, Status.RESOLVED, values, allowed=_ACTIVE)
    text = f"Resolved by {actor.name}: {reason.label.lower()}." + (f" {note}" if note else "")
    _tell(session, alert_id, EntryKind.RESOLVED, text, before, Status.RESOLVED, actor=actor, now=now)
    return detail(session, alert_id, now=now, is_brief=True)


def snooze(session: Session, alert_id: UUID, *, until: datetime | None, actor: Actor, now: datetime) -> AlertDetail:
    """Put the alert away until a time, or until its severity rises: without a time, until then only."""
    _require(actor, Permission.ALERTS_ACKNOWLEDGE)
    if until is not None and not now < until <= now + LONGEST_SNOOZE:
        raise InvalidInputError(f"Snooze until a time within the next {LONGEST_SNOOZE.days} days.")
    values = {"snoozed_until": until, "snoozed_by": actor.name}
    before = _move(session, alert_id, Status.SNOOZED, values, allowed=_ACTIVE)
    text = f"Snoozed by {actor.name} until {_until(until)}."
    _tell(session, alert_id, EntryKind.SNOOZED, text, before, Status.SNOOZED, actor=actor, now=now)
    return detail(session, alert_id, now=now, is_brief=True)


def assign(session: Session, alert_id: UUID, *, user: str | None, actor: Actor, now: datetime) -> AlertDetail:
    """Give the alert to somebody, named by e-mail address or name; None takes it back."""
    _require(actor, Permission.ALERTS_ASSIGN)
    assignee = None if not user else _person(session, user)
    values = {
        "assignee": None if assignee is None else assignee.name,
        "assignee_email": None if assignee is None else assignee.email,
    }
    row = _row(session, alert_id, lock=True)
    if row.status == Status.RESOLVED:
        raise _conflict(row)
    if row.assignee_email == values["assignee_email"]:
        return detail(session, alert_id, now=now, is_brief=True)
    _set(session, alert_id, values)
    text = f"{actor.name} took the assignment back." if assignee is None else f"{actor.name} assigned {assignee.name}."
    _tell(session, alert_id, EntryKind.ASSIGNED, text, None, None, actor=actor, now=now)
    return detail(session, alert_id, now=now, is_brief=True)


def comment(session: Session, alert_id: UUID, *, text: str, actor: Actor, now: datetime) -> AlertDetail:
    """Add a remark; also to an alert that is resolved."""
    _require(actor, Permission.ALERTS_COMMENT)
    remark = _clean(text, "The comment")
    if not remark:
        raise InvalidInputError("The comment is empty; write something.")
    _row(session, alert_id, lock=True)
    _set(session, alert_id, {"comment_count": AlertRow.comment_count + 1})
    _tell(session, alert_id, EntryKind.COMMENTED, remark, None, None, actor=actor, now=now)
    return detail(session, alert_id, now=now, is_brief=True)


def _move(
    session: Session, alert_id: UUID, to: Status, values: dict[str, Any], *, allowed: tuple[Status, ...]
) -> Status:
    """Set the status if it is one of those allowed, and return what it was; else raise, naming who was first.

    The row is locked before it is looked at: of two at once the second sees what the first has written.
    """
    row = _row(session, alert_id, lock=True)
    before = Status(row.status)
    if before not in allowed:
        raise _conflict(row)
    _set(session, alert_id, {"status": to, **values})
    return before


def _set(session: Session, alert_id: UUID, values: dict[str, Any]) -> None:
    statement = update(AlertRow).where(AlertRow.id == alert_id).values(**values)
    session.execute(statement.execution_options(synchronize_session=False))


def _row(session: Session, alert_id: UUID, *, lock: bool = False) -> AlertRow:
    query = select(AlertRow).where(AlertRow.id == alert_id).execution_options(populate_existing=True)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFoundError(f"There is no alert {alert_id}.")
    return row


def _conflict(row: AlertRow) -> ConflictError:
    """Name who was first, and when."""
    match Status(row.status):
        case Status.ACKNOWLEDGED:
            return ConflictError(f"{row.acknowledged_by} acknowledged this alert at {_at(row.acknowledged_at)}.")
        case Status.RESOLVED:
            why = f" ({row.resolve_reason.replace('_', ' ')})" if row.resolve_reason else ""
            return ConflictError(f"{row.resolved_by} resolved this alert at {_at(row.resolved_at)}{why}.")
        case Status.SNOOZED:
            return ConflictError(f"{row.snoozed_by} snoozed this alert until {_until(row.snoozed_until)}.")
        case Status.OPEN:
            return ConflictError("This alert is open; acknowledge it first.")


def _at(at: datetime | None) -> str:
    return "an unknown time" if at is None else formatting.utc(at)


def _until(at: datetime | None) -> str:
    return "its severity rises" if at is None else formatting.utc(at)


def _tell(
    session: Session,
    alert_id: UUID,
    kind: EntryKind,
    text: str,
    before: Status | None,
    after: Status | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    session.add(
        AlertEntryRow(
            alert_id=alert_id,
            at=now,
            kind=kind,
            actor_kind=actor.kind,
            actor_name=actor.name,
            actor_id=actor.id,
            text=text,
            before=before,
            after=after,
        )
    )
    audit.record(
        session,
        f"alert.{kind}",
        actor=actor,
        subject=f"alert:{alert_id}",
        now=now,
        before=None if before is None else {"status": before},
        after={"text": text} if after is None else {"status": after, "text": text},
    )
    session.flush()
    notify(session)


def _person(session: Session, user: str) -> UserRow:
    named = user.strip().lower()
    query = select(UserRow).where(UserRow.disabled_at.is_(None)).order_by(UserRow.id).limit(1)
    for column in (UserRow.email, UserRow.name):
        found = session.scalar(query.where(func.lower(column) == named))
        if found is not None:
            return found
    raise InvalidInputError(f"There is nobody with the e-mail address or name '{user[:100]}' who can sign in.")


def _is_same_person(row: AlertRow, actor: Actor) -> bool:
    return row.acknowledged_by_id == actor.id and row.acknowledged_by == actor.name


def _clean(text: str, what: str) -> str:
    if len(text) > MAX_TEXT:
        raise InvalidInputError(f"{what} is longer than {MAX_TEXT:,} characters; shorten it.")
    if "\x00" in text:
        raise InvalidInputError(f"{what} contains the character NUL; leave it out.")
    return text.strip()


def _require(actor: Actor, permission: Permission) -> None:
    if actor.kind is not ActorKind.SYSTEM:
        actor.require(permission)
