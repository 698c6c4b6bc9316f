"""What becomes of an alert when its series fires, changes or ends: a pure decision on plain values."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from webapp.alerting.severity import Severity
from webapp.alerting.states import SeriesState
from webapp.alerting.types import AutomaticReason, EntryKind, Signal, Status

REOPEN_WINDOW = timedelta(minutes=30)
HELD_AFTER_RESOLVE = timedelta(minutes=15)
FLAPPING_WINDOW = timedelta(minutes=30)
FLAPPING_TRANSITIONS = 4
TRANSITIONS = frozenset({EntryKind.FIRED, EntryKind.REOPENED, EntryKind.RESOLVED})
HELD = TRANSITIONS | {EntryKind.SEVERITY_RAISED, EntryKind.SEVERITY_LOWERED}
FLAPPING = "flapping"  # why a transition is held
SYSTEM_NAME = "system"


class Alert(Struct, frozen=True):
    """The columns of an alert that the machine may change, as they stand in the database."""

    id: UUID
    fingerprint: UUID
    signal: str
    severity: int
    value: float | None
    threshold: float | None
    summary: str
    sample_count: int
    active_at: datetime
    fired_at: datetime
    evaluated_at: datetime
    reopen_count: int
    flapping_since: datetime | None
    status: str
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledged_by_id: UUID | None
    snoozed_until: datetime | None
    snoozed_by: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    is_resolved_by_hand: bool
    resolve_reason: str | None
    resolution_note: str | None

    @property
    def is_active(self) -> bool:
        return self.status != Status.RESOLVED


class Seen(Struct, frozen=True):
    """What an evaluation saw of a series, as far as its alert is concerned."""

    state: SeriesState
    severity: Severity
    value: float | None
    threshold: float | None
    summary: str
    sample_count: int
    end: AutomaticReason | None = None  # why it is over, where it is
    stays_acknowledged: bool = False  # while its severity rises
    is_measured: bool = True  # without a value nothing is known of it; what somebody else says may have none


class Entry(Struct, frozen=True):
    kind: EntryKind
    text: str
    before: Status | None = None
    after: Status | None = None
    held: str | None = None  # why nobody is told


class Deed(StrEnum):
    NOTHING = "nothing"
    OPEN = "open"  # a new episode
    CHANGE = "change"


class Decision(Struct, frozen=True):
    deed: Deed
    alert: Alert | None = None  # as it shall stand
    entries: tuple[Entry, ...] = ()


NOTHING = Decision(Deed.NOTHING)


def decide(latest: Alert | None, seen: Seen, *, at: datetime) -> Decision:
    """Decide from the newest episode of the series and from what was seen of it."""
    if seen.end is not None:
        return _end(latest, seen, seen.end, at=at)
    if latest is not None and latest.is_active:
        return _update(latest, seen, at=at)
    if not seen.state.phase.is_firing:
        return NOTHING
    if latest is None or latest.resolved_at is None:
        return Decision(Deed.OPEN)
    age = at - latest.resolved_at
    if is_held(latest, seen.state):
        return Decision(Deed.OPEN) if age >= HELD_AFTER_RESOLVE else NOTHING
    return _reopen(latest, seen, at=at) if age <= REOPEN_WINDOW else Decision(Deed.OPEN)


def flapped(made: Decision, transitions: int, *, at: datetime) -> Decision:
    """Mark an alert that goes back and forth, and hold its later transitions: the mark is what people are told.

    `transitions` is how many there were in the last half hour before this decision.
    """
    alert = made.alert
    if alert is None:
        return made
    moves = sum(entry.kind in TRANSITIONS for entry in made.entries)
    is_new = alert.flapping_since is None and moves > 0 and transitions + moves >= FLAPPING_TRANSITIONS
    if alert.flapping_since is None and not is_new:
        return made
    entries = tuple(replace(entry, held=FLAPPING) if entry.kind in HELD else entry for entry in made.entries)
    if not is_new:
        return replace(made, entries=entries)
    mark = Entry(EntryKind.FLAPPING, f"Flapping: {FLAPPING_TRANSITIONS} changes or more in 30 minutes.")
    return replace(made, alert=replace(alert, flapping_since=at), entries=(*entries, mark))


def is_held(latest: Alert, state: SeriesState) -> bool:
    """Say whether a person resolved the alert while the very condition that fires now was already holding."""
    return (
        latest.is_resolved_by_hand
        and latest.resolved_at is not None
        and state.active_at is not None
        and state.active_at <= latest.resolved_at
    )


def _update(alert: Alert, seen: Seen, *, at: datetime) -> Decision:
    changed = _with_signal(alert, seen, at=at)
    if changed.severity == alert.severity:
        return Decision(Deed.CHANGE, changed)
    now, before = seen.severity, Severity.of_rank(alert.severity)
    if changed.severity < alert.severity:
        entry = Entry(EntryKind.SEVERITY_LOWERED, f"Severity fell from {before} to {now}. {seen.summary}")
        return Decision(Deed.CHANGE, changed, (entry,))
    status, text = Status(alert.status), f"Severity rose from {before} to {now}. {seen.summary}"
    if status is Status.ACKNOWLEDGED and seen.stays_acknowledged:
        return Decision(Deed.CHANGE, changed, (Entry(EntryKind.SEVERITY_RAISED, text, status, status),))
    entry = Entry(EntryKind.SEVERITY_RAISED, text, status, Status.OPEN)
    return Decision(Deed.CHANGE, _opened(changed), (entry,))


def _end(alert: Alert | None, seen: Seen, reason: AutomaticReason, *, at: datetime) -> Decision:
    if alert is None or not alert.is_active:
        return NOTHING
    changed = replace(
        _with_signal(alert, seen, at=at),
        signal=Signal.OK,
        severity=alert.severity,
        status=Status.RESOLVED,
        snoozed_until=None,
        snoozed_by=None,
        resolved_at=at,
        resolved_by=SYSTEM_NAME,
        is_resolved_by_hand=False,
        resolve_reason=reason,
        resolution_note=None,
    )
    told = reason.label if reason is AutomaticReason.BY_SOURCE else f"Resolved by itself: {reason.label.lower()}"
    text = f"{told}. {seen.summary}".strip()
    return Decision(Deed.CHANGE, changed, (Entry(EntryKind.RESOLVED, text, Status(alert.status), Status.RESOLVED),))


def _reopen(alert: Alert, seen: Seen, *, at: datetime) -> Decision:
    count = alert.reopen_count + 1
    changed = replace(
        _opened(_with_signal(alert, seen, at=at)),
        reopen_count=count,
        fired_at=at,
        active_at=seen.state.active_at or at,
        resolved_at=None,
        resolved_by=None,
        is_resolved_by_hand=False,
        resolve_reason=None,
        resolution_note=None,
    )
    entry = Entry(EntryKind.REOPENED, f"Fired again ({count + 1}). {seen.summary}", Status.RESOLVED, Status.OPEN)
    return Decision(Deed.CHANGE, changed, (entry,))


def _opened(alert: Alert) -> Alert:
    """Put the alert back in front of people; who acknowledged or snoozed it before stays in the timeline."""
    return replace(
        alert,
        status=Status.OPEN,
        acknowledged_at=None,
        acknowledged_by=None,
        acknowledged_by_id=None,
        snoozed_until=None,
        snoozed_by=None,
    )


def signal_of(seen: Seen, *, at: datetime) -> dict[str, Any]:
    """Return what changes of an alert whose severity stays: all that an ordinary evaluation has to tell.

    Without a value the last one stays; so does a summary where there is no other.
    """
    signal = seen.state.signal
    changed: dict[str, Any] = {"signal": signal, "evaluated_at": at}
    if seen.summary:
        changed["summary"] = seen.summary
    if _says_nothing(seen, signal):
        return changed
    changed["sample_count"] = seen.sample_count
    if seen.value is not None:
        changed["value"] = seen.value
    if seen.threshold is not None:
        changed["threshold"] = seen.threshold
    return changed


def _with_signal(alert: Alert, seen: Seen, *, at: datetime) -> Alert:
    """Take over what was seen, with the severity of what is measured."""
    signal = seen.state.signal
    takes = seen.state.phase.is_firing and signal is Signal.FIRING and not _says_nothing(seen, signal)
    return replace(alert, severity=seen.severity.rank if takes else alert.severity, **signal_of(seen, at=at))


def _says_nothing(seen: Seen, signal: Signal) -> bool:
    return signal in (Signal.NO_DATA, Signal.ERROR) or (seen.value is None and seen.is_measured)
