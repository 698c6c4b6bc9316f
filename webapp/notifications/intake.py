"""What happened to alerts since the last look: they join groups of their like, and carry what is to be told of them."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from webapp.alerting.grouping import HURRIES, NEWS, Because, Policy, first_look
from webapp.alerting.muting.matcher_queries import LABELS, labels_in
from webapp.alerting.records import Record, put_all
from webapp.alerting.tables import AlertEntryRow, AlertRow
from webapp.alerting.types import EntryKind
from webapp.core.ids import digest, uuid7
from webapp.db.arrays import one_of
from webapp.notifications.tables import GroupRow, MemberRow, OutboxRow

AT_ONCE = 20_000  # entries that one transaction takes in: the rest is left to the next
LONGEST_KEY = 500  # characters, of four bytes at most: an index holds 2,704
BEGINS = frozenset({EntryKind.FIRED, EntryKind.REOPENED, EntryKind.SEVERITY_RAISED, EntryKind.TAKEN_BACK, *NEWS})
"""After these an alert fires that its group may have forgotten."""


@dataclass(frozen=True, slots=True)
class Happened:
    """An entry of an alert's timeline."""

    alert_id: UUID
    kind: EntryKind
    actor: str


def take_in(session: Session, policy: Policy, *, now: datetime) -> Sequence[Happened]:
    """Let the alerts that something happened to join their groups; return what happened, in its order."""
    happened = _taken(session)
    if not happened:
        return ()
    beginning = {each.alert_id for each in happened if each.kind in BEGINS}
    _join(session, sorted(beginning), policy, now=now)
    _note_news(session, happened)
    _hurry(session, sorted({each.alert_id for each in happened if each.kind in HURRIES}), now=now)
    return happened


def _taken(session: Session) -> Sequence[Happened]:
    waiting = select(OutboxRow.entry_id).order_by(OutboxRow.entry_id).limit(AT_ONCE).with_for_update(skip_locked=True)
    taken = delete(OutboxRow).where(OutboxRow.entry_id.in_(waiting)).returning(OutboxRow.entry_id).cte("taken")
    entry = AlertEntryRow
    query = select(entry.alert_id, entry.kind, entry.actor_name).join(taken, taken.c.entry_id == entry.id)
    found = session.execute(query.order_by(entry.id))
    return [Happened(alert_id, EntryKind(kind), actor) for alert_id, kind, actor in found]


def _join(session: Session, alert_ids: Sequence[UUID], policy: Policy, *, now: datetime) -> None:
    """Put alerts that are in no group into theirs."""
    if not alert_ids:
        return
    is_member = exists().where(MemberRow.alert_id == AlertRow.id)
    query = select(AlertRow.id, AlertRow.rule_id, AlertRow.active_at, AlertRow.fired_at, *LABELS)
    groups: defaultdict[str, list[Any]] = defaultdict(list)
    for alert in session.execute(query.where(AlertRow.id == one_of(alert_ids), ~is_member).order_by(AlertRow.id)):
        groups[_key(_common(alert, policy))].append(alert)
    if not groups:
        return
    made = [
        {
            "id": uuid7(now),
            "key": key,
            "labels": _common(members[0], policy),
            "next_look_at": min(first_look(_began(alert), policy, now=now) for alert in members),
        }
        for key, members in sorted(groups.items())
    ]
    group_of = _held(session, made)
    put_all(
        session,
        MemberRow,
        [{"alert_id": alert.id, "group_id": group_of[key]} for key in group_of for alert in groups[key]],
    )


def _held(session: Session, made: Sequence[Record]) -> Mapping[str, UUID]:
    """Make the groups that are not there; return all by their keys, none of which goes away until we are done.

    One that was there may be gone when we come to hold it, because who looked at it found it empty: then it is made.
    """
    found: dict[str, UUID] = {}
    while missing := [each for each in made if each["key"] not in found]:
        session.execute(insert(GroupRow).values(missing).on_conflict_do_nothing(index_elements=[GroupRow.key]))
        keys = select(GroupRow.key, GroupRow.id).where(GroupRow.key.in_([each["key"] for each in missing]))
        held = session.execute(keys.order_by(GroupRow.key).with_for_update(read=True))
        found |= {row.key: row.id for row in held}
    return found


def _began(alert: Any) -> datetime:
    """Return since when it fires; of what a source outside sends, since when it did there."""
    began: datetime = alert.active_at if alert.rule_id is None else alert.fired_at
    return began


def _common(alert: Any, policy: Policy) -> Mapping[str, str]:
    """Return the labels that the alerts of its group have in common."""
    labels = labels_in(alert)
    return {name: labels.get(name, "") for name in policy.group_by}


def _key(common: Mapping[str, str]) -> str:
    """Return what names the group with these labels, in no more words than an index holds."""
    words = json.dumps(common, ensure_ascii=False)
    return words if len(words) <= LONGEST_KEY else digest(words).hex()


def _note_news(session: Session, happened: Sequence[Happened]) -> None:
    """Keep what is told even of an alert that people know of; the last of several counts."""
    news_of = {each.alert_id: NEWS[each.kind] for each in happened if each.kind in NEWS}
    by_news: defaultdict[Because, list[UUID]] = defaultdict(list)
    for alert_id, news in news_of.items():
        by_news[news].append(alert_id)
    for news, alert_ids in by_news.items():
        statement = update(MemberRow).where(MemberRow.alert_id == one_of(alert_ids)).values(news=news)
        session.execute(statement.execution_options(synchronize_session=False))


def _hurry(session: Session, alert_ids: Sequence[UUID], *, now: datetime) -> None:
    """Look at once at the groups of what got worse or came back; a group that has not spoken yet still gathers."""
    if not alert_ids:
        return
    groups = select(MemberRow.group_id).where(MemberRow.alert_id == one_of(alert_ids))
    statement = update(GroupRow).where(GroupRow.id.in_(groups), GroupRow.next_look_at > now, GroupRow.looked_at < now)
    session.execute(statement.values(next_look_at=now).execution_options(synchronize_session=False))
