"""Drop what is older than it is kept: weeks of events, minutes of rollups, the log of runs."""

from datetime import datetime, timedelta

from sqlalchemy import delete

from webapp.runtime import Runtime
from webapp.telemetry.fold import expire_minutes
from webapp.telemetry.partitions import expire
from webapp.worker.job import Job
from webapp.worker.tables import RunRow

RUNS_KEPT = timedelta(days=14)


def run(runtime: Runtime, at: datetime) -> str:
    with runtime.job_transaction() as session:
        expire_minutes(session, now=at)
        session.execute(delete(RunRow).where(RunRow.started_at < at - RUNS_KEPT))
    # Dropping a partition locks the event table: by itself, and only when there is one to drop.
    with runtime.job_transaction() as session:
        dropped = expire(session, before=at - timedelta(days=runtime.settings.retention_events_days))
    return f"{len(dropped)} weeks of events dropped" if dropped else ""


JOB = Job("expire_data", every=timedelta(hours=1), run=run)
