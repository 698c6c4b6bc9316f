"""Give a model that has enough events and no baseline a provisional one."""

from datetime import datetime, timedelta

from webapp.runtime import Runtime
from webapp.telemetry.baselines import ensure_provisional
from webapp.worker.job import Job


def run(runtime: Runtime, at: datetime) -> str:
    with runtime.job_transaction() as session:
        made = ensure_provisional(session, now=at)
    return f"{made} provisional baselines made" if made else ""


JOB = Job("make_baselines", every=timedelta(seconds=5), run=run)
