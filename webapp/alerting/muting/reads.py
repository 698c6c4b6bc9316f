"""What muting has to look at: the alerts, silences and rules that something has happened to, and what they concern."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, TextClause, exists, literal_column, or_, select, tuple_
from sqlalchemy.orm import Session

from webapp.alerting.muting import matchers as matching
from webapp.alerting.muting.inhibition import Inhibition, InhibitionView, Source, muting, view_of
from webapp.alerting.muting.matcher_queries import LABELS, conditions, is_exact, label, labels_in
from webapp.alerting.muting.matchers import Matchers
from webapp.alerting.muting.silences import times_of
from webapp.alerting.tables import NOT_LOOKED_AT, STANDING, AlertRow, InhibitionRow, SilenceRow
from webapp.alerting.types import Signal, Status
from webapp.db.arrays import one_of

MUTING_SIGNALS = (Signal.FIRING, Signal.RECOVERING, Signal.NO_DATA)
KEYS_IN_A_QUERY = 1_000
_ACTIVE = AlertRow.status != Status.RESOLVED
_STANDING: ColumnElement[int | None] = literal_column(STANDING.text).label("standing")
_COLUMNS = (
    AlertRow.id,
    AlertRow.title,
    AlertRow.muting_looked,
    AlertRow.silence_id,
    AlertRow.inhibitor_id,
    *LABELS,
)
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """An alert as it was read."""

    id: UUID
    title: str
    labels: Mapping[str, str]
    severity: int
    standing: int | None  # nothing of one that is resolved
    looked: int | None
    silence_id: UUID | None
    inhibitor_id: UUID | None

    @property
    def is_active(self) -> bool:
        return self.standing is not None

    @property
    def is_new(self) -> bool:
        """Say whether it fired, ended or changed since it was looked at."""
        return self.standing != self.looked

    @property
    def mutes(self) -> bool:
        return self.standing is not None and self.standing % 2 == 1


@dataclass(frozen=True, slots=True)
class On:
    """A silence that is on."""

    id: UUID
    matchers: Matchers
    until: datetime


@dataclass(slots=True)
class Calls:
    """What calls for a look, locked: silences that go on or off, rules that were changed. And what holds now."""

    silences: Sequence[SilenceRow]
    inhibitions: Sequence[InhibitionRow]
    on: Mapping[UUID, On]
    rules: Sequence[InhibitionView]


@dataclass(slots=True)
class Concerned:
    """The alerts to look at. `callers` are those because of which others are looked at."""

    alerts: dict[UUID, Seen] = field(default_factory=dict)
    callers: set[UUID] = field(default_factory=set)
    is_cut: bool = False  # there are more of a silence than one look takes

    def add(self, found: Iterable[Seen]) -> None:
        self.alerts.update((each.id, each) for each in found)


def is_called_for(session: Session, *, now: datetime) -> bool:
    """Say whether there is anything to look at: one statement, on indexes that hold nothing else."""
    # The order makes the planner take the small index, whatever it believes of how many there are.
    fresh = select(AlertRow.id).where(NOT_LOOKED_AT).order_by(AlertRow.id).limit(1).scalar_subquery()
    due = exists(select(SilenceRow.id).where(SilenceRow.due_at <= now))
    changed = exists(select(InhibitionRow.id).where(InhibitionRow.is_due))
    return bool(session.scalar(select(or_(fresh.is_not(None), due, changed))))


def calls(session: Session, *, now: datetime) -> Calls:
    """Lock what calls for a look. What somebody edits at this moment is left for the next."""
    due = select(SilenceRow).where(SilenceRow.due_at <= now).order_by(SilenceRow.id)
    changed = select(InhibitionRow).where(InhibitionRow.is_due).order_by(InhibitionRow.id)
    silences, inhibitions = (
        session.scalars(query.with_for_update(skip_locked=True).execution_options(populate_existing=True)).all()
        for query in (due, changed)
    )
    alive = select(InhibitionRow).where(InhibitionRow.deleted_at.is_(None)).order_by(InhibitionRow.name)
    rules = [view_of(row) for row in session.scalars(alive)]
    return Calls(silences, inhibitions, _on(session, now=now), rules)


def concerned(session: Session, called: Calls, *, now: datetime, most: int) -> Concerned:
    """Return the alerts whose marks may have to change."""
    found = Concerned()
    fresh = _read(session, NOT_LOOKED_AT, most=most)
    found.add(fresh)
    for row in called.silences:
        limit = most if _is_read_in_parts(row, called) else None
        of_silence = _of_silence(session, row, called, most=limit)
        found.add(of_silence)
        found.is_cut |= len(of_silence) == limit
    _add_inhibited(session, called, fresh, found)
    return found


def would_mute(session: Session, rule: Inhibition) -> tuple[Sequence[Source], Sequence[str]]:
    """Return what would mute by the rule at this moment, and the titles of what it would mute."""
    found = sources(session, rule, None)
    targets = _read(session, _ACTIVE, *conditions(rule.target))
    muted = [each for each in targets if muting(rule, each.labels, found.get(rule.key(each.labels), ())) is not None]
    return [each for able in found.values() for each in able], [each.title for each in muted]


def sources(session: Session, rule: Inhibition, keys: set[Key] | None) -> Mapping[Key, Sequence[Source]]:
    """Return what fires and matches the source of a rule, by the values in which its targets must agree.

    Only those with one of the keys, if any are given.
    """
    if keys is not None and not keys:
        return {}
    among = [] if keys is None else _with_key(rule, keys)
    where = [_ACTIVE, AlertRow.signal.in_(MUTING_SIGNALS), *conditions(rule.source), *among]
    found: defaultdict[Key, list[Source]] = defaultdict(list)
    for each in _read(session, *where):
        if matching.matches(rule.source, each.labels):
            is_target_too = matching.matches(rule.target, each.labels)
            found[rule.key(each.labels)].append(Source(each.id, each.title, each.severity, is_target_too))
    return found


def still_standing(session: Session, alerts: Sequence[Seen]) -> set[UUID]:
    """Lock the alerts and return those that stand as they were read; what somebody else is writing is left out."""
    chosen = AlertRow.id == one_of([each.id for each in alerts])
    query = select(AlertRow.id, _STANDING).where(chosen).order_by(AlertRow.id)
    standing = {each.id: each.standing for each in alerts}
    locked = session.execute(query.with_for_update(of=AlertRow, key_share=True, skip_locked=True))
    return {row[0] for row in locked if standing[row[0]] == row[1]}


def _on(session: Session, *, now: datetime) -> Mapping[UUID, On]:
    query = select(SilenceRow).where(
        SilenceRow.starts_at <= now,
        SilenceRow.ended_at.is_(None),
        or_(SilenceRow.ends_at.is_(None), SilenceRow.ends_at > now),
    )
    found = {}
    for row in session.scalars(query):
        window = times_of(row).window(now)
        if window is not None:
            found[row.id] = On(row.id, matching.stored(row.matchers), window.end)
    return found


def _is_read_in_parts(row: SilenceRow, called: Calls) -> bool:
    """Say whether each look leaves fewer to read: what the database finds by itself changes its mark when it is read.

    An expression also reads what it does not match, which it would read again and again.
    """
    on = called.on.get(row.id)
    return on is None or is_exact(on.matchers)


def _of_silence(session: Session, row: SilenceRow, called: Calls, *, most: int | None) -> Sequence[Seen]:
    """Return what a silence that went on shall mute, or what one that went off has muted."""
    on = called.on.get(row.id)
    if on is None:
        return _read(session, AlertRow.silence_id == row.id, most=most)
    return _read(session, _ACTIVE, AlertRow.silence_id.is_(None), *conditions(on.matchers), most=most)


def _add_inhibited(session: Session, called: Calls, fresh: Sequence[Seen], found: Concerned) -> None:
    """Add what is muted by an alert that has changed, what one that fires may mute, and what a new rule may."""
    muted = AlertRow.inhibitor_id == one_of([each.id for each in fresh])
    by_changed = _read(session, muted) if fresh else []
    found.add(by_changed)
    found.callers.update(each.inhibitor_id for each in by_changed if each.inhibitor_id is not None)
    free = (_ACTIVE, AlertRow.inhibitor_id.is_(None))
    for rule in called.rules:
        able = [each for each in fresh if each.mutes and matching.matches(rule.source, each.labels)]
        if able:
            keys = {rule.key(each.labels) for each in able}
            found.add(_read(session, *free, *conditions(rule.target), *_with_key(rule, keys)))
            found.callers.update(each.id for each in able)
    if called.inhibitions:
        found.add(_read(session, AlertRow.inhibitor_id.is_not(None)))
    for row in called.inhibitions:
        if row.deleted_at is None:
            found.add(_read(session, *free, *conditions(matching.stored(row.target))))


def _with_key(rule: Inhibition, keys: set[Key]) -> list[ColumnElement[bool]]:
    if not rule.equal or len(keys) > KEYS_IN_A_QUERY:
        return []
    return [tuple_(*(label(name) for name in rule.equal)).in_(sorted(keys))]


def _read(session: Session, *where: ColumnElement[bool] | TextClause, most: int | None = None) -> list[Seen]:
    query = select(*_COLUMNS, _STANDING).where(*where).order_by(AlertRow.id).limit(most)
    return [_seen(row) for row in session.execute(query)]


def _seen(row: Any) -> Seen:
    return Seen(
        id=row.id,
        title=row.title,
        labels=labels_in(row),
        severity=row.severity,
        standing=row.standing,
        looked=row.muting_looked,
        silence_id=row.silence_id,
        inhibitor_id=row.inhibitor_id,
    )
