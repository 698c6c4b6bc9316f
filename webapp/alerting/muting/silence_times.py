"""When a silence is on: once from a start to an end, or in windows that come again. Asks nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from webapp.alerting.muting import recurrence
from webapp.alerting.muting.recurrence import DAY_NAMES, Recurrence
from webapp.core.errors import InvalidInputError
from webapp.core.periods import EARLIEST, LATEST, Window

DAYS = tuple(name[:3].lower() for name in DAY_NAMES)


class State(StrEnum):
    ACTIVE = "active"  # it mutes right now
    PENDING = "pending"  # it will
    ENDED = "ended"  # never again


@dataclass(frozen=True, slots=True)
class Times:
    """`ends_at` is when it is over for good; `ended_at`, when somebody ended it before."""

    starts_at: datetime
    ends_at: datetime | None
    recurrence: Recurrence | None = None
    ended_at: datetime | None = None

    def window(self, now: datetime) -> Window | None:
        """Return the stretch of time around the instant in which it is on; nothing while it is not."""
        if now < self.starts_at or self._is_over(now):
            return None
        if self.recurrence is not None:
            return recurrence.current(self.recurrence, now)
        assert self.ends_at is not None
        return Window(self.starts_at, self.ends_at)

    def was_on(self, at: datetime) -> bool:
        """Say whether it was on at an instant of the past, whatever became of it since."""
        if self.ended_at is not None and at >= self.ended_at:
            return False
        return self.window(at) is not None

    def state(self, now: datetime) -> State:
        if self._is_over(now):
            return State.ENDED
        return State.PENDING if self.window(now) is None else State.ACTIVE

    def upcoming(self, now: datetime, *, count: int = 1) -> list[Window]:
        """Return the next windows that begin after the instant."""
        if self._is_over(now):
            return []
        if self.recurrence is not None:
            return recurrence.following(self.recurrence, max(now, self.starts_at - timedelta(seconds=1)), count=count)
        assert self.ends_at is not None
        return [Window(self.starts_at, self.ends_at)] if self.starts_at > now else []

    def next_change(self, now: datetime) -> datetime | None:
        """Return when it goes on or off next; nothing once it is over."""
        on = self.window(now)
        if on is not None:
            return on.end
        upcoming = self.upcoming(now)
        return upcoming[0].start if upcoming else None

    def _is_over(self, now: datetime) -> bool:
        over = [each for each in (self.ends_at, self.ended_at) if each is not None]
        return bool(over) and min(over) <= now


def plain(found: Recurrence) -> dict[str, Any]:
    """Return a recurrence as it is stored, and as the API speaks of it."""
    return {
        "days": [DAYS[each] for each in sorted(found.days)],
        "start": f"{found.start:%H:%M}",
        "end": None if found.end is None else f"{found.end:%H:%M}",
        "duration_minutes": None if found.duration is None else int(found.duration.total_seconds()) // 60,
        "zone": found.zone,
        "first": found.first.isoformat(),
        "last": None if found.last is None else found.last.isoformat(),
    }


def read(given: Mapping[str, Any]) -> Recurrence:
    """Return a recurrence from what `plain` makes of one, or say what is wrong with it."""
    strange = next((each for each in given["days"] if each not in DAYS), None)
    if strange is not None:
        raise InvalidInputError(f"'{str(strange)[:20]}' is not a day; the days are {', '.join(DAYS)}.")
    minutes, end, last = given.get("duration_minutes"), given.get("end"), given.get("last")
    return Recurrence(
        days=frozenset(DAYS.index(each) for each in given["days"]),
        start=_time(given["start"]),
        zone=given["zone"],
        first=_day(given["first"]),
        last=_day(last) if last else None,
        end=_time(end) if end else None,
        duration=None if minutes is None else timedelta(minutes=minutes),
    )


def _time(text: str) -> time:
    try:
        found = time.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None:
        raise InvalidInputError(f"'{text[:20]}' is not a time of day; write it like 22:30.")
    return found.replace(second=0, microsecond=0)


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        found = date.min
    if not EARLIEST.date() <= found < LATEST.date():
        raise InvalidInputError(f"'{text[:20]}' is not a day; write it like 2026-03-10.")
    return found
