"""What people are told of alerts, and what they are not, each with the reason: groups that are due are looked at.

Everything is written in the caller's transaction, under locks that let several processes work beside each other. A row
for what is *not* told answers "why was I not paged?".
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from webapp.alerting.grouping import Because, Member, Message, Policy, Told, leaves, message
from webapp.alerting.muting import watch
from webapp.alerting.records import Record, append_all
from webapp.alerting.tables import NOT_LOOKED_AT, AlertEntryRow, AlertRow
from webapp.alerting.types import EntryKind, Status
from webapp.core.ids import uuid7
from webapp.db.arrays import one_of
from webapp.notifications import wording
from webapp.notifications.intake import Happened, take_in
from webapp.notifications.tables import GroupRow, MemberRow, NotificationRow, ToldRow
from webapp.notifications.wording import Held

GROUPS_AT_ONCE = 500
EXPLAINS: Mapping[Held, EntryKind] = {
    Held.SILENCED: EntryKind.SILENCED,
    Held.INHIBITED: EntryKind.INHIBITED,
    Held.SNOOZED: EntryKind.SNOOZED,
    Held.ACKNOWLEDGED: EntryKind.ACKNOWLEDGED,
    Held.FLAPPING: EntryKind.FLAPPING,
}
"""The entry of the timeline that says in words why nobody is told."""
ENDED = "It ended before its group was told."


@dataclass(frozen=True, slots=True)
class Telling:
    """What one run came to."""

    messages: int = 0
    told: int = 0
    held: int = 0

    @property
    def sentence(self) -> str:
        if not self.messages and not self.held:
            return ""
        return f"{self.messages} messages about {self.told} alerts; {self.held} held"


def tell(session: Session, policy: Policy, *, now: datetime) -> Telling:
    """Take in what happened, and say what it is time to say; never commits."""
    watch.refresh(session, now=now)  # A silence that has just begun holds for what is about to be told.
    happened = take_in(session, policy, now=now)
    rows = [*_acknowledged(session, happened, now=now), *_look(session, policy, now=now)]
    append_all(session, ToldRow, rows)
    told = [row for row in rows if row["notification_id"] is not None]
    return Telling(len({row["notification_id"] for row in told}), len(told), len(rows) - len(told))


def _acknowledged(session: Session, happened: Sequence[Happened], *, now: datetime) -> Sequence[Record]:
    """Say who took on what people were told of, in one message a group and person."""
    actor_of = {each.alert_id: each.actor for each in happened if each.kind is EntryKind.ACKNOWLEDGED}
    if not actor_of:
        return ()
    query = (
        select(MemberRow.alert_id, GroupRow.labels, AlertRow.title)
        .join(GroupRow, GroupRow.id == MemberRow.group_id)
        .join(AlertRow, AlertRow.id == MemberRow.alert_id)
        .where(MemberRow.alert_id == one_of([*actor_of]), MemberRow.told_resolved.is_(False))
        .order_by(GroupRow.id, MemberRow.alert_id)
    )
    deeds: defaultdict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in session.execute(query):
        deeds[actor_of[row.alert_id], repr(row.labels)].append(row)
    written: list[Record] = []
    for (actor, _), rows in deeds.items():
        title = wording.acknowledged(actor, rows[0].labels, [row.title for row in rows])
        sent = _send(session, "acknowledged", title, rows[0].labels, len(rows), 0, now=now)
        text = f"{actor} acknowledged it."
        written += [_row(row.alert_id, now, sent, "acknowledged", "acknowledged", text) for row in rows]
    return written


class _Kept(NamedTuple):
    """What is kept of a member between two looks, as its row holds it."""

    news: str | None = None
    told_resolved: bool | None = None
    told_severity: int | None = None
    held: str | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """A member of a group, with what is kept of it and what the ledger says of its alert."""

    member: Member
    title: str
    held: Held | None  # why nobody would be told that it fires
    known: _Kept  # as the last look left it

    @property
    def reason(self) -> Held | None:
        """Return why nobody is told of what there is to tell."""
        if not self.member.is_firing and self.member.told is None and self.held is not Held.FLAPPING:
            return Held.ENDED
        return self.held if self.member.because is not None else None


def _look(session: Session, policy: Policy, *, now: datetime) -> Sequence[Record]:
    # In a storm not every alert has been looked at for silences yet: their groups wait for that.
    unclear = select(MemberRow.group_id).where(MemberRow.alert_id.in_(select(AlertRow.id).where(NOT_LOOKED_AT)))
    query = select(GroupRow).where(GroupRow.next_look_at <= now, GroupRow.id.not_in(unclear))
    order = query.order_by(GroupRow.next_look_at, GroupRow.id).limit(GROUPS_AT_ONCE)
    due = session.scalars(order.with_for_update(skip_locked=True)).all()
    if not due:
        return ()
    members = _members(session, [group.id for group in due])
    written: list[Record] = []
    for group in due:
        seen = members.get(group.id, ())
        said = message([each.member for each in seen], policy, told_at=group.told_at, now=now)
        written += _said(session, group, seen, said, now=now)
        written += _not_said(session, seen, said, now=now)
        _remember(session, seen, said)
        _plan(session, group, bool(seen), said is not None, policy, now=now)
    session.flush()
    return written


def _members(session: Session, group_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[_Seen]]:
    row, alert = MemberRow, AlertRow
    kept = (row.news, row.told_resolved, row.told_severity, row.held)
    now = (
        row.alert_id,
        row.group_id,
        alert.title,
        alert.status,
        alert.severity,
        alert.silence_id,
        alert.inhibitor_id,
        alert.flapping_since,
    )
    query = select(*kept, *now).join(alert, alert.id == row.alert_id).where(row.group_id.in_(group_ids))
    found: defaultdict[UUID, list[_Seen]] = defaultdict(list)
    for each in session.execute(query.order_by(alert.severity.desc(), alert.id)):
        known = _Kept(each.news, each.told_resolved, each.told_severity, each.held)
        held = _why_held(each.status, each.silence_id, each.inhibitor_id, each.flapping_since)
        told = None if each.told_resolved is None else Told(each.told_resolved, each.told_severity)
        member = Member(
            alert_id=each.alert_id,
            is_firing=each.status != Status.RESOLVED,
            severity=each.severity,
            is_held=held is not None and held is not Held.FLAPPING,
            is_flapping=each.flapping_since is not None,
            news=_news(each.news, each.flapping_since),
            told=told,
        )
        found[each.group_id].append(_Seen(member, each.title, held, known))
    return found


def _news(kept: str | None, flapping_since: datetime | None) -> Because | None:
    """Return what is still worth telling: that it flapped is not, once it is calm again."""
    if kept is None or (kept == Because.FLAPPING and flapping_since is None):
        return None
    return Because(kept)


def _why_held(
    status: str, silence_id: UUID | None, inhibitor_id: UUID | None, flapping_since: datetime | None
) -> Held | None:
    if silence_id is not None:
        return Held.SILENCED
    if inhibitor_id is not None:
        return Held.INHIBITED
    if status in {Status.SNOOZED, Status.ACKNOWLEDGED}:
        return Held(status)
    return None if flapping_since is None else Held.FLAPPING


def _said(
    session: Session, group: GroupRow, seen: Sequence[_Seen], said: Message | None, *, now: datetime
) -> Iterator[Record]:
    if said is None:
        return
    by_id = {each.member.alert_id: each for each in seen}
    title = wording.title(group.labels, said, {alert_id: each.title for alert_id, each in by_id.items()})
    status = "firing" if said.firing else "resolved"
    sent = _send(session, status, title, group.labels, len(said.firing), len(said.resolved), now=now)
    for state, spoken in (("firing", said.firing), ("resolved", said.resolved)):
        for alert_id, because in spoken.items():
            text = wording.told(because, by_id[alert_id].member.severity)
            yield _row(alert_id, now, sent, state, because, text)


def _not_said(session: Session, seen: Sequence[_Seen], said: Message | None, *, now: datetime) -> Iterator[Record]:
    """Write down, once a reason, of what people would have been told and are not."""
    quiet = {
        each.member.alert_id: each.reason
        for each in seen
        if not _is_spoken_of(each, said) and each.reason is not None and each.reason != each.known.held
    }
    words = _explanations(session, [alert_id for alert_id, reason in quiet.items() if reason in EXPLAINS])
    for alert_id, reason in quiet.items():
        text = ENDED if reason is Held.ENDED else words.get((alert_id, EXPLAINS[reason]), "")
        yield _row(alert_id, now, None, "held", reason, text)


def _explanations(session: Session, alert_ids: Sequence[UUID]) -> Mapping[tuple[UUID, EntryKind], str]:
    """Return the newest entry of each kind that explains why nobody is told."""
    if not alert_ids:
        return {}
    row = AlertEntryRow
    query = (
        select(row.alert_id, row.kind, row.text)
        .ext(distinct_on(row.alert_id, row.kind))
        .where(row.alert_id == one_of(alert_ids), row.kind.in_(EXPLAINS.values()))
        .order_by(row.alert_id, row.kind, row.id.desc())
    )
    return {(alert_id, EntryKind(kind)): text for alert_id, kind, text in session.execute(query)}


def _remember(session: Session, seen: Sequence[_Seen], said: Message | None) -> None:
    """Keep what people know by now; what has ended is forgotten."""
    gone = [each.member.alert_id for each in seen if leaves(each.member)]
    if gone:
        forgotten = delete(MemberRow).where(MemberRow.alert_id == one_of(gone))
        session.execute(forgotten.execution_options(synchronize_session=False))
    changed: defaultdict[_Kept, list[UUID]] = defaultdict(list)
    for each in seen:
        after = _after(each, said)
        if after != each.known and not leaves(each.member):
            changed[after].append(each.member.alert_id)
    for kept, alert_ids in changed.items():
        statement = update(MemberRow).where(MemberRow.alert_id == one_of(alert_ids)).values(**kept._asdict())
        session.execute(statement.execution_options(synchronize_session=False))


def _after(seen: _Seen, said: Message | None) -> _Kept:
    if not _is_spoken_of(seen, said):
        return seen.known._replace(held=seen.reason)
    return _Kept(told_resolved=not seen.member.is_firing, told_severity=seen.member.severity)


def _is_spoken_of(seen: _Seen, said: Message | None) -> bool:
    alert_id = seen.member.alert_id
    return said is not None and (alert_id in said.firing or alert_id in said.resolved)


def _plan(
    session: Session, group: GroupRow, has_members: bool, has_spoken: bool, policy: Policy, *, now: datetime
) -> None:
    """Say when the group is looked at again. Nobody has to look at one that has been empty for an interval."""
    if not has_members:
        session.delete(group)
        return
    following = group.next_look_at + policy.group_interval
    group.next_look_at = following if following > now else now + policy.group_interval
    group.looked_at = now
    if has_spoken:
        group.told_at = now


def _send(
    session: Session,
    status: str,
    title: str,
    labels: Mapping[str, str],
    firing: int,
    resolved: int,
    *,
    now: datetime,
) -> UUID:
    sent = NotificationRow(
        id=uuid7(now), at=now, status=status, title=title, labels=dict(labels), firing=firing, resolved=resolved
    )
    session.add(sent)
    session.flush()
    return sent.id


def _row(alert_id: UUID, at: datetime, sent: UUID | None, state: str, because: str, text: str) -> Record:
    return {
        "alert_id": alert_id,
        "at": at,
        "notification_id": sent,
        "state": state,
        "because": because,
        "text": text,
    }
