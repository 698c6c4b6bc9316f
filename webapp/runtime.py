"""What a running process holds: settings, engines, the clock; and the one way to open a transaction."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from webapp.core.clock import Clock, SystemClock
from webapp.db.base import make_engine
from webapp.settings import MINIMUM_COVERAGE, Settings

STOPPED = text("SET LOCAL idle_in_transaction_session_timeout = '10s'")


@dataclass(frozen=True, slots=True)
class Runtime:
    """One process's means. Ingest and jobs have pools of their own, so that acknowledging works in a burst."""

    settings: Settings
    engine: Engine
    ingest_engine: Engine
    job_engine: Engine
    clock: Clock
    fence: Callable[[Session], None] | None = None  # asked first in each transaction of a job: may it still be done?

    @classmethod
    def build(cls, settings: Settings, *, clock: Clock | None = None) -> "Runtime":
        if not settings.database_url:
            raise ValueError("Runtime.build needs a database_url: start the embedded server first")
        url = settings.database_url
        return cls(
            settings=settings,
            engine=make_engine(url, pool_size=10),
            ingest_engine=make_engine(
                url,
                pool_size=6,
                statement_timeout_seconds=20,
                application_name="mc-ingest",
            ),
            job_engine=make_engine(url, pool_size=4, statement_timeout_seconds=30, application_name="mc-worker"),
            clock=clock or SystemClock(),
        )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a session for a person's request; leaving the block commits, an exception rolls back."""
        with self._session(self.engine) as session, session.begin():
            yield session

    @contextmanager
    def ingest_transaction(self) -> Iterator[Session]:
        with self._session(self.ingest_engine) as session, session.begin():
            yield session

    @contextmanager
    def job_transaction(self, *, others_wait: bool = False) -> Iterator[Session]:
        """Open a session for a job. Where others wait for what it locks, they do not wait long for a stopped process.

        The database ends its transaction then, though not that of one that is only slow on a busy machine.
        """
        with self._session(self.job_engine) as session, session.begin():
            if self.fence is not None:
                self.fence(session)
            if others_wait:
                session.execute(STOPPED)
            yield session

    def fenced(self, fence: Callable[[Session], None]) -> "Runtime":
        """Return the same means for one run of a job, which is refused once somebody else has taken it over."""
        return replace(self, fence=fence)

    def _session(self, engine: Engine) -> Session:
        """What is the same for everybody who reads metrics goes along with the session."""
        return Session(engine, expire_on_commit=False, info={MINIMUM_COVERAGE: self.settings.minimum_coverage})

    def dispose(self) -> None:
        for engine in (self.engine, self.ingest_engine, self.job_engine):
            engine.dispose()
