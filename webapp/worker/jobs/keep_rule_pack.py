"""See that the rules of the pack are there, those of a new version included; deleted ones stay deleted."""

from datetime import datetime, timedelta

from webapp.alerting.rules import ensure_rule_pack
from webapp.runtime import Runtime
from webapp.worker.job import Job


def run(runtime: Runtime, at: datetime) -> str:
    with runtime.job_transaction() as session:
        made = ensure_rule_pack(session, now=at)
    return f"{made} rules of the pack made" if made else ""


JOB = Job("keep_rule_pack", every=timedelta(hours=1), run=run)
