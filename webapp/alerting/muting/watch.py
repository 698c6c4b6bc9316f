"""What mutes each alert right now, kept true: its silence, and the alert that inhibits it.

An alert is looked at when it fired, ended or changed since it was looked at last (`tables.NOT_LOOKED_AT`), when a
silence begins or ends that concerns it, and when what inhibits it may have changed. One process looks at a time; rows
that somebody else is writing are left for the next look, together with what called for them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.alerting.muting import matchers as matching
from webapp.alerting.muting import wording
from webapp.alerting.muting.inhibition import Source, muting
from webapp.alerting.muting.reads import (
    Calls,
    On,
    Seen,
    calls,
    concerned,
    is_called_for,
    sources,
    still_standing,
)
from webapp.alerting.muting.silences import times_of
from webapp.alerting.records import append_all, update_all
from webapp.alerting.tables import AlertEntryRow, AlertRow
from webapp.alerting.transitions import SYSTEM_NAME, Entry
from webapp.db.locks import AdvisoryLock

MOST = 10_000  # alerts that one look changes; what is left is looked at by the next
TRIES, PAUSE_SECONDS = 20, 0.05


class Marks(NamedTuple):
    silence_id: UUID | None = None
    inhibitor_id: UUID | None = None


def catch_up(session: Session, *, now: datetime) -> int:
    """Bring the marks up to date for somebody who waits for it, for a second at most while another process looks."""
    for _ in range(TRIES):
        if _is_ours(session, wait=False):
            return refresh(session, now=now)
        session.execute(select(func.pg_sleep(PAUSE_SECONDS)))
    return 0


def refresh(session: Session, *, now: datetime, wait: bool = True) -> int:
    """Bring the marks of all alerts up to date, with their timelines; return how many have changed.

    While another process looks, this one waits for it, or leaves it alone without `wait`.
    """
    if not is_called_for(session, now=now) or not _is_ours(session, wait=wait):
        return 0
    called = calls(session, now=now)
    found = concerned(session, called, now=now, most=MOST)
    marks = _judged(session, called, found.alerts.values())
    wanted = [each for each in found.alerts.values() if each.is_new or marks[each.id] != _marks_of(each)]
    wanted.sort(key=lambda each: each.id)
    locked = still_standing(session, wanted[:MOST]) if wanted else set()
    is_whole = not found.is_cut and all(each.is_new or each.id in locked for each in wanted)
    written = [each for each in wanted if each.id in locked]
    _write(session, written, marks, {} if is_whole else found.callers, called, now=now)
    if is_whole:
        _settle(called, now=now)
    session.flush()
    return sum(each.is_active and marks[each.id] != _marks_of(each) for each in written)


def _is_ours(session: Session, *, wait: bool) -> bool:
    if wait:
        session.execute(select(func.pg_advisory_xact_lock(AdvisoryLock.MUTING)))
        return True
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(AdvisoryLock.MUTING))))


def _judged(session: Session, called: Calls, alerts: Collection[Seen]) -> Mapping[UUID, Marks]:
    """Return what shall mute each alert; nothing mutes one that is resolved."""
    active = [each for each in alerts if each.is_active]
    silencer = Silencer(called.on.values())
    inhibitors = _inhibitors(session, called, active)
    judged = {each.id: Marks(silencer.of(each), inhibitors.get(each.id)) for each in active}
    return {each.id: judged.get(each.id, Marks()) for each in alerts}


class Silencer:
    """The silences that are on, found by a label that they ask for."""

    def __init__(self, silences: Iterable[On]) -> None:
        self._by_label: defaultdict[tuple[str, str], list[On]] = defaultdict(list)
        self._others: list[On] = []
        for each in silences:
            asked = [(m.label, m.value) for m in each.matchers if m.operator == "=" and m.value]
            # Almost every alert has one of four severities; any other label tells more apart.
            asked.sort(key=lambda pair: pair[0] == "severity")
            (self._by_label[asked[0]] if asked else self._others).append(each)

    def of(self, alert: Seen) -> UUID | None:
        """Return what silences the alert: the silence that does already, or the one that lasts longest."""
        near = [*self._others, *(on for pair in alert.labels.items() for on in self._by_label.get(pair, ()))]
        able = [each for each in near if matching.matches(each.matchers, alert.labels)]
        if not able:
            return None
        return max(able, key=lambda each: (each.id == alert.silence_id, each.until, each.id)).id


def _inhibitors(session: Session, called: Calls, active: Sequence[Seen]) -> Mapping[UUID, UUID]:
    """Return the alert that mutes each, of those that one mutes. What mutes it already goes on to."""
    found: dict[UUID, UUID] = {}
    for rule in called.rules:
        targets = [each for each in active if matching.matches(rule.target, each.labels)]
        keys = {each.id: rule.key(each.labels) for each in targets}
        by_key: Mapping[tuple[str, ...], Sequence[Source]] = sources(session, rule, set(keys.values()))
        for each in targets:
            source = muting(rule, each.labels, by_key.get(keys[each.id], ()), current=each.inhibitor_id)
            if source is not None and (each.id not in found or source.id == each.inhibitor_id):
                found[each.id] = source.id
    return found


def _write(
    session: Session,
    alerts: Sequence[Seen],
    marks: Mapping[UUID, Marks],
    again: Iterable[UUID],
    called: Calls,
    *,
    now: datetime,
) -> None:
    """Write marks and timelines. What is in `again` counts as not looked at: what it calls for is not done."""
    later = set(again)
    rows = [
        {
            "id": each.id,
            "silence_id": marks[each.id].silence_id,
            "inhibitor_id": marks[each.id].inhibitor_id,
            "muting_looked": each.looked if each.id in later else each.standing,
        }
        for each in alerts
    ]
    update_all(session, AlertRow, rows)
    told = [each for each in alerts if each.is_active and marks[each.id] != _marks_of(each)]
    words = wording.known(session, [*map(_marks_of, told), *(marks[each.id] for each in told)], now=now)
    entries = [
        (each.id, entry) for each in told for entry in wording.entries(_marks_of(each), marks[each.id], words, now=now)
    ]
    append_all(session, AlertEntryRow, [_record(alert_id, entry, now=now) for alert_id, entry in entries])


def _settle(called: Calls, *, now: datetime) -> None:
    """What called for this look calls again when it goes on or off next."""
    for silence in called.silences:
        silence.due_at = times_of(silence).next_change(now)
    for inhibition in called.inhibitions:
        inhibition.is_due = False


def _marks_of(alert: Seen) -> Marks:
    return Marks(alert.silence_id, alert.inhibitor_id)


def _record(alert_id: UUID, entry: Entry, *, now: datetime) -> dict[str, object]:
    return {
        "alert_id": alert_id,
        "at": now,
        "kind": entry.kind,
        "actor_kind": "system",
        "actor_name": SYSTEM_NAME,
        "text": entry.text,
    }
