"""Tell people of alerts: what fires, what has ended, each with others like it."""

from datetime import datetime, timedelta

from webapp.alerting.grouping import Policy
from webapp.notifications.telling import tell
from webapp.runtime import Runtime
from webapp.worker.job import Job


def policy_of(runtime: Runtime) -> Policy:
    settings = runtime.settings
    return Policy(
        group_by=tuple(name.strip() for name in settings.group_by.split(",") if name.strip()),
        group_wait=timedelta(seconds=settings.group_wait_seconds),
        group_interval=timedelta(seconds=settings.group_interval_seconds),
        repeat_interval=timedelta(seconds=settings.repeat_interval_seconds),
    )


def run(runtime: Runtime, at: datetime) -> str:
    with runtime.job_transaction(others_wait=True) as session:
        return tell(session, policy_of(runtime), now=at).sentence


JOB = Job("notify", every=timedelta(seconds=0.5), run=run)
