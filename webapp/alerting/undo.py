"""The way back from a deed, for who did it and in the seconds after: exactly what it changed, and nothing else."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, case, exists, or_, select
from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor
from webapp.alerting import deeds
from webapp.alerting.bulk import BulkResult, RowResult, Transaction, locked, plain, unless_busy, write
from webapp.alerting.deeds import Change, Deed, Standing
from webapp.alerting.tables import AlertDeedRow, AlertRow, AlertSourceRow, RuleStateRow, ScheduleRow
from webapp.alerting.types import EntryKind, Signal, Status
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
TAKEN_BACK = "That was taken back already."
CHANGED_SINCE = "It has changed since; nothing was taken back."
WELL_SINCE = "Its condition does not hold any more; it stays resolved."


def take_back(transaction: Transaction, deed_id: UUID, *, actor: Actor, now: datetime) -> BulkResult:
    """Put back how the alerts stood that the deed changed; one that has changed since is left as it is.

    Where somebody holds some of them for too long, the others are put back; asked again, those are.
    """
    with transaction() as session:
        query = select(AlertDeedRow).where(AlertDeedRow.id == deed_id).order_by(AlertDeedRow.part)
        parts = session.scalars(query).all()
    _check(parts, actor=actor, now=now)
    rows: list[RowResult] = []
    for row in parts:
        if row.undone_at is None:
            work = partial(_part, part=row.part, deed_id=deed_id, actor=actor, now=now)
            rows += unless_busy(transaction, list(_groups(row)), work)
    return BulkResult(deed_id, tuple(rows))


def _part(session: Session, *, deed_id: UUID, part: int, actor: Actor, now: datetime) -> list[RowResult]:
    row = session.get_one(AlertDeedRow, (deed_id, part), with_for_update=True, populate_existing=True)
    if row.undone_at is not None:
        raise ConflictError(TAKEN_BACK)
    row.undone_at = now
    wanted = _groups(row)
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


def _groups(row: AlertDeedRow) -> dict[UUID, dict[str, Any]]:
    """Return of each alert how it stood, and how it was left."""
    return {UUID(each): group for group in row.changed for each in group["ids"]}


def _check(parts: Sequence[AlertDeedRow], *, actor: Actor, now: datetime) -> None:
    if not parts:
        raise NotFoundError("There is nothing to take back.")
    first = parts[0]
    deeds.require(actor, DEEDS[first.action].permission)
    if (first.actor_id, first.actor_name) != (actor.id, actor.name):
        raise ForbiddenError(f"{first.actor_name} did that; nobody else takes it back.")
    if all(row.undone_at is not None for row in parts):
        raise ConflictError(TAKEN_BACK)
    if now - first.at > WINDOW:
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
    """Return those that are over: no evaluation, and no message of their source, would ever end them again."""
    held = exists().where(RuleStateRow.alert_id == AlertRow.id, RuleStateRow.phase.in_(("firing", "recovering")))
    is_shut = or_(AlertSourceRow.disabled_at.is_not(None), AlertSourceRow.deleted_at.is_not(None))
    unheard = exists().where(AlertSourceRow.id == AlertRow.source_id, is_shut)
    is_over = case((AlertRow.rule_id.is_not(None), ~held), else_=or_(AlertRow.signal == Signal.OK, unheard))
    query = select(AlertRow.id).where(AlertRow.id == one_of(ids), is_over)
    return frozenset(session.scalars(query))
