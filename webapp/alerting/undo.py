"""The way back from a deed, for who did it and in the seconds after: exactly what it changed, and nothing else."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, and_, exists, select
from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor
from webapp.alerting import deeds
from webapp.alerting.bulk import BulkResult, RowResult, Transaction, locked, plain, write
from webapp.alerting.deeds import Change, Deed, Standing
from webapp.alerting.tables import AlertDeedRow, AlertRow, RuleStateRow, ScheduleRow
from webapp.alerting.types import EntryKind, Status
from webapp.core.errors import ConflictError, ForbiddenError, NotFoundError
from webapp.db.arrays import one_of
from webapp.db.base import UtcDateTime

WINDOW = timedelta(minutes=1)  # Screens offer it for ten seconds; a slow line has some more.
DEEDS: Mapping[str, type[Deed]] = {
    each.__name__: each
    for each in (deeds.Acknowledge, deeds.TakeOver, deeds.Unacknowledge, deeds.Snooze, deeds.Assign, deeds.Resolve)
}
WHAT: Mapping[str, str] = {
    "Acknowledge": "the acknowledgement",
    "TakeOver": "the take-over",
    "Unacknowledge": "that",
    "Snooze": "the snooze",
    "Assign": "the assignment",
    "Resolve": "the resolution",
}
CHANGED_SINCE = "It has changed since; nothing was taken back."
WELL_SINCE = "Its condition does not hold any more; it stays resolved."


def take_back(transaction: Transaction, deed_id: UUID, *, actor: Actor, now: datetime) -> BulkResult:
    """Put back how the alerts stood that the deed changed; one that has changed since is left as it is."""
    with transaction() as session:
        parts = session.scalars(
            select(AlertDeedRow.part).where(AlertDeedRow.id == deed_id).order_by(AlertDeedRow.part)
        ).all()
    if not parts:
        raise NotFoundError("There is nothing to take back.")
    rows: list[RowResult] = []
    for part in parts:
        with transaction() as session:
            rows += _part(session, deed_id, part, actor=actor, now=now)
    return BulkResult(deed_id, tuple(rows))


def _part(session: Session, deed_id: UUID, part: int, *, actor: Actor, now: datetime) -> list[RowResult]:
    row = session.get_one(AlertDeedRow, (deed_id, part), with_for_update=True, populate_existing=True)
    _check(row, actor=actor, now=now)
    row.undone_at = now
    wanted = {UUID(each): group for group in row.changed for each in group["ids"]}
    if row.action == "Resolve":
        _hold_evaluations(session)
    alerts = locked(session, sorted(wanted))
    well = _well_since(session, [alert.id for alert in alerts]) if row.action == "Resolve" else frozenset()
    results, changes = [], []
    for alert in alerts:
        group = wanted[alert.id]
        if plain({name: getattr(alert, name) for name in group["after"]}) != group["after"]:
            results.append(RowResult(alert.id, 409, CHANGED_SINCE))
        elif alert.id in well:
            results.append(RowResult(alert.id, 409, WELL_SINCE))
        else:
            changes.append((alert, _back(alert, group["before"], row.action, actor)))
            results.append(RowResult(alert.id, is_changed=True))
    write(session, changes, deed_id=deed_id, actor=actor, now=now)
    return results


def _check(row: AlertDeedRow, *, actor: Actor, now: datetime) -> None:
    deeds.require(actor, DEEDS[row.action].permission)
    if (row.actor_id, row.actor_name) != (actor.id, actor.name):
        raise ForbiddenError(f"{row.actor_name} did that; nobody else takes it back.")
    if row.undone_at is not None:
        raise ConflictError("That was taken back already.")
    if now - row.at > WINDOW:
        raise ConflictError("That was too long ago to be taken back; do what is needed instead.")


def _back(alert: Standing, before: Mapping[str, Any], action: str, actor: Actor) -> Change:
    values = {name: _typed(name, value) for name, value in before.items()}
    text = f"{actor.name} took {WHAT[action]} back."
    if "status" not in values:
        return Change(values, EntryKind.TAKEN_BACK, text)
    then, again = Status(alert.status), Status(values["status"])
    kind = EntryKind.UNACKNOWLEDGED if action == "Acknowledge" else EntryKind.TAKEN_BACK
    return Change({**values, "status": again}, kind, text, then, again)


def _typed(name: str, value: Any) -> Any:
    """Return a value that was kept as JSON as its column has it."""
    kind = AlertRow.__table__.c[name].type
    if not isinstance(value, str):
        return value
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    return UUID(value) if isinstance(kind, Uuid) else value


def _hold_evaluations(session: Session) -> None:
    """Wait for a cycle that is under way, and let none begin: it decides from what is resolved when it begins."""
    session.execute(select(ScheduleRow.interval_seconds).order_by(ScheduleRow.interval_seconds).with_for_update())


def _well_since(session: Session, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Return those of a rule whose series has become well: no evaluation would ever end them again."""
    held = exists().where(and_(RuleStateRow.alert_id == AlertRow.id, RuleStateRow.phase.in_(("firing", "recovering"))))
    query = select(AlertRow.id).where(AlertRow.id == one_of(ids), AlertRow.rule_id.is_not(None), ~held)
    return frozenset(session.scalars(query))
