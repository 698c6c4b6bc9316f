"""One deed for many alerts, in few statements, with a result for each of them.

A long list goes in several transactions, so that nobody waits long for what is locked. Everybody locks in the order of
the ids: of two who want the same ten thousand at once each alert has exactly one winner, and nobody waits in a circle.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg2.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from webapp.accounts import audit
from webapp.accounts.actor import Actor
from webapp.alerting import deeds, queries
from webapp.alerting.deeds import Acknowledge, Change, Comment, Deed, Refusal, Standing
from webapp.alerting.queries import InboxFilters
from webapp.alerting.records import append_all
from webapp.alerting.tables import AlertDeedRow, AlertEntryRow, AlertRow
from webapp.alerting.types import EntryKind
from webapp.core.errors import InvalidInputError
from webapp.core.ids import uuid7
from webapp.db.arrays import one_of

MOST = queries.COUNTED  # alerts in one deed
AT_ONCE = 2_000  # alerts in one transaction
BUSY = "Somebody else is changing this alert at this moment; try again."
COLUMNS = [getattr(AlertRow, name) for name in deeds.NAMES]
Transaction = Callable[[], AbstractContextManager[Session]]
Changes = Sequence[tuple[Standing, Change]]


@dataclass(frozen=True, slots=True)
class Matching:
    """Every alert of a view, as far as somebody has seen it: nobody acknowledges what came after his list."""

    filters: InboxFilters
    newest: UUID  # of those that the list counted
    seen_at: datetime  # what fired again later is not meant either


@dataclass(frozen=True, slots=True)
class RowResult:
    """What came of it for one alert: 200, or 409, 404 and 503 with a sentence. Only what is changed was written."""

    id: UUID
    status: int = 200
    detail: str = ""
    is_changed: bool = False


@dataclass(frozen=True, slots=True)
class BulkResult:
    deed_id: UUID  # what `undo.take_back` asks for
    rows: tuple[RowResult, ...]

    @property
    def changed(self) -> tuple[UUID, ...]:
        return tuple(row.id for row in self.rows if row.is_changed)

    @property
    def done(self) -> tuple[UUID, ...]:
        """Return for whom it stands now as it was wanted, whoever did it."""
        return tuple(row.id for row in self.rows if row.status == 200)

    @property
    def refused(self) -> tuple[RowResult, ...]:
        return tuple(row for row in self.rows if row.status != 200)


def carry_out(
    transaction: Transaction, chosen: Sequence[UUID] | Matching, deed: Deed, *, actor: Actor, now: datetime
) -> BulkResult:
    """Do it to each of them; one that is refused stops no other. The results come in the order that was asked in."""
    deeds.require(actor, deed.permission)
    ids = list(dict.fromkeys(_ids_of(transaction, chosen, deed)))
    deed_id, results = uuid7(now), dict[UUID, RowResult]()
    for part, some in enumerate(batches(sorted(ids), AT_ONCE)):
        for row in _part(transaction, some, deed, Place(deed_id, part), actor=actor, now=now):
            results[row.id] = row
    return BulkResult(deed_id, tuple(results[each] for each in ids))


@dataclass(frozen=True, slots=True)
class Place:
    """Which transaction of which deed."""

    deed_id: UUID
    part: int


def _ids_of(transaction: Transaction, chosen: Sequence[UUID] | Matching, deed: Deed) -> Sequence[UUID]:
    ids = chosen if not isinstance(chosen, Matching) else _matching(transaction, chosen, deed)
    if len(ids) > MOST:
        raise InvalidInputError(f"These are more than {MOST:,} alerts; narrow the list and do some of them at a time.")
    return ids


def _matching(transaction: Transaction, chosen: Matching, deed: Deed) -> Sequence[UUID]:
    """Return what matches; who acknowledges what was open is also told by whom others have been since."""
    filters, newest, seen_at, limit = chosen.filters, chosen.newest, chosen.seen_at, MOST + 1
    with transaction() as session:
        ids = [*queries.matching(session, filters, newest=newest, seen_at=seen_at, limit=limit)]
        if isinstance(deed, Acknowledge) and filters.tab == "open" and len(ids) < limit:
            ids += queries.acknowledged_since(session, filters, newest=newest, seen_at=seen_at, limit=limit - len(ids))
    return ids


def _part(
    transaction: Transaction, ids: Sequence[UUID], deed: Deed, place: Place, *, actor: Actor, now: datetime
) -> list[RowResult]:
    return unless_busy(transaction, ids, lambda session: _do(session, ids, deed, place, actor=actor, now=now))


def unless_busy(
    transaction: Transaction, ids: Sequence[UUID], work: Callable[[Session], list[RowResult]]
) -> list[RowResult]:
    """Do it in one transaction; where somebody else holds them for too long, say so of each of them."""
    try:
        with transaction() as session:
            return work(session)
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable | DeadlockDetected):
            return [RowResult(each, 503, BUSY) for each in ids]
        raise


def _do(
    session: Session, ids: Sequence[UUID], deed: Deed, place: Place, *, actor: Actor, now: datetime
) -> list[RowResult]:
    alerts = locked(session, ids)
    verdicts = {alert.id: deeds.decide(deed, alert, actor=actor, now=now) for alert in alerts}
    changes = [(alert, made) for alert in alerts if isinstance(made := verdicts[alert.id], Change)]
    write(session, changes, deed_id=place.deed_id, actor=actor, now=now)
    if changes and not isinstance(deed, Comment):  # What was said stays said.
        session.add(_kept(changes, deed, place, actor=actor, now=now))
    found = [_result(alert.id, verdicts[alert.id]) for alert in alerts]
    missing = set(ids) - verdicts.keys()
    return [*found, *(RowResult(each, 404, f"There is no alert {each}.") for each in missing)]


def _result(alert_id: UUID, verdict: deeds.Verdict) -> RowResult:
    if isinstance(verdict, Refusal):
        return RowResult(alert_id, 409, verdict.sentence)
    return RowResult(alert_id, is_changed=verdict is not None)


def locked(session: Session, ids: Sequence[UUID]) -> list[Standing]:
    """Return the alerts as they stand, locked in the order of their ids, which is everybody's.

    Locked without their keys: what only refers to them, as every entry and every message does, waits for nobody.
    """
    query = select(*COLUMNS).where(AlertRow.id == one_of(ids)).order_by(AlertRow.id)
    return [Standing(*row) for row in session.execute(query.with_for_update(key_share=True))]


def write(session: Session, changes: Changes, *, deed_id: UUID, actor: Actor, now: datetime) -> None:
    """Set what was decided, with an entry in each timeline and one in the audit log."""
    if not changes:
        return
    for values, ids in _by_values(changes):
        statement = update(AlertRow).where(AlertRow.id == one_of(ids)).values(**values)
        session.execute(statement.execution_options(synchronize_session=False))
    append_all(session, AlertEntryRow, [_entry(alert, made, actor=actor, now=now) for alert, made in changes])
    _audit(session, changes, deed_id=deed_id, actor=actor, now=now)
    session.flush()


def _by_values(changes: Changes) -> Iterator[tuple[Mapping[str, Any], list[UUID]]]:
    """Most often a deed sets the same for all."""
    ids: dict[tuple[tuple[str, Any], ...], list[UUID]] = defaultdict(list)
    for alert, made in changes:
        ids[tuple(made.values.items())].append(alert.id)
    yield from ((dict(values), some) for values, some in ids.items())


def _entry(alert: Standing, made: Change, *, actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "alert_id": alert.id,
        "at": now,
        "kind": made.kind,
        "actor_kind": actor.kind,
        "actor_name": actor.name,
        "actor_id": actor.id,
        "text": made.text,
        "before": made.before,
        "after": made.after,
    }


def _audit(session: Session, changes: Changes, *, deed_id: UUID, actor: Actor, now: datetime) -> None:
    """One entry for all: which alerts they were stands with the deed that it names."""
    (alert, made), many = changes[0], len(changes) > 1
    before = None if many or made.before is None else {"status": made.before}
    after: dict[str, Any] = {"text": made.text} if made.after is None else {"status": made.after, "text": made.text}
    if many:
        after |= {"count": len(changes)}
        if made.kind is EntryKind.TAKEN_OVER:
            after["text"] = f"{actor.name} took over {len(changes):,} alerts."
    subject = f"alert_deed:{deed_id}" if many else f"alert:{alert.id}"
    audit.record(session, f"alert.{made.kind}", actor=actor, subject=subject, now=now, before=before, after=after)


def _kept(changes: Changes, deed: Deed, place: Place, *, actor: Actor, now: datetime) -> AlertDeedRow:
    """Return what the way back needs: which alerts were changed, how they stood, and how they were left."""
    groups: dict[bytes, dict[str, Any]] = {}
    for alert, made in changes:
        before = plain({name: getattr(alert, name) for name in made.values})
        after = plain(made.values)
        key = orjson.dumps([before, after])
        group = groups.setdefault(key, {"before": before, "after": after, "ids": []})
        group["ids"].append(str(alert.id))
    return AlertDeedRow(
        id=place.deed_id,
        part=place.part,
        at=now,
        action=type(deed).__name__,
        actor_name=actor.name,
        actor_id=actor.id,
        count=len(changes),
        changed=list(groups.values()),
    )


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON holds them, so that what was kept can be compared with what stands."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(dict(values)))
    return found


def batches(ids: Sequence[UUID], size: int) -> Iterator[Sequence[UUID]]:
    yield from (ids[start : start + size] for start in range(0, len(ids), size))
