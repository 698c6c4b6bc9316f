"""What a person's deed makes of an alert: a pure decision, the same for one alert and for ten thousand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar
from uuid import UUID

from webapp.accounts.actor import Actor, ActorKind
from webapp.accounts.permissions import Permission
from webapp.alerting.types import EntryKind, ResolveReason, Status
from webapp.core import formatting
from webapp.core.errors import FieldError, InvalidInputError

LONGEST_SNOOZE = timedelta(days=30)
MAX_TEXT = 5_000
NOT_ACKNOWLEDGED: Mapping[str, Any] = MappingProxyType(
    {"acknowledged_at": None, "acknowledged_by": None, "acknowledged_by_id": None}
)
NOT_SNOOZED: Mapping[str, Any] = MappingProxyType({"snoozed_until": None, "snoozed_by": None})
P = Permission


@dataclass(frozen=True, slots=True)
class Standing:
    """The columns of an alert that people's deeds look at or change, as they stand in the database."""

    id: UUID
    status: str
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledged_by_id: UUID | None
    assignee: str | None
    assignee_email: str | None
    snoozed_until: datetime | None
    snoozed_by: str | None
    comment_count: int
    resolved_at: datetime | None
    resolved_by: str | None
    is_resolved_by_hand: bool
    resolve_reason: str | None
    resolution_note: str | None


NAMES: Sequence[str] = tuple(each.name for each in fields(Standing))


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Say that one is at it."""

    permission: ClassVar[Permission] = P.ALERTS_ACKNOWLEDGE


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Carry on what somebody else acknowledged."""

    permission: ClassVar[Permission] = P.ALERTS_ACKNOWLEDGE


@dataclass(frozen=True, slots=True)
class Unacknowledge:
    """Take an acknowledgement back."""

    permission: ClassVar[Permission] = P.ALERTS_ACKNOWLEDGE


@dataclass(frozen=True, slots=True)
class Snooze:
    """Put it away until a time; None: until its severity rises."""

    until: datetime | None
    permission: ClassVar[Permission] = P.ALERTS_ACKNOWLEDGE

    def check(self, now: datetime) -> None:
        if self.until is not None and not now < self.until <= now + LONGEST_SNOOZE:
            raise InvalidInputError(f"Snooze until a time within the next {LONGEST_SNOOZE.days} days.")


@dataclass(frozen=True, slots=True)
class Assign:
    """Give it to somebody; without a name, to nobody."""

    name: str | None
    email: str | None
    permission: ClassVar[Permission] = P.ALERTS_ASSIGN


@dataclass(frozen=True, slots=True)
class Comment:
    text: str
    permission: ClassVar[Permission] = P.ALERTS_COMMENT


@dataclass(frozen=True, slots=True)
class Resolve:
    reason: ResolveReason
    note: str = ""
    permission: ClassVar[Permission] = P.ALERTS_RESOLVE


Deed = Acknowledge | TakeOver | Unacknowledge | Snooze | Assign | Comment | Resolve


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be set, and the entry that tells it. `before` and `after` name the status where the deed moves it."""

    values: Mapping[str, Any]
    kind: EntryKind
    text: str
    before: Status | None = None
    after: Status | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody or something else was first: who, and when."""

    sentence: str


Verdict = Change | Refusal | None  # None: it stands already as the deed wants it


def require(actor: Actor, permission: Permission) -> None:
    if actor.kind is not ActorKind.SYSTEM:
        actor.require(permission)


def resolution(reason: ResolveReason, note: str) -> Resolve:
    """Return the deed, if the note is what its reason asks for."""
    text = clean(note, "The note")
    if reason is ResolveReason.WONT_FIX and not text:
        raise InvalidInputError("Write a note: whoever reads this later wants to know why it won't be fixed.")
    return Resolve(reason, text)


def reason_of(text: str) -> ResolveReason:
    try:
        return ResolveReason.read(text)
    except ValueError:
        message = f"Say why: one of {', '.join(ResolveReason)}"
        raise InvalidInputError(f"{message}.", errors=(FieldError("/reason", message),)) from None


def remark(text: str) -> Comment:
    cleaned = clean(text, "The comment")
    if not cleaned:
        raise InvalidInputError("The comment is empty; write something.")
    return Comment(cleaned)


def clean(text: str, what: str) -> str:
    if len(text) > MAX_TEXT:
        raise InvalidInputError(f"{what} is longer than {MAX_TEXT:,} characters; shorten it.")
    if "\x00" in text:
        raise InvalidInputError(f"{what} contains the character NUL; leave it out.")
    return text.strip()


def decide(deed: Deed, alert: Standing, *, actor: Actor, now: datetime) -> Verdict:
    """Decide what the deed makes of the alert as it stands, locked, in front of the one who does it."""
    status = Status(alert.status)
    match deed:
        case Acknowledge():
            return _acknowledge(alert, status, actor, now)
        case TakeOver():
            return _take_over(alert, status, actor, now)
        case Unacknowledge():
            if status is not Status.ACKNOWLEDGED:
                return refusal(alert)
            text = f"{actor.name} took the acknowledgement back."
            values = {"status": Status.OPEN, **NOT_ACKNOWLEDGED}
            return Change(values, EntryKind.UNACKNOWLEDGED, text, status, Status.OPEN)
        case Snooze(until):
            if status is Status.RESOLVED:
                return refusal(alert)
            text = f"Snoozed by {actor.name} until {_until(until)}."
            values = {"status": Status.SNOOZED, "snoozed_until": until, "snoozed_by": actor.name}
            return Change(values, EntryKind.SNOOZED, text, status, Status.SNOOZED)
        case Assign(name, email):
            return _assign(alert, status, name, email, actor)
        case Comment(text):
            return Change({"comment_count": alert.comment_count + 1}, EntryKind.COMMENTED, text)
        case Resolve():
            return _resolve(deed, alert, status, actor, now)


def refusal(alert: Standing) -> Refusal:
    """Name who was first, and when."""
    match Status(alert.status):
        case Status.ACKNOWLEDGED:
            return Refusal(f"{alert.acknowledged_by} acknowledged this alert at {_at(alert.acknowledged_at)}.")
        case Status.RESOLVED:
            why = f" ({alert.resolve_reason.replace('_', ' ')})" if alert.resolve_reason else ""
            return Refusal(f"{alert.resolved_by} resolved this alert at {_at(alert.resolved_at)}{why}.")
        case Status.SNOOZED:
            return Refusal(f"{alert.snoozed_by} snoozed this alert until {_until(alert.snoozed_until)}.")
        case Status.OPEN:
            return Refusal("This alert is open; acknowledge it first.")


def _acknowledge(alert: Standing, status: Status, actor: Actor, now: datetime) -> Verdict:
    """The same person again changes nothing; another one is told who was first."""
    if status is Status.ACKNOWLEDGED and _is_same_person(alert, actor):
        return None
    if status not in {Status.OPEN, Status.SNOOZED}:
        return refusal(alert)
    values = {"status": Status.ACKNOWLEDGED, **_mine(actor, now), **NOT_SNOOZED}
    return Change(values, EntryKind.ACKNOWLEDGED, f"Acknowledged by {actor.name}.", status, Status.ACKNOWLEDGED)


def _take_over(alert: Standing, status: Status, actor: Actor, now: datetime) -> Verdict:
    """To take over from oneself changes nothing."""
    if status is not Status.ACKNOWLEDGED:
        return refusal(alert)
    if _is_same_person(alert, actor):
        return None
    return Change(_mine(actor, now), EntryKind.TAKEN_OVER, f"{actor.name} took it over from {alert.acknowledged_by}.")


def _assign(alert: Standing, status: Status, name: str | None, email: str | None, actor: Actor) -> Verdict:
    if status is Status.RESOLVED:
        return refusal(alert)
    if alert.assignee_email == email:
        return None
    text = f"{actor.name} took the assignment back." if name is None else f"{actor.name} assigned {name}."
    return Change({"assignee": name, "assignee_email": email}, EntryKind.ASSIGNED, text)


def _resolve(deed: Resolve, alert: Standing, status: Status, actor: Actor, now: datetime) -> Verdict:
    if status is Status.RESOLVED:
        return refusal(alert)
    values = {
        "status": Status.RESOLVED,
        "resolved_at": now,
        "resolved_by": actor.name,
        "is_resolved_by_hand": True,
        "resolve_reason": deed.reason,
        "resolution_note": deed.note or None,
        **NOT_SNOOZED,
    }
    text = f"Resolved by {actor.name}: {deed.reason.label.lower()}." + (f" {deed.note}" if deed.note else "")
    return Change(values, EntryKind.RESOLVED, text, status, Status.RESOLVED)


def _mine(actor: Actor, now: datetime) -> dict[str, Any]:
    return {"acknowledged_at": now, "acknowledged_by": actor.name, "acknowledged_by_id": actor.id}


def _is_same_person(alert: Standing, actor: Actor) -> bool:
    return alert.acknowledged_by_id == actor.id and alert.acknowledged_by == actor.name


def _at(at: datetime | None) -> str:
    return "an unknown time" if at is None else formatting.utc(at)


def _until(at: datetime | None) -> str:
    return "its severity rises" if at is None else formatting.utc(at)
