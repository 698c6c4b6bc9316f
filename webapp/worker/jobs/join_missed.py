"""Join outcomes whose predictions came in the same instant from somewhere else, and so were missed by both."""

from datetime import datetime, timedelta

from webapp.runtime import Runtime
from webapp.telemetry.ingest import join_missed
from webapp.worker.job import Job

LOOK_BACK = timedelta(minutes=10)


def run(runtime: Runtime, at: datetime) -> str:
    window = timedelta(days=runtime.settings.outcome_window_days)
    with runtime.job_transaction() as session:
        joined = join_missed(session, since=at - LOOK_BACK, now=at, window=window)
    return f"{joined} outcomes joined" if joined else ""


JOB = Job("join_missed", every=timedelta(minutes=1), run=run)
