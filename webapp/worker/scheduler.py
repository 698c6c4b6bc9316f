"""The metronome of a process: it ticks for every job, and asks the database whether the tick is ours.

APScheduler keeps time by the wall clock: set back an hour it would be silent for an hour. A watchdog by the monotonic
clock starts it anew when a tick is late, and renews the leases of what is running.
"""

import logging
import os
import secrets
import socket
import threading
import time
from datetime import timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import SQLAlchemyError

from webapp.runtime import Runtime
from webapp.worker import leases
from webapp.worker.job import Job
from webapp.worker.registry import all_jobs
from webapp.worker.runs import Holdings, run_if_due

logger = logging.getLogger(__name__)
# A tick that comes while the job still runs is the ordinary case here, not worth a warning each half second.
logging.getLogger("apscheduler").setLevel(logging.ERROR)

SHORTEST_TICK, LONGEST_TICK = timedelta(seconds=0.5), timedelta(seconds=5)
RENEWAL_SECONDS = 0.5
LATE_AFTER_SECONDS = 3.0
DRAIN_SECONDS = 14.0


class Scheduler:
    """What `start` hands out; `stop` lets running jobs finish, for 14 seconds at most."""

    def __init__(self, runtime: Runtime) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"
        self._runtime = runtime
        self._holdings = Holdings()
        self._stopping = threading.Event()
        self._has_rows = threading.Event()
        self._last_tick = time.monotonic()
        self._busy = _Busy()
        self._metronome = self._made()
        self._watchdog = threading.Thread(target=self._watch, name="worker-watchdog", daemon=True)

    def start(self) -> None:
        self._metronome.start()
        self._watchdog.start()
        logger.info("worker started", extra={"owner": self.owner, "jobs": len(all_jobs())})

    def stop(self) -> None:
        """Claim nothing more, wait for what is running, then give up on it: its lease expires and another takes it."""
        self._stopping.set()
        deadline = time.monotonic() + DRAIN_SECONDS
        while not self._busy.is_idle and time.monotonic() < deadline:
            time.sleep(0.05)
        self._metronome.shutdown(wait=False)
        self._watchdog.join(timeout=2)
        logger.info("worker stopped", extra={"owner": self.owner, "unfinished": self._busy.names()})

    @property
    def is_late(self) -> bool:
        return time.monotonic() - self._last_tick > LATE_AFTER_SECONDS

    def _made(self) -> BackgroundScheduler:
        metronome = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(max(4, len(all_jobs())))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        for job in all_jobs().values():
            seconds = tick_of(job).total_seconds()
            metronome.add_job(self._tick, IntervalTrigger(seconds=seconds), args=[job], id=job.name)
        return metronome

    def _tick(self, job: Job) -> None:
        self._last_tick = time.monotonic()
        # A scheduler that was started anew may tick while a job of the former one is still at work here.
        if not self._busy.enter(job.name):
            return
        try:
            if self._stopping.is_set():  # asked only now that who stops waits for us: nothing is claimed after that
                return
            self._ensure_rows()
            run_if_due(self._runtime, job, owner=self.owner, holdings=self._holdings)
        except SQLAlchemyError as error:
            logger.warning("tick failed", extra={"job": job.name, "reason": type(error).__name__})
        finally:
            self._busy.leave(job.name)

    def _ensure_rows(self) -> None:
        if not self._has_rows.is_set():
            with self._runtime.job_transaction() as session:
                leases.ensure_rows(session, list(all_jobs()))
            self._has_rows.set()

    def _watch(self) -> None:
        while not self._stopping.wait(RENEWAL_SECONDS) or self._holdings.all():
            self._renew()
            if self.is_late and not self._stopping.is_set():
                self._start_anew()

    def _renew(self) -> None:
        claims = self._holdings.all()
        if not claims:
            return
        try:
            with self._runtime.job_transaction() as session:
                leases.renew(session, claims)
        except SQLAlchemyError as error:
            logger.warning("leases not renewed", extra={"reason": type(error).__name__})

    def _start_anew(self) -> None:
        logger.warning("ticks are late, starting the metronome anew", extra={"owner": self.owner})
        self._last_tick = time.monotonic()
        former, self._metronome = self._metronome, self._made()
        former.shutdown(wait=False)
        self._metronome.start()


def tick_of(job: Job) -> timedelta:
    """Return how often to ask for the job: often enough that it is soon taken over from a process that died."""
    return min(max(job.every / 10, SHORTEST_TICK), LONGEST_TICK)


class _Busy:
    """Which jobs are at work in this process."""

    def __init__(self) -> None:
        self._lock, self._names = threading.Lock(), set[str]()

    def enter(self, name: str) -> bool:
        with self._lock:
            if name in self._names:
                return False
            self._names.add(name)
            return True

    def leave(self, name: str) -> None:
        with self._lock:
            self._names.discard(name)

    def names(self) -> list[str]:
        with self._lock:
            return sorted(self._names)

    @property
    def is_idle(self) -> bool:
        with self._lock:
            return not self._names


def start(runtime: Runtime) -> Scheduler:
    """Start ticking in this process; call it after any fork."""
    scheduler = Scheduler(runtime)
    scheduler.start()
    return scheduler
