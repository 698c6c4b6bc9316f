"""The one place that asks what time it is; everything else is told."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(slots=True)
class StandingClock:
    """A clock that moves only when told: for tests and for replaying a job at an instant."""

    at: datetime

    def now(self) -> datetime:
        return self.at
