"""The machine's part in an alert's life: what evaluations found is written for many series with few statements."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import astuple
from sqlalchemy import ColumnElement, Select, String, and_, bindparam, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from webapp.alerting.deeds import NOT_ACKNOWLEDGED, NOT_SNOOZED
from webapp.alerting.origin import Origin
from webapp.alerting.records import (
    append_all,
    document_of,
    insert_all,
    read_document,
    table_of,
    update_all,
)
from webapp.alerting.severity import Severity
from webapp.alerting.states import OK
from webapp.alerting.tables import AlertEntryRow, AlertRow
from webapp.alerting.transitions import (
    FLAPPING_WINDOW,
    SYSTEM_NAME,
    TRANSITIONS,
    Alert,
    Decision,
    Deed,
    Entry,
    Seen,
    decide,
    flapped,
    signal_of,
)
from webapp.alerting.types import AutomaticReason, EntryKind, Status
from webapp.catalog.tables import ModelRow, VersionRow
from webapp.core import formatting
from webapp.core.ids import uuid7
from webapp.db.arrays import as_uuids, one_of, uuid_array, uuids

_NAMES = Alert.__struct_fields__
_ALERT = table_of(AlertRow).c
_COLUMNS = [_ALERT[name] for name in _NAMES]
AcknowledgedFor = Mapping[Severity, timedelta]  # how long an acknowledgement holds; 0, or nothing: until the end
FOR_GOOD: AcknowledgedFor = MappingProxyType({})


class Finding(Struct, frozen=True):
    """One series whose alert has to be looked at, and where it comes from."""

    origin: Origin
    fingerprint: UUID
    labels: Mapping[str, str]
    operator: str
    seen: Seen
    moves: UUID | None = None  # its active alert, where nothing but the signal seems to move


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was written: the alert of each series, and how many of each kind of entry."""

    alert_of: Mapping[UUID, UUID]
    entries: Mapping[EntryKind, int]


def apply(session: Session, findings: Sequence[Finding], *, at: datetime) -> Outcome:
    """Write what was found into the alerts, with their timelines, in the session's transaction."""
    moving = [finding for finding in findings if finding.moves is not None]
    if moving and len(moving) < len(findings):
        _hold(session, findings)
    if _move_signals(session, moving, at=at):
        findings = [finding for finding in findings if finding.moves is None]
    if not findings:
        return Outcome({}, {})
    latest = latest_of(session, [finding.fingerprint for finding in findings])
    decided = [(finding, decide(latest.get(finding.fingerprint), finding.seen, at=at)) for finding in findings]
    return write(session, decided, latest, at=at)


def _hold(session: Session, findings: Sequence[Finding]) -> None:
    """Lock all of them at once: taken list by list they would be locked in no order, and waited for in a circle."""
    others = [finding.fingerprint for finding in findings if finding.moves is None]
    newest = session.scalars(_newest_ids(uuids(others))).all()
    ids = [*newest, *(finding.moves for finding in findings if finding.moves is not None)]
    query = select(AlertRow.id).where(AlertRow.id == one_of(ids)).order_by(AlertRow.id)
    session.execute(query.with_for_update(key_share=True))


def _move_signals(session: Session, findings: Sequence[Finding], *, at: datetime) -> bool:
    """Write the signals of alerts that are all still active; otherwise nothing, and each is looked at as a whole."""
    ids = [finding.moves for finding in findings if finding.moves is not None]
    if not ids:
        return True
    active = select(AlertRow.id).where(AlertRow.id == one_of(ids), AlertRow.status != Status.RESOLVED)
    locked = active.order_by(AlertRow.id).with_for_update(key_share=True).subquery()
    if session.scalar(select(func.count()).select_from(locked)) != len(ids):
        return False
    _update(session, [{"id": finding.moves, **signal_of(finding.seen, at=at)} for finding in findings])
    return True


def write(
    session: Session, decided: Sequence[tuple[Finding, Decision]], latest: Mapping[UUID, Alert], *, at: datetime
) -> Outcome:
    """Write what was decided of series whose newest episodes are `latest`; each series stands in it once."""
    opened = _open(session, [finding for finding, made in decided if made.deed is Deed.OPEN], latest, at=at)
    changed = [made for _, made in decided if made.deed is Deed.CHANGE and made.alert is not None]
    changed = _with_flapping(session, changed, at=at)
    _update(session, [_moved(made.alert, latest[made.alert.fingerprint]) for made in changed if made.alert is not None])
    entries = [(made.alert.id, entry) for made in changed if made.alert is not None for entry in made.entries]
    _write_entries(session, [*opened.entries, *entries], at=at)
    alert_of = {fingerprint: alert.id for fingerprint, alert in latest.items()} | opened.alert_of
    return Outcome(alert_of, Counter(entry.kind for _, entry in [*opened.entries, *entries]))


def end_of_rules(session: Session, rule_ids: Sequence[UUID], reason: AutomaticReason, *, now: datetime) -> int:
    """Resolve at once what the rules have active: they were paused, deleted or made into something else."""
    return _end_all(session, AlertRow.rule_id.in_(rule_ids), reason, now=now)


def end_of_source(session: Session, source_id: UUID, reason: AutomaticReason, *, now: datetime) -> int:
    """Resolve at once what came from the source: it was disabled or deleted, and nobody will say how it ends."""
    return _end_all(session, AlertRow.source_id == source_id, reason, now=now)


def _end_all(session: Session, ours: ColumnElement[bool], reason: AutomaticReason, *, now: datetime) -> int:
    query = select(*_COLUMNS).where(ours, AlertRow.status != Status.RESOLVED)
    alerts = [Alert(*row) for row in session.execute(query.order_by(AlertRow.id).with_for_update(key_share=True))]
    decided = [decide(alert, _ended(alert, reason), at=now) for alert in alerts]
    both = zip(decided, alerts, strict=True)
    _update(session, [_moved(made.alert, before) for made, before in both if made.alert is not None])
    pairs = [(made.alert.id, entry) for made in decided if made.alert is not None for entry in made.entries]
    _write_entries(session, pairs, at=now)
    return len(pairs)


def wake(session: Session, *, now: datetime, acknowledged_for: AcknowledgedFor = FOR_GOOD) -> int:
    """Open again what was snoozed until now or acknowledged for too long; return how many.

    What has not flapped for a while loses its mark.
    """
    slept = and_(AlertRow.status == Status.SNOOZED, AlertRow.snoozed_until <= now)
    woken = _update_free(session, slept, {"status": Status.OPEN, **NOT_SNOOZED, **NOT_ACKNOWLEDGED})
    quiet_since = func.greatest(AlertRow.fired_at, AlertRow.resolved_at)
    calm_again = and_(AlertRow.flapping_since.is_not(None), quiet_since < now - FLAPPING_WINDOW)
    calmed = _update_free(session, calm_again, {"flapping_since": None})
    ended = Entry(EntryKind.SNOOZE_ENDED, "The snooze is over; the alert is open again.", Status.SNOOZED, Status.OPEN)
    calm = Entry(EntryKind.CALM, "No longer flapping: no change for 30 minutes.")
    timed_out = _end_acknowledgements(session, acknowledged_for, now=now)
    _write_entries(
        session, [*((each, ended) for each in woken), *((each, calm) for each in calmed), *timed_out], at=now
    )
    return len(woken) + len(timed_out)


def _update_free(session: Session, condition: ColumnElement[bool], values: Mapping[str, Any]) -> Sequence[UUID]:
    """Set the values where the condition holds; what somebody holds at this moment comes next time.

    Locked in the order that everybody locks in, so that a deed for thousands of alerts is never waited for in a circle.
    """
    free = select(AlertRow.id).where(condition).order_by(AlertRow.id)
    ids = session.scalars(free.with_for_update(key_share=True, skip_locked=True)).all()
    if ids:
        chosen = AlertRow.id == one_of(ids)
        session.execute(update(AlertRow).where(chosen).values(**values).execution_options(synchronize_session=False))
    return ids


def _end_acknowledgements(
    session: Session, acknowledged_for: AcknowledgedFor, *, now: datetime
) -> Sequence[tuple[UUID, Entry]]:
    """Open what is still not resolved so long after it was acknowledged, by its severity."""
    limits = {severity: each for severity, each in acknowledged_for.items() if each}
    if not limits:
        return ()
    too_long = or_(
        *(
            and_(AlertRow.severity == severity.rank, AlertRow.acknowledged_at <= now - limit)
            for severity, limit in limits.items()
        )
    )
    query = select(AlertRow.id, AlertRow.severity, AlertRow.acknowledged_by).where(
        AlertRow.status == Status.ACKNOWLEDGED, too_long
    )
    free = query.order_by(AlertRow.id).with_for_update(key_share=True, skip_locked=True)
    found = session.execute(free).all()
    update_all(session, AlertRow, [{"id": row.id, "status": Status.OPEN, **NOT_ACKNOWLEDGED} for row in found])
    return [
        (
            row.id,
            Entry(
                EntryKind.ACKNOWLEDGEMENT_ENDED,
                f"{row.acknowledged_by} acknowledged it {formatting.age(limits[Severity.of_rank(row.severity)])} ago,"
                " and it is not resolved; the alert is open again.",
                Status.ACKNOWLEDGED,
                Status.OPEN,
            ),
        )
        for row in found
    ]


def latest_of(session: Session, fingerprints: Sequence[UUID]) -> dict[UUID, Alert]:
    """Return the newest episode of each series, locked, in the order that everybody locks in."""
    found = read_document(session, _newest_of_each(), Alert, fingerprints=uuid_array(fingerprints))
    return {alert.fingerprint: alert for alert in found}


@cache
def _newest_of_each() -> Select[str]:
    newest = _newest_ids(as_uuids(bindparam("fingerprints", type_=String)))
    # An array is found once, before the rows. IN may be turned round, and then asks for it again with each alert.
    query = select(*_COLUMNS).where(_ALERT.id == func.any(func.array(newest.scalar_subquery()))).order_by(_ALERT.id)
    return document_of(query.with_for_update(key_share=True), Alert)


def _newest_ids(fingerprints: ColumnElement[Any]) -> Select[UUID]:
    """Return the id of the newest episode of each series, however many it had."""
    series = func.unnest(fingerprints).table_valued("fingerprint").render_derived(name="series")
    newest = (
        select(_ALERT.id)
        .where(_ALERT.fingerprint == series.c.fingerprint)
        .order_by(_ALERT.started_at.desc(), _ALERT.id.desc())
        .limit(1)
        .lateral()
    )
    return select(newest.c.id).select_from(series).join(newest, true())


@dataclass(frozen=True, slots=True)
class _Opened:
    alert_of: dict[UUID, UUID]
    entries: Sequence[tuple[UUID, Entry]]


def _open(session: Session, findings: Sequence[Finding], latest: Mapping[UUID, Alert], *, at: datetime) -> _Opened:
    """Begin episodes. The index on active fingerprints lets only one of two beginners through."""
    if not findings:
        return _Opened({}, ())
    versions = _newest_versions(session, {finding.labels.get("model", "") for finding in findings})
    rows = [row_of(finding, latest.get(finding.fingerprint), versions, at=at) for finding in findings]
    inserted = insert_all(session, AlertRow, rows)
    fresh = [(row, finding) for row, finding in zip(rows, findings, strict=True) if row["id"] in inserted]
    return _Opened(
        {finding.fingerprint: row["id"] for row, finding in fresh},
        [
            (row["id"], Entry(EntryKind.FIRED, _fired_text(finding, row["previous_id"]), None, Status.OPEN))
            for row, finding in fresh
        ],
    )


def opened(finding: Finding, former: Alert | None, *, at: datetime) -> Alert:
    """Return the alert that a finding begins, without storing it: for a replay."""
    row = row_of(finding, former, {}, at=at)
    columns: dict[str, Any] = {name: row.get(name) for name in _NAMES}
    return Alert(**columns)


def row_of(finding: Finding, former: Alert | None, versions: Mapping[str, str], *, at: datetime) -> dict[str, Any]:
    """Return the columns of a new episode."""
    seen, model = finding.seen, finding.labels.get("model", "")
    return {
        "id": uuid7(at),
        "fingerprint": finding.fingerprint,
        **finding.origin.columns(finding.labels),
        "model": model,
        "version": finding.labels.get("version") or versions.get(model, ""),
        "labels": dict(finding.labels),
        "operator": finding.operator,
        "previous_id": None if former is None else former.id,
        "started_at": at,
        "signal": seen.state.signal,
        "severity": seen.severity.rank,
        "value": seen.value,
        "threshold": seen.threshold,
        "summary": seen.summary,
        "sample_count": seen.sample_count,
        "active_at": seen.state.active_at or at,
        "fired_at": at,
        "evaluated_at": at,
        "reopen_count": 0,
        "status": Status.OPEN,
        "comment_count": 0,
        "is_resolved_by_hand": False,
    }


def _fired_text(finding: Finding, former: UUID | None) -> str:
    told = f"Fired, {finding.seen.severity}. {finding.seen.summary}"
    return told if former is None else f"{told} It follows an earlier alert of the same series."


def _newest_versions(session: Session, models: Iterable[str]) -> Mapping[str, str]:
    named = sorted(filter(None, models))
    if not named:
        return {}
    query = (
        select(ModelRow.name, VersionRow.name)
        .ext(distinct_on(ModelRow.name))
        .join(VersionRow, VersionRow.model_id == ModelRow.id)
        .where(ModelRow.name.in_(named))
        .order_by(ModelRow.name, VersionRow.id.desc())
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _with_flapping(session: Session, decided: Sequence[Decision], *, at: datetime) -> list[Decision]:
    """Mark what goes back and forth too often, and hold what would be told of it. What fired once only has not."""
    moved = [
        made.alert.id
        for made in decided
        if made.alert is not None
        and made.alert.reopen_count
        and any(entry.kind in TRANSITIONS for entry in made.entries)
    ]
    counts = _transitions(session, moved, at=at)
    return [flapped(made, 0 if made.alert is None else counts.get(made.alert.id, 0), at=at) for made in decided]


def _transitions(session: Session, alert_ids: Sequence[UUID], *, at: datetime) -> Mapping[UUID, int]:
    """Return how often each alert fired or ended in the last half hour."""
    if not alert_ids:
        return {}
    query = (
        select(AlertEntryRow.alert_id, func.count().label("count"))
        .where(
            AlertEntryRow.alert_id == one_of(alert_ids),
            AlertEntryRow.kind.in_(sorted(TRANSITIONS)),
            AlertEntryRow.at > at - FLAPPING_WINDOW,
        )
        .group_by(AlertEntryRow.alert_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _ended(alert: Alert, reason: AutomaticReason) -> Seen:
    return Seen(OK, Severity.of_rank(alert.severity), alert.value, alert.threshold, alert.summary, 0, end=reason)


def _moved(alert: Alert, before: Alert) -> dict[str, Any]:
    """Return the columns in which the alert differs from how it was; the others do not travel at all."""
    columns = zip(_NAMES, astuple(alert), astuple(before), strict=True)
    return {"id": alert.id, **{name: now for name, now, then in columns if now != then}}


def _update(session: Session, records: Iterable[dict[str, Any]]) -> None:
    """Set the columns of each record; those that set the same ones go together, and what sets none is left alone."""
    by_columns: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        by_columns[tuple(record)].append(record)
    for names, alike in by_columns.items():
        if len(names) > 1:  # besides the id
            update_all(session, AlertRow, alike)


def _write_entries(session: Session, pairs: Sequence[tuple[UUID, Entry]], *, at: datetime) -> None:
    if not pairs:
        return
    append_all(
        session,
        AlertEntryRow,
        [
            {
                "alert_id": alert_id,
                "at": at,
                "kind": entry.kind,
                "actor_kind": "system",
                "actor_name": SYSTEM_NAME,
                "text": entry.text,
                "before": entry.before,
                "after": entry.after,
                "held": entry.held,
            }
            for alert_id, entry in pairs
        ],
    )
