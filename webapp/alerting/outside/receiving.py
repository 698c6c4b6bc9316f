"""Alerts from outside join the inbox: what sources send becomes episodes, by the same decisions as what rules find.

An alert is known by its source and fingerprint, one firing of it by its `starts_at`. That is kept as the episode's
`active_at`, so that a message which comes twice, or after a later one, changes nothing. All messages of a source go
through the lock on its row: two processes that hear the same thing make one alert and one transition of it.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import BigInteger, String, any_, bindparam, func, select, update
from sqlalchemy.orm import Session

from webapp.alerting import episodes
from webapp.alerting.episodes import Finding
from webapp.alerting.outside import wording
from webapp.alerting.outside.source_format import OutsideAlert, OutsideStatus, Sent
from webapp.alerting.records import table_of
from webapp.alerting.states import OK, Phase, SeriesState
from webapp.alerting.tables import AlertSourceRow
from webapp.alerting.transitions import HELD_AFTER_RESOLVE, NOTHING, Alert, Decision, Deed, Seen, decide
from webapp.alerting.types import AutomaticReason, Signal
from webapp.core.errors import ConflictError, NotFoundError, UserError
from webapp.core.ids import digest
from webapp.db.arrays import as_uuids, uuid_array
from webapp.db.base import UtcDateTime
from webapp.telemetry.wire import Receipt, Rejection

AHEAD = timedelta(days=1)  # how far a sender's clock may be before ours
MOST_OF_ONE = 20  # messages about one alert in a body
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one request of a source brought."""

    source_id: UUID
    sent: Sent


@dataclass(frozen=True, slots=True)
class _Source:
    """A source, locked until the transaction ends."""

    id: UUID
    name: str
    disabled_at: datetime | None
    severity_label: str
    severities: Mapping[str, str]
    model_label: str


@dataclass(slots=True)
class _Opened:
    """A parcel with what comes of it."""

    source: _Source
    rejected: list[Rejection]
    left_out: int
    accepted: int = 0
    duplicates: int = 0

    @property
    def receipt(self) -> Receipt:
        return Receipt(self.accepted, self.duplicates, sorted(self.rejected, key=lambda each: each.index))


@dataclass(slots=True)
class _Message:
    """One alert of a parcel, until it is settled."""

    parcel: _Opened
    alert: OutsideAlert
    fingerprint: UUID
    has_changed: bool = field(default=False)

    def settle(self, *, has_changed: bool) -> None:
        if has_changed or self.has_changed:
            self.parcel.accepted += 1
        else:
            self.parcel.duplicates += 1


def receive(session: Session, parcels: Sequence[Parcel], *, now: datetime) -> list[Receipt | UserError]:
    """Write what several requests brought, in their order, and say of each what came of it, or why nothing did."""
    rows = _locked(session, {parcel.source_id for parcel in parcels})
    answers: list[_Opened | UserError] = []
    messages: list[_Message] = []
    for parcel in parcels:
        source = rows.get(parcel.source_id)
        if source is None:
            answers.append(NotFoundError("This source is not there any more."))
            continue
        if source.disabled_at is not None:
            sentence = (
                f"The source '{source.name}' is disabled; nothing of this request was stored. Enable it under Sources."
            )
            answers.append(ConflictError(sentence))
            continue
        opened = _Opened(source, list(parcel.sent.rejected), parcel.sent.left_out)
        answers.append(opened)
        messages += _messages(opened, parcel.sent, now=now)
    _work_off(session, messages, now=now)
    _count(session, [made for made in answers if isinstance(made, _Opened)], now=now)
    return [made.receipt if isinstance(made, _Opened) else made for made in answers]


def refuse(session: Session, source_id: UUID, reason: str, *, count: int = 1, now: datetime) -> None:
    """Note that the source was refused, and why: whoever looks after it reads it on its page."""
    statement = update(AlertSourceRow).where(AlertSourceRow.id == source_id)
    values = {
        "refused": AlertSourceRow.refused + count,
        "refused_at": now,
        "refused_because": reason.replace("\x00", "")[:LONGEST_REASON],
    }
    session.execute(statement.values(**values).execution_options(synchronize_session=False))


def decide_outside(latest: Alert | None, seen: Seen, begun: datetime, *, at: datetime) -> Decision:
    """Decide what a message about the firing that began at `begun` does to the newest episode of its alert."""
    if latest is not None and begun < latest.active_at:
        return NOTHING  # It is about an earlier firing, of which the end is known.
    if latest is not None and begun == latest.active_at and not latest.is_active:
        return _heard_the_end(latest) if seen.end is not None else NOTHING
    if latest is not None and begun == latest.active_at and _says_nothing_new(latest, seen):
        return NOTHING
    made = decide(latest, seen, at=at)
    if made.alert is not None:
        return replace(made, alert=replace(made.alert, active_at=begun))
    if made.deed is Deed.NOTHING and latest is not None:
        # A person resolved it when this firing had begun: from now on it is the one that they resolved.
        return Decision(Deed.CHANGE, replace(latest, active_at=begun))
    return made


def _heard_the_end(latest: Alert) -> Decision:
    """Remember that what a person resolved is over: who takes that back would wait for an end that has come."""
    if latest.signal == Signal.OK:
        return NOTHING
    return Decision(Deed.CHANGE, replace(latest, signal=Signal.OK))


def _says_nothing_new(latest: Alert, seen: Seen) -> bool:
    return (
        seen.end is None
        and seen.severity.rank == latest.severity
        and (not seen.summary or seen.summary == latest.summary)
        and (seen.value is None or seen.value == latest.value)
    )


def _locked(session: Session, ids: set[UUID]) -> dict[UUID, _Source]:
    """Lock the sources, everybody in one order, until the transaction ends."""
    return {row.id: _Source(*row) for row in session.execute(_SOURCES, {"ids": uuid_array(ids)})}


def _messages(opened: _Opened, sent: Sent, *, now: datetime) -> list[_Message]:
    """Return what can be worked on; what is beyond reason is rejected."""
    found: list[_Message] = []
    of_one: Counter[UUID] = Counter()
    for alert, place in zip(sent.alerts, sent.places, strict=True):
        fingerprint = UUID(bytes=digest(str(opened.source.id), alert.fingerprint))
        of_one[fingerprint] += 1
        if alert.starts_at is not None and alert.starts_at > now + AHEAD:
            opened.rejected.append(Rejection(place, "starts_at", "is more than a day ahead; set the sender's clock"))
        elif of_one[fingerprint] > MOST_OF_ONE:
            message = f"there are more than {MOST_OF_ONE} messages about one alert; send them one after the other"
            opened.rejected.append(Rejection(place, "fingerprint", message))
        else:
            found.append(_Message(opened, alert, fingerprint))
    return found


def _work_off(session: Session, messages: Sequence[_Message], *, now: datetime) -> None:
    """Work on one message of each alert at a time, so that each is decided from what the one before it left."""
    queues: dict[UUID, deque[_Message]] = {}
    for message in messages:
        queues.setdefault(message.fingerprint, deque()).append(message)
    while queues:
        _round(session, [queue[0] for queue in queues.values()], queues, now=now)
        queues = {fingerprint: queue for fingerprint, queue in queues.items() if queue}


def _round(
    session: Session, messages: Sequence[_Message], queues: dict[UUID, deque[_Message]], *, now: datetime
) -> None:
    latest = episodes.latest_of(session, [message.fingerprint for message in messages])
    decided: list[tuple[Finding, Decision]] = []
    for message in messages:
        former = latest.get(message.fingerprint)
        begun = _begun(message.alert, former, now=now)
        is_unheard = message.alert.status is OutsideStatus.RESOLVED and _is_unheard(former, begun)
        finding = _finding(message, begun, ends=not is_unheard, now=now)
        made = decide_outside(former, finding.seen, begun, at=now)
        decided.append((finding, made))
        if is_unheard and made.deed is not Deed.NOTHING:
            message.has_changed = True  # Its beginning was not heard of: it has begun now, and ends in the next round.
            continue
        queues[message.fingerprint].popleft()
        message.settle(has_changed=made.deed is not Deed.NOTHING)
    episodes.write(session, decided, latest, at=now)


def _is_unheard(former: Alert | None, begun: datetime) -> bool:
    """Say whether a firing that is over was never heard of while it went on."""
    return former is None or (not former.is_active and begun > former.active_at)


def _begun(alert: OutsideAlert, former: Alert | None, *, now: datetime) -> datetime:
    """Return when this firing began. A sender that does not say so means what goes on, or that something begins now."""
    if alert.starts_at is not None:
        return alert.starts_at
    if former is None:
        return now
    if former.is_active or alert.status is OutsideStatus.RESOLVED:
        return former.active_at
    is_held = former.is_resolved_by_hand and former.resolved_at is not None
    is_fresh = former.resolved_at is not None and now - former.resolved_at < HELD_AFTER_RESOLVE
    return former.active_at if is_held and is_fresh else max(now, former.active_at)


def _finding(message: _Message, begun: datetime, *, ends: bool, now: datetime) -> Finding:
    source, alert = message.parcel.source, message.alert
    is_over = ends and alert.status is OutsideStatus.RESOLVED
    labels = wording.labels_of(alert, source)
    seen = Seen(
        state=OK if is_over else SeriesState(Phase.FIRING, active_at=begun, fired_at=now),
        severity=wording.severity_of(alert, source),
        value=alert.value,
        threshold=None,
        summary="" if is_over else wording.summary_of(alert),
        sample_count=0,
        end=AutomaticReason.BY_SOURCE if is_over else None,
        is_measured=False,
    )
    return Finding(wording.origin_of(alert, source), message.fingerprint, labels, "", seen)


def _count(session: Session, parcels: Sequence[_Opened], *, now: datetime) -> None:
    """Add to what is known of the sources, on their page."""
    totals: dict[UUID, dict[str, Any]] = {}
    for each in parcels:
        none = {"more_accepted": 0, "more_duplicates": 0, "more_refused": 0, "because": None}
        total = totals.setdefault(each.source.id, none)
        total["more_accepted"] += each.accepted
        total["more_duplicates"] += each.duplicates
        if refused := len(each.rejected) + each.left_out:
            total["more_refused"] += refused
            total["because"] = _why(each.rejected, each.left_out)[:LONGEST_REASON]
    for source_id in sorted(totals):
        total = totals[source_id]
        refused_at = now if total["more_refused"] else None
        session.execute(_COUNT, {"source_id": source_id, "now": now, "last_refused_at": refused_at, **total})


def _why(rejected: Sequence[Rejection], left_out: int) -> str:
    if not rejected:
        return f"The sender left out {left_out:,} alerts (truncatedAlerts); raise its max_alerts."
    first = rejected[0]
    fault = " ".join(filter(None, (first.field, first.message)))
    return f"{fault}." if len(rejected) == 1 else f"{fault}; and {len(rejected) - 1:,} more."


_ROW = table_of(AlertSourceRow)
_SOURCES = (
    select(*(_ROW.c[each.name] for each in fields(_Source)))
    .where(_ROW.c.id == any_(as_uuids(bindparam("ids", type_=String))), _ROW.c.deleted_at.is_(None))
    .order_by(_ROW.c.id)
    .with_for_update()
)
_COUNT = (
    update(_ROW)
    .where(_ROW.c.id == bindparam("source_id"))
    .values(
        last_received_at=bindparam("now"),
        accepted=_ROW.c.accepted + bindparam("more_accepted", type_=BigInteger),
        duplicates=_ROW.c.duplicates + bindparam("more_duplicates", type_=BigInteger),
        refused=_ROW.c.refused + bindparam("more_refused", type_=BigInteger),
        refused_at=func.coalesce(bindparam("last_refused_at", type_=UtcDateTime), _ROW.c.refused_at),
        refused_because=func.coalesce(bindparam("because", type_=String), _ROW.c.refused_because),
    )
)
