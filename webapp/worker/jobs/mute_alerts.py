"""Keep true what mutes each alert: silences that begin and end, alerts that mute others."""

from datetime import datetime, timedelta

from sqlalchemy import text

from webapp.alerting.muting import watch
from webapp.runtime import Runtime
from webapp.worker.job import Job


def run(runtime: Runtime, at: datetime) -> str:
    with runtime.job_transaction() as session:
        # A process that is stopped in the middle must not keep others from looking: the database ends its transaction.
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '10s'"))
        changed = watch.refresh(session, now=at, wait=False)
    return f"{changed:,} alerts muted or open again" if changed else ""


JOB = Job("mute_alerts", every=timedelta(seconds=1), run=run)
