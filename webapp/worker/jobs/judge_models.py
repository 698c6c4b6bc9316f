"""Judge every model once a minute, so that screens that show all of them need not."""

from datetime import datetime, timedelta

from webapp.catalog.queries import models
from webapp.metrics.standing import keep_standings
from webapp.runtime import Runtime
from webapp.worker.job import Job


def run(runtime: Runtime, at: datetime) -> str:
    with runtime.job_transaction() as session:
        keep_standings(session, models(session), now=at)
    return ""


JOB = Job("judge_models", every=timedelta(seconds=30), run=run)
