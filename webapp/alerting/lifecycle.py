"""What people do with an alert: its row, held while it is decided, its entry in the timeline and in the audit log.

Of two who act at once exactly one wins; the other is told who did, and nothing of theirs is written. What is returned
is the alert as it stands then, without its chart. What a deed makes of an alert is decided in deeds.py.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from webapp.accounts import audit
from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.accounts.tables import UserRow
from webapp.alerting import deeds
from webapp.alerting.deeds import LONGEST_SNOOZE, MAX_TEXT, Change, Deed, Refusal, Standing
from webapp.alerting.queries import AlertDetail
from webapp.alerting.queries import alert as detail
from webapp.alerting.tables import AlertEntryRow, AlertRow
from webapp.alerting.types import ResolveReason
from webapp.core.errors import ConflictError, InvalidInputError, NotFoundError

__all__ = [
    "LONGEST_SNOOZE",
    "MAX_TEXT",
    "acknowledge",
    "assign",
    "assignment",
    "comment",
    "resolve",
    "snooze",
    "take_over",
    "unacknowledge",
]

COLUMNS = [getattr(AlertRow, name) for name in deeds.NAMES]


def acknowledge(session: Session, alert_id: UUID, *, actor: Actor, now: datetime) -> AlertDetail:
    """Say that somebody is at it. The same person again changes nothing; another one is told who was first."""
    return _carry_out(session, alert_id, deeds.Acknowledge(), actor=actor, now=now)


def take_over(session: Session, alert_id: UUID, *, actor: Actor, now: datetime) -> AlertDetail:
    """Carry on what somebody else acknowledged. To take over from oneself changes nothing."""
    return _carry_out(session, alert_id, deeds.TakeOver(), actor=actor, now=now)


def unacknowledge(session: Session, alert_id: UUID, *, actor: Actor, now: datetime) -> AlertDetail:
    """Take an acknowledgement back: the alert is open again."""
    return _carry_out(session, alert_id, deeds.Unacknowledge(), actor=actor, now=now)


def resolve(
    session: Session, alert_id: UUID, *, reason: ResolveReason, note: str = "", actor: Actor, now: datetime
) -> AlertDetail:
    """Close the alert. While its condition holds it stays closed until one evaluation is well, or for 15 minutes."""
    deeds.require(actor, Permission.ALERTS_RESOLVE)
    return _carry_out(session, alert_id, deeds.resolution(reason, note), actor=actor, now=now)


def snooze(session: Session, alert_id: UUID, *, until: datetime | None, actor: Actor, now: datetime) -> AlertDetail:
    """Put the alert away until a time, or (None) until its severity rises; new data changes nothing of that."""
    deeds.require(actor, Permission.ALERTS_ACKNOWLEDGE)
    deed = deeds.Snooze(until)
    deed.check(now)
    return _carry_out(session, alert_id, deed, actor=actor, now=now)


def assign(session: Session, alert_id: UUID, *, user: str | None, actor: Actor, now: datetime) -> AlertDetail:
    """Give the alert to somebody, named by e-mail address or name; None takes it back."""
    deeds.require(actor, Permission.ALERTS_ASSIGN)
    return _carry_out(session, alert_id, assignment(session, user), actor=actor, now=now)


def assignment(session: Session, user: str | None) -> deeds.Assign:
    """Return the deed of giving something to a person who can sign in, or (None) to nobody."""
    assignee = None if not user else _person(session, user)
    return deeds.Assign(None, None) if assignee is None else deeds.Assign(assignee.name, assignee.email)


def comment(session: Session, alert_id: UUID, *, text: str, actor: Actor, now: datetime) -> AlertDetail:
    """Add a remark; also to an alert that is resolved."""
    deeds.require(actor, Permission.ALERTS_COMMENT)
    return _carry_out(session, alert_id, deeds.remark(text), actor=actor, now=now)


def _carry_out(session: Session, alert_id: UUID, deed: Deed, *, actor: Actor, now: datetime) -> AlertDetail:
    """Do it, or raise, naming who was first.

    The row is locked before it is looked at: of two at once the second sees what the first has written.
    """
    deeds.require(actor, deed.permission)
    verdict = deeds.decide(deed, _locked(session, alert_id), actor=actor, now=now)
    if isinstance(verdict, Refusal):
        raise ConflictError(verdict.sentence)
    if verdict is not None:
        _write(session, alert_id, verdict, actor=actor, now=now)
    return detail(session, alert_id, now=now, is_brief=True)


def _locked(session: Session, alert_id: UUID) -> Standing:
    query = select(*COLUMNS).where(AlertRow.id == alert_id)
    row = session.execute(query.with_for_update(key_share=True)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no alert {alert_id}.")
    return Standing(*row)


def _write(session: Session, alert_id: UUID, change: Change, *, actor: Actor, now: datetime) -> None:
    statement = update(AlertRow).where(AlertRow.id == alert_id).values(**change.values)
    session.execute(statement.execution_options(synchronize_session=False))
    session.add(
        AlertEntryRow(
            alert_id=alert_id,
            at=now,
            kind=change.kind,
            actor_kind=actor.kind,
            actor_name=actor.name,
            actor_id=actor.id,
            text=change.text,
            before=change.before,
            after=change.after,
        )
    )
    told = {"text": change.text}
    audit.record(
        session,
        f"alert.{change.kind}",
        actor=actor,
        subject=f"alert:{alert_id}",
        now=now,
        before=None if change.before is None else {"status": change.before},
        after=told if change.after is None else {"status": change.after, **told},
    )
    session.flush()


def _person(session: Session, user: str) -> UserRow:
    named = user.strip().lower()
    query = select(UserRow).where(UserRow.disabled_at.is_(None)).order_by(UserRow.id).limit(1)
    for column in (UserRow.email, UserRow.name):
        found = None if "\x00" in named else session.scalar(query.where(func.lower(column) == named))
        if found is not None:
            return found
    raise InvalidInputError(f"There is nobody with the e-mail address or name '{user[:100]}' who can sign in.")
