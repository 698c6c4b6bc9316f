"""Fold what came in into the rollups, until nothing is waiting."""

from datetime import datetime, timedelta

from webapp.runtime import Runtime
from webapp.telemetry.fold import BATCH, fold
from webapp.worker.job import Job

MOST_BATCHES = 50  # Then others get a turn; the next tick goes on.


def run(runtime: Runtime, at: datetime) -> str:
    folded = 0
    for _ in range(MOST_BATCHES):
        with runtime.job_transaction() as session:
            count = fold(session, now=at)
        folded += count
        if count < BATCH:
            break
    return f"{folded} deltas folded" if folded else ""


JOB = Job("roll_up", every=timedelta(seconds=1), run=run)
