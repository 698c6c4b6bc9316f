"""The demo company's traffic of this moment: predictions as they happen, outcomes as they become due, measurements.

Every process of a demo may start it; the one that holds the lock sends, and another takes over when that one ends.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from webapp.core.errors import UserError
from webapp.core.periods import DAY, Window, floor_to, microseconds
from webapp.db.locks import AdvisoryLock
from webapp.demo import history, machines
from webapp.demo.company import Company, Stream
from webapp.demo.prepare import company_of
from webapp.demo.script import LIVE, LIVE_EVERY, acts
from webapp.demo.traffic import Traffic, joined
from webapp.runtime import Runtime
from webapp.telemetry.ingest import accept_measurements, accept_predictions

logger = logging.getLogger(__name__)

LOCK = AdvisoryLock.SENDING_DEMO
EVERY = timedelta(seconds=1)
TOLD_EVERY = timedelta(seconds=30)
AGENDA = timedelta(hours=1)
LONGEST_GAP = timedelta(minutes=2)  # After a longer sleep the traffic goes on from now.


class Live:
    """Live traffic that is going on. `stop()` ends it."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime, self._ended = runtime, threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-live", daemon=True)

    def start(self) -> "Live":
        if self._runtime.settings.demo:
            self._thread.start()
        return self

    def stop(self) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._send_while_alone()
            except (SQLAlchemyError, UserError):
                logger.warning("demo traffic interrupted", exc_info=True)
            self._ended.wait(5)

    def _send_while_alone(self) -> None:
        with self._runtime.job_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            try:
                if not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
                    return
                with self._runtime.transaction() as session:
                    company = company_of(session)
                if company is not None:
                    self._send(Sender(self._runtime, company, self._runtime.clock.now()), connection)
            finally:
                connection.invalidate()  # closing the connection gives the lock back

    def _send(self, sender: "Sender", lock: Connection) -> None:
        while not self._ended.wait(EVERY.total_seconds()):
            lock.execute(text("SELECT 1"))  # raises when the connection, and so the lock, is gone
            sender.tick(self._runtime.clock.now())


def start_live(runtime: Runtime) -> Live:
    """Start the live traffic of a demo; without MC_DEMO it does nothing."""
    return Live(runtime).start()


@dataclass(slots=True)
class Moments:
    """Until when each kind of event has been sent."""

    predictions: datetime
    measurements: datetime
    outcomes: datetime


class Sender:
    """Sends what has happened since it was last asked."""

    def __init__(self, runtime: Runtime, company: Company, now: datetime) -> None:
        self.runtime, self.company, self.started = runtime, company, now
        self.sent = Moments(now, now, now)
        self._agenda_until = now
        self._agenda: Sequence[Traffic] = ()
        self._day = lru_cache(maxsize=12)(company.day)

    def tick(self, now: datetime) -> int:
        """Send everything that happened until now; return how many predictions that were."""
        if now - self.sent.predictions > LONGEST_GAP:
            self.sent.predictions = self.sent.measurements = now - EVERY
        count = self._send_predictions(now)
        if now - self.sent.measurements >= machines.LIVE_EVERY:
            self._send_measurements(now)
        if now - self.sent.outcomes >= TOLD_EVERY:
            self._send_outcomes(now)
        return count

    def _send_predictions(self, now: datetime) -> int:
        window = Window(self.sent.predictions, now)
        predictions = [item for name in self.company.worlds for item in self._traffic(name, window).predictions()]
        if predictions:
            with self.runtime.ingest_transaction() as session:
                accept_predictions(session, predictions, now=now)
        self.sent.predictions = now
        return len(predictions)

    def _traffic(self, name: str, window: Window) -> Traffic:
        """Return what happened to the model in the window, under the incident of the hour."""
        days = sorted({floor_to(window.start, DAY), floor_to(window.end, DAY)})
        whole = joined([self._between(name, day, window, stream) for day in days for stream in Stream])
        rng = np.random.default_rng([self.company.seed, microseconds(window.start)])
        happening = acts(LIVE, name, self._hour(window.end))
        latencies, errors, _ = self.company.served(name, whole.at, happening, rng=rng)
        return replace(whole, latencies_ms=latencies, errors=errors)

    def _between(self, name: str, day: datetime, window: Window, stream: Stream) -> Traffic:
        traffic = self._day(name, day, stream=stream)
        first, last = np.searchsorted(traffic.at, [microseconds(window.start), microseconds(window.end)])
        return traffic.rows(np.arange(first, last))

    def _send_measurements(self, now: datetime) -> None:
        at = machines.grid(Window(self.sent.measurements, now), machines.LIVE_EVERY)
        measured = self.company.measurements(at, acts(LIVE, "", self._hour(now)))
        with self.runtime.ingest_transaction() as session:
            accept_measurements(session, measured, now=now)
        self.sent.measurements = now

    def _send_outcomes(self, now: datetime) -> None:
        """Tell what became due; what will be due in the next hour is looked up once."""
        if now >= self._agenda_until:
            window = Window(self.sent.outcomes, now + AGENDA)
            self._agenda = [history.due(self.company, name, window) for name in self.company.worlds]
            self._agenda_until = window.end
        for traffic in self._agenda:
            told = (traffic.told_at >= microseconds(self.sent.outcomes)) & (traffic.told_at < microseconds(now))
            if told.any():
                history.tell(self.runtime, traffic.rows(np.flatnonzero(told)), now=now)
        self.sent.outcomes = now

    def _hour(self, now: datetime) -> datetime:
        """Return what the live script is counted from: it begins with the traffic and repeats."""
        return self.started + (now - self.started) // LIVE_EVERY * LIVE_EVERY
