"""Evaluate the rules whose slot has come."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from webapp.alerting.evaluate import evaluate_due
from webapp.alerting.severity import Severity
from webapp.runtime import Runtime
from webapp.worker.job import Job


def acknowledged_for(runtime: Runtime) -> Mapping[Severity, timedelta]:
    return {Severity(name): limit for name, limit in runtime.settings.acknowledged_for.items()}


def run(runtime: Runtime, at: datetime) -> str:
    with runtime.job_transaction(others_wait=True) as session:
        cycle = evaluate_due(session, now=at, acknowledged_for=acknowledged_for(runtime))
    # What is ordinary is told by the schedule itself; the log is for what happened.
    is_ordinary = not (cycle.fired or cycle.resolved or cycle.woken or cycle.missed_slots or cycle.broken)
    return "" if is_ordinary else cycle.sentence


JOB = Job("evaluate_rules", every=timedelta(seconds=1), run=run)
