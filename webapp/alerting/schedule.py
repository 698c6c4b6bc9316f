"""Which slots are due: t = k · interval + offset. One process evaluates a slot; what was missed is counted and skipped.

The row of the interval stays locked until the cycle commits, so a process that dies gives the slot back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from webapp.alerting.tables import RuleRow, ScheduleRow

NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Slot:
    """An instant at which the rules of an interval are evaluated."""

    interval: timedelta
    at: datetime
    missed: int
    watched_since: datetime | None  # what came before, nobody may have listened to


def slot_at(now: datetime, *, interval_seconds: int, offset_seconds: int = 0) -> datetime:
    """Return the last slot that is not after the instant."""
    ticks = (int(now.timestamp()) - offset_seconds) // interval_seconds
    return datetime.fromtimestamp(ticks * interval_seconds + offset_seconds, UTC)


def missed_between(last: datetime | None, slot: datetime, interval: timedelta) -> int:
    """Return how many slots lie between the last one evaluated and this one."""
    if last is None or slot <= last:
        return 0
    return max(0, (slot - last) // interval - 1)


def is_due(last: datetime | None, slot: datetime, interval: timedelta) -> bool:
    """Say whether the slot is still to be evaluated. A last slot that lies far ahead comes from a clock set back."""
    return last is None or slot > last or last - slot > interval


def claim_due(session: Session, *, now: datetime) -> Sequence[Slot]:
    """Lock and mark the slots that are due, and note that somebody looked; what another process is at is left to it."""
    query = select(ScheduleRow).order_by(ScheduleRow.interval_seconds).with_for_update(skip_locked=True)
    rows = session.scalars(query.execution_options(populate_existing=True)).all()
    _note_watch(rows, now=now)
    claimed = []
    for row in rows:
        interval = timedelta(seconds=row.interval_seconds)
        at = slot_at(now, interval_seconds=row.interval_seconds, offset_seconds=row.offset_seconds)
        if not is_due(row.last_slot, at, interval):
            continue
        missed = missed_between(row.last_slot, at, interval)
        row.last_slot, row.missed_slots = at, row.missed_slots + missed
        claimed.append(Slot(interval, at, missed, row.resumed_at))
    session.flush()
    return claimed


def _note_watch(rows: Sequence[ScheduleRow], *, now: datetime) -> None:
    """Note since when the rules have been watched; of an interval that is new, since when the others have been."""
    for row in rows:
        if row.watched_at is not None and not NONE <= now - row.watched_at <= timedelta(seconds=row.interval_seconds):
            row.resumed_at = now
    since = max((row.resumed_at for row in rows if row.watched_at and row.resumed_at), default=now)
    for row in rows:
        row.resumed_at = row.resumed_at if row.watched_at and row.resumed_at else since
        row.watched_at = now


def finish(session: Session, slot: Slot, *, rule_count: int, duration_ms: float) -> None:
    """Note that the slot was evaluated: a page says by it how old the last evaluation is."""
    statement = update(ScheduleRow).where(ScheduleRow.interval_seconds == int(slot.interval.total_seconds()))
    session.execute(
        statement.values(evaluated_at=slot.at, rule_count=rule_count, duration_ms=duration_ms).execution_options(
            synchronize_session=False
        )
    )


def last_evaluation(session: Session) -> datetime | None:
    """Return when rules were last evaluated, over all intervals that still have rules."""
    alive = select(RuleRow.interval_seconds).where(RuleRow.deleted_at.is_(None), RuleRow.paused_at.is_(None))
    return session.scalar(select(func.max(ScheduleRow.evaluated_at)).where(ScheduleRow.interval_seconds.in_(alive)))
