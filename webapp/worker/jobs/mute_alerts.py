"""Keep true what mutes each alert: silences that begin and end, alerts that mute others.

Whoever tells looks too, in the moment before; this keeps the inbox true where telling fails or has much to say.
"""

from datetime import datetime, timedelta

from webapp.alerting.muting import watch
from webapp.runtime import Runtime
from webapp.worker.job import Job


def run(runtime: Runtime, at: datetime) -> str:
    with runtime.job_transaction(others_wait=True) as session:
        changed = watch.refresh(session, now=at, wait=False)
    return f"{changed:,} alerts muted or open again" if changed else ""


JOB = Job("mute_alerts", every=timedelta(seconds=1), run=run)
