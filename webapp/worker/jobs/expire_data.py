"""Drop what is older than it is kept: events and what came with them, messages, what is over of accounts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete

from webapp.accounts import expiry as accounts
from webapp.alerting import expiry as alerting
from webapp.core.formatting import number
from webapp.notifications import expiry as notifications
from webapp.runtime import Runtime
from webapp.telemetry import expiry as telemetry
from webapp.telemetry.fold import expire_minutes
from webapp.telemetry.partitions import expire
from webapp.worker.job import Job
from webapp.worker.tables import RunRow

RUNS_KEPT = timedelta(days=14)
ACCOUNTS_KEPT = timedelta(days=30)  # sessions and links that are over
ATTEMPTS_KEPT = timedelta(days=1)  # far longer than any of them counts
BATCH = 5_000  # rows deleted in one transaction
BATCHES = 100  # of each kind in one run: the rest waits for the next


@dataclass(frozen=True, slots=True)
class Expiry:
    """One kind of rows that expire: what deletes some of them and says how many, and how long they are kept."""

    things: str
    delete: Callable[..., int]
    kept: timedelta


def run(runtime: Runtime, at: datetime) -> str:
    with runtime.job_transaction() as session:
        expire_minutes(session, now=at)
        session.execute(delete(RunRow).where(RunRow.started_at < at - RUNS_KEPT))
    events_kept = timedelta(days=runtime.settings.retention_events_days)
    # Dropping a partition locks the event table: by itself, and only when there is one to drop.
    with runtime.job_transaction() as session:
        weeks = len(expire(session, before=at - events_kept))
    counts = {"weeks of events": weeks} | {each.things: _expired(runtime, each, at) for each in _kinds(events_kept)}
    dropped = ", ".join(f"{things} {number(count)}" for things, count in counts.items() if count)
    return f"dropped: {dropped}" if dropped else ""


def _kinds(events_kept: timedelta) -> tuple[Expiry, ...]:
    """Return what expires row by row; outcomes after their predictions, messages after what they say of each alert."""
    return (
        Expiry("outcomes", telemetry.expire_outcomes, events_kept),
        Expiry("measured values", telemetry.expire_measurements, events_kept),
        Expiry("counters of refused items", telemetry.expire_refusals, events_kept),
        Expiry("deeds for many alerts", alerting.expire_deeds, events_kept),
        Expiry("words on who was told", notifications.expire_tellings, events_kept),
        Expiry("messages", notifications.expire_messages, events_kept),
        Expiry("sessions", accounts.expire_sessions, ACCOUNTS_KEPT),
        Expiry("links", accounts.expire_links, ACCOUNTS_KEPT),
        Expiry("counters of failed sign-ins", accounts.expire_attempts, ATTEMPTS_KEPT),
    )


def _expired(runtime: Runtime, kind: Expiry, at: datetime) -> int:
    """Delete batch by batch, each in a transaction of its own, until nothing is left or it is enough for once."""
    total = 0
    for _ in range(BATCHES):
        with runtime.job_transaction() as session:
            count = kind.delete(session, before=at - kind.kept, limit=BATCH)
        total += count
        if count < BATCH:
            break
    return total


JOB = Job("expire_data", every=timedelta(hours=1), run=run)
