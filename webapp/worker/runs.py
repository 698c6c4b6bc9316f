"""Running a job: claimed and logged by the ticking scheduler, or once by hand for any instant."""

import logging
import time
from datetime import datetime
from functools import partial
from threading import Lock

from sqlalchemy.exc import SQLAlchemyError

from webapp.core.errors import NotFoundError
from webapp.runtime import Runtime
from webapp.worker import leases
from webapp.worker.job import Job
from webapp.worker.leases import Claim
from webapp.worker.registry import all_jobs

logger = logging.getLogger(__name__)


class Holdings:
    """The claims that this process is working on, for whoever renews them."""

    def __init__(self) -> None:
        self._lock, self._claims = Lock(), dict[str, Claim]()

    def put(self, claim: Claim) -> None:
        with self._lock:
            self._claims[claim.name] = claim

    def drop(self, claim: Claim) -> None:
        with self._lock:
            self._claims.pop(claim.name, None)

    def all(self) -> list[Claim]:
        with self._lock:
            return list(self._claims.values())


def run_if_due(runtime: Runtime, job: Job, *, owner: str, holdings: Holdings) -> bool:
    """Run the job if it is due and ours; say whether it ran. A failure is logged and stays with this job."""
    with runtime.job_transaction() as session:
        claim = leases.claim(session, job.name, owner=owner, every=job.every)
    if claim is None:
        return False
    holdings.put(claim)
    try:
        fence = partial(leases.require, held=claim)
        outcome, sentence, duration_ms = _run(runtime.fenced(fence), job, claim.at)
    finally:
        holdings.drop(claim)
    with runtime.job_transaction() as session:
        if not leases.finish(session, claim, outcome=outcome, sentence=sentence, duration_ms=duration_ms):
            logger.warning("job was taken over while it ran", extra={"job": job.name, "attempt": claim.attempt})
    return True


def run_now(runtime: Runtime, name: str, *, at: datetime | None = None) -> str:
    """Run the job once, here, as if it were that instant; its errors are the caller's."""
    job = all_jobs().get(name)
    if job is None:
        raise NotFoundError(f"There is no job '{name}'; there are {', '.join(all_jobs())}.")
    return job.run(runtime, at or runtime.clock.now()) or "nothing to do"


def _run(runtime: Runtime, job: Job, at: datetime) -> tuple[str, str, float]:
    started = time.monotonic()
    try:
        outcome, sentence = "done", job.run(runtime, at)
    except leases.LostError as error:
        outcome, sentence = "lost", error.message
    except SQLAlchemyError as error:
        logger.warning("job failed", extra={"job": job.name, "reason": type(error).__name__}, exc_info=error)
        outcome, sentence = "failed", _said(error)
    except Exception as error:  # Whatever a job raises is its own affair: the others must go on.
        logger.error("job failed", extra={"job": job.name}, exc_info=error)
        outcome, sentence = "failed", _said(error)
    return outcome, sentence, (time.monotonic() - started) * 1000


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:500]}" if lines else type(error).__name__
