"""A door that lets so many requests of a kind through at once that the others still find a thread."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from webapp.core.errors import UnavailableError

BUSY = "Too many events are arriving at once. Nothing of this request was stored; send it again."
MOST_AT_ONCE = 6  # as many as the connections that a burst of events may hold (runtime.ingest_engine)


@dataclass(frozen=True, slots=True)
class Door:
    """How many requests are worked on at once, and how many may wait: the others are asked to come back.

    A burst of events therefore never takes all threads, and people go on acknowledging alerts.
    """

    at_once: int
    waiting: int
    patience_seconds: float = 2.0
    _inside: threading.BoundedSemaphore = field(init=False)
    _at_work: threading.BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_inside", threading.BoundedSemaphore(self.at_once + self.waiting))
        object.__setattr__(self, "_at_work", threading.BoundedSemaphore(self.at_once))

    @classmethod
    def for_threads(cls, count: int) -> "Door":
        """Return a door that takes half of the threads at most."""
        return cls(at_once=min(max(count // 4, 1), MOST_AT_ONCE), waiting=count // 4)

    @contextmanager
    def passage(self) -> Iterator[None]:
        """Let one request through, or say when to come back."""
        if not self._inside.acquire(blocking=False):
            raise UnavailableError(BUSY, retry_after_seconds=1)
        try:
            if not self._at_work.acquire(timeout=self.patience_seconds):
                raise UnavailableError(BUSY, retry_after_seconds=2)
            try:
                yield
            finally:
                self._at_work.release()
        finally:
            self._inside.release()
