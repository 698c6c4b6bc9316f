"""Make the partitions of the weeks ahead."""

from datetime import datetime, timedelta

from webapp.runtime import Runtime
from webapp.telemetry.partitions import keep_ahead
from webapp.worker.job import Job


def run(runtime: Runtime, at: datetime) -> str:
    with runtime.job_transaction() as session:
        keep_ahead(session, now=at)
    return ""


JOB = Job("keep_partitions", every=timedelta(hours=1), run=run)
