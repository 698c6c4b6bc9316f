"""Count a model's stored events anew where a file was counted whose import ended before its rows were stored."""

from datetime import datetime, timedelta

from webapp.runtime import Runtime
from webapp.telemetry.ahead import abandoned
from webapp.telemetry.segments import settle
from webapp.worker.job import Job


def run(runtime: Runtime, at: datetime) -> str:
    with runtime.job_transaction() as session:
        models = abandoned(session, now=at)
    for model_id in models:
        with runtime.job_transaction() as session:
            settle(session, model_id, now=at)
    return f"{len(models)} models counted anew" if models else ""


JOB = Job("settle_imports", every=timedelta(seconds=15), run=run)
