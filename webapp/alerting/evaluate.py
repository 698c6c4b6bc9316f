"""One cycle: every rule whose slot has come is judged, and what follows is written with a handful of statements.

All of it is one transaction that holds the row of its interval: a process that dies leaves nothing half done, and the
next one to ask repeats the slot.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from webapp.alerting import episodes, schedule
from webapp.alerting.document import RuleDocument
from webapp.alerting.episodes import FOR_GOOD, AcknowledgedFor
from webapp.alerting.judging import Changes, Held, Record, Rule, judge, needs_of
from webapp.alerting.plugins import prepare
from webapp.alerting.readings import FAULTS, gather
from webapp.alerting.records import delete_all, put_all, read_all, update_all
from webapp.alerting.schedule import Slot
from webapp.alerting.states import Condition, Phase, SeriesState
from webapp.alerting.tables import AlertRow, RuleRow, RuleStateRow
from webapp.alerting.types import EntryKind
from webapp.catalog.queries import models as all_models
from webapp.core.garbage import uncollected
from webapp.db.arrays import one_of

SERIES = ("rule_id", "fingerprint")
MOST_KNOWN = 50_000  # rules that a process keeps as it has read them
NOTHING_HELD: Mapping[UUID, Held] = MappingProxyType({})
FIRST_RETRY, LAST_RETRY = timedelta(seconds=30), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one cycle came to."""

    rules: int = 0
    series: int = 0
    fired: int = 0
    resolved: int = 0
    woken: int = 0
    missed_slots: int = 0
    broken: Sequence[str] = ()  # names of the rules that raised
    duration_ms: float = 0.0

    @property
    def sentence(self) -> str:
        """Say in words what happened; nothing at all is an empty text."""
        if not self.rules and not self.woken:
            return ""
        parts = [f"{self.rules} rules, {self.series} series", f"{self.fired} fired", f"{self.resolved} resolved"]
        parts += [f"{self.missed_slots} slots missed"] if self.missed_slots else []
        parts += [f"broken: {', '.join(self.broken[:5])}"] if self.broken else []
        return "; ".join(parts)


def evaluate_due(session: Session, *, now: datetime, acknowledged_for: AcknowledgedFor = FOR_GOOD) -> Cycle:
    """Evaluate every rule whose slot has come and is not another process's; never commits."""
    slots = schedule.claim_due(session, now=now)
    by_instant: defaultdict[datetime, list[Slot]] = defaultdict(list)
    for slot in slots:
        by_instant[slot.at].append(slot)
    with uncollected():
        cycles = [_evaluate(session, at, by_instant[at], now=now) for at in sorted(by_instant)]
    # Last, because it waits for nobody: who holds what was woken and waits for more would close a circle.
    woken = episodes.wake(session, now=now, acknowledged_for=acknowledged_for)
    return Cycle(
        rules=sum(cycle.rules for cycle in cycles),
        series=sum(cycle.series for cycle in cycles),
        fired=sum(cycle.fired for cycle in cycles),
        resolved=sum(cycle.resolved for cycle in cycles),
        woken=woken,
        missed_slots=sum(slot.missed for slot in slots),
        broken=tuple(name for cycle in cycles for name in cycle.broken),
        duration_ms=sum(cycle.duration_ms for cycle in cycles),
    )


def _evaluate(session: Session, at: datetime, slots: Sequence[Slot], *, now: datetime) -> Cycle:
    started = time.perf_counter()
    rules = _rules(session, slots, now=now)
    changes = Changes()
    if rules:
        held = _states(session, slots)
        _judge_all(session, rules, held, changes, at=at, slots=slots)
        entries = _write(session, rules, held, changes, at=at, now=now)
    else:
        entries = {}
    duration_ms = (time.perf_counter() - started) * 1000
    counts = Counter(rule.interval for rule in rules)
    for slot in slots:
        schedule.finish(session, slot, rule_count=counts[slot.interval], duration_ms=duration_ms)
    return Cycle(
        rules=len(rules),
        series=changes.series,
        fired=entries.get(EntryKind.FIRED, 0) + entries.get(EntryKind.REOPENED, 0),
        resolved=entries.get(EntryKind.RESOLVED, 0),
        broken=tuple(rule.name for rule in rules if rule.id in changes.faults) if changes.faults else (),
        duration_ms=duration_ms,
    )


def _rules(session: Session, slots: Sequence[Slot], *, now: datetime) -> list[Rule]:
    """Return the rules that are due. A document is read once a version and process."""
    columns = [getattr(RuleRow, name) for name in _Due.__struct_fields__]
    found = read_all(session, select(*columns).where(*_of(slots)), _Due)
    due = [each for each in found if each.retry_at is None or each.retry_at <= now]
    rules = [_known(each) for each in due]
    if any(rule is None for rule in rules):
        if len(_KNOWN) > MOST_KNOWN:
            _KNOWN.clear()
        _read(session, [each.id for each in due if _known(each) is None])
        rules = [_known(each) for each in due]
    return [
        replace(rule, failures=each.failures, left_out=each.left_out) if each.failures or each.left_out else rule
        for each, rule in zip(due, rules, strict=True)
        if rule is not None  # It was edited while it was read: its new version is evaluated at the next slot.
    ]


def _known(due: "_Due") -> Rule | None:
    rule = _KNOWN.get(due.id)
    return rule if rule is not None and rule.version == due.version else None


def _of(slots: Sequence[Slot]) -> Sequence[ColumnElement[bool]]:
    intervals = [int(slot.interval.total_seconds()) for slot in slots]
    return RuleRow.deleted_at.is_(None), RuleRow.paused_at.is_(None), RuleRow.interval_seconds.in_(intervals)


def _read(session: Session, rule_ids: Sequence[UUID]) -> None:
    query = select(RuleRow.id, RuleRow.name, RuleRow.version, RuleRow.interval_seconds, RuleRow.document)
    for rule_id, name, version, seconds, raw in session.execute(query.where(RuleRow.id == one_of(rule_ids))):
        _KNOWN[rule_id] = _rule_of(rule_id, name, version, timedelta(seconds=seconds), raw)


def _rule_of(rule_id: UUID, name: str, version: int, interval: timedelta, raw: Mapping[str, Any]) -> Rule:
    try:
        return Rule.of(rule_id, version, prepare(msgspec.convert(raw, type=RuleDocument)))
    except (*FAULTS, msgspec.ValidationError) as error:
        return Rule(rule_id, name, version, interval, fault=str(error))


def _states(session: Session, slots: Sequence[Slot]) -> dict[UUID, dict[UUID, Held]]:
    """Return where the series of the due rules stand, by rule and fingerprint."""
    # The limit has each alert looked up by its id; joined as a whole, all that ever fired would be read.
    columns = (AlertRow.status, AlertRow.resolved_at, AlertRow.severity, AlertRow.value)
    named = [column.label(f"alert_{column.key}") for column in columns]
    alert = select(*named).where(AlertRow.id == RuleStateRow.alert_id).limit(1).lateral()
    states = [column for column in RuleStateRow.__table__.columns if column.key != "labels"]
    query = (
        select(*states, alert)
        .join(RuleRow, RuleRow.id == RuleStateRow.rule_id)
        .join(alert, true(), isouter=True)
        .where(*_of(slots))
    )
    found: dict[UUID, dict[UUID, Held]] = {}
    for each in read_all(session, query, _Stored):
        found.setdefault(each.rule_id, {})[each.fingerprint] = each.held
    return found


class _Due(msgspec.Struct, gc=False):
    """A rule as far as it changes without a new version."""

    id: UUID
    version: int
    failures: int
    retry_at: datetime | None
    left_out: int


class _Alive(msgspec.Struct, gc=False):
    id: UUID
    version: int


class _Stored(msgspec.Struct):
    """A row of the states, with how its alert stands."""

    rule_id: UUID
    fingerprint: UUID
    phase: Phase
    condition: Condition
    active_at: datetime | None
    fired_at: datetime | None
    keep_since: datetime | None
    severity: int | None
    alert_id: UUID | None
    rule_version: int
    alert_status: str | None
    alert_resolved_at: datetime | None
    alert_severity: int | None
    alert_value: float | None

    @property
    def held(self) -> Held:
        state = SeriesState(self.phase, self.active_at, self.fired_at, self.keep_since, self.condition)
        return Held(
            state,
            self.severity,
            self.alert_id,
            self.rule_version,
            self.alert_status,
            self.alert_resolved_at,
            self.alert_severity,
            self.alert_value,
        )


def _judge_all(
    session: Session,
    rules: Sequence[Rule],
    held: Mapping[UUID, Mapping[UUID, Held]],
    changes: Changes,
    *,
    at: datetime,
    slots: Sequence[Slot],
) -> None:
    needs = needs_of(rules, changes, at=at)
    watched = max((slot.watched_since for slot in slots if slot.watched_since is not None), default=None)
    gathered = gather(
        session, [need for need in needs if need is not None], all_models(session), at=at, watched_since=watched
    )
    for rule, need in zip(rules, needs, strict=True):
        judge(rule, need, gathered, held.get(rule.id, NOTHING_HELD), changes, at=at)


def _write(
    session: Session,
    rules: Sequence[Rule],
    held: Mapping[UUID, Mapping[UUID, Held]],
    changes: Changes,
    *,
    at: datetime,
    now: datetime,
) -> Mapping[EntryKind, int]:
    changes.leave_out(_not_there_any_more(session, rules, changes))
    outcome = episodes.apply(session, changes.findings, at=at)
    linked = _link(changes, held, outcome.alert_of)
    put_all(session, RuleStateRow, changes.begun)
    update_all(session, RuleStateRow, changes.moved, keys=SERIES)
    update_all(session, RuleStateRow, linked, keys=SERIES)
    delete_all(session, RuleStateRow, changes.gone)
    _note_faults(session, rules, changes.faults, now=now)
    _note_left_out(session, changes.left_out)
    return outcome.entries


def _link(
    changes: Changes, held: Mapping[UUID, Mapping[UUID, Held]], alert_of: Mapping[UUID, UUID]
) -> Sequence[Record]:
    """Put the alerts of the series into what is written of them; return those of which nothing else is written."""
    if not alert_of:
        return ()
    written = {record["fingerprint"]: record for record in (*changes.begun, *changes.moved)}
    linked = []
    for finding in changes.findings:
        rule_id, fingerprint, alert_id = finding.origin.rule_id, finding.fingerprint, alert_of.get(finding.fingerprint)
        if rule_id is None or alert_id is None:
            continue
        if fingerprint in written:
            written[fingerprint]["alert_id"] = alert_id
        elif held[rule_id][fingerprint].alert_id != alert_id:
            linked.append({"rule_id": rule_id, "fingerprint": fingerprint, "alert_id": alert_id})
    return linked


def _not_there_any_more(session: Session, rules: Sequence[Rule], changes: Changes) -> set[UUID]:
    """Lock the rules that something is written for; return those that were paused, edited or deleted since."""
    touched = changes.rule_ids
    if not touched:
        return set()
    alive = (
        select(RuleRow.id, RuleRow.version)
        .where(RuleRow.id == one_of(touched), RuleRow.deleted_at.is_(None), RuleRow.paused_at.is_(None))
        .order_by(RuleRow.id)
        .with_for_update(read=True)
    )
    version_of = {rule.id: rule.version for rule in rules}
    # Versions only grow: where there are as many rules, and their versions come to the same, each is what was judged.
    held = alive.subquery()
    found = session.execute(select(func.count(), func.coalesce(func.sum(held.c.version), 0)).select_from(held)).one()
    if tuple(found) == (len(touched), sum(version_of[rule_id] for rule_id in touched)):
        return set()
    return touched - {each.id for each in read_all(session, alive, _Alive) if version_of[each.id] == each.version}


def _note_faults(session: Session, rules: Sequence[Rule], faults: Mapping[UUID, str], *, now: datetime) -> None:
    """Quarantine what raised, for longer each time, and let off what works again."""
    rows = []
    for rule in [rule for rule in rules if rule.failures or (faults and rule.id in faults)]:
        fault = faults.get(rule.id)
        if fault is not None:
            failures = rule.failures + 1
            wait = min(LAST_RETRY, FIRST_RETRY * 2 ** min(rule.failures, 10))
            rows.append({"id": rule.id, "failures": failures, "broken_reason": fault[:500], "retry_at": now + wait})
        else:
            rows.append({"id": rule.id, "failures": 0, "broken_reason": None, "retry_at": None})
    update_all(session, RuleRow, rows)


def _note_left_out(session: Session, left_out: Mapping[UUID, int]) -> None:
    """Keep how many series each rule left out, where that has changed: its page says so."""
    update_all(session, RuleRow, [{"id": rule_id, "left_out": count} for rule_id, count in left_out.items()])


_KNOWN: dict[UUID, Rule] = {}
