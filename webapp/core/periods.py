"""Windows of time: half-open, aware, in UTC, with the calendar's months and days in a zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.core.errors import InvalidInputError

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
_MICROSECOND = timedelta(microseconds=1)
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """The instants from `start` (included) to `end` (excluded)."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise InvalidInputError(
                f"The window ends ({self.end:%Y-%m-%d %H:%M}) before it starts ({self.start:%Y-%m-%d %H:%M})."
            )

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def previous(self) -> "Window":
        """Return the window of the same length just before this one."""
        return Window(self.start - self.duration, self.start)

    def steps(self, step: timedelta) -> Iterator["Window"]:
        """Yield consecutive windows of one step; the last one is cut at the end."""
        at = self.start
        while at < self.end:
            yield Window(at, min(at + step, self.end))
            at += step


def trailing(now: datetime, duration: timedelta) -> Window:
    return Window(now - duration, now)


def utc_instant(at: datetime, name: str) -> datetime:
    """Return the instant in UTC; one at the ends of the calendar, where no event is, is refused."""
    try:
        instant = at.astimezone(UTC)
    except OverflowError:
        instant = datetime.min.replace(tzinfo=UTC)
    if not EARLIEST <= instant < LATEST:
        raise InvalidInputError(
            f"{name} is in the year {at.year}; choose one from {EARLIEST.year} to {LATEST.year - 1}."
        )
    return instant


def microseconds(at: datetime) -> int:
    """Return the microseconds from 1970 to the instant: what columns of instants are counted in."""
    return (at - EARLIEST) // _MICROSECOND


def floor_to(at: datetime, step: timedelta) -> datetime:
    """Return the last multiple of the step (counted from the epoch, UTC) that is not after the instant."""
    seconds = int(step.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)


def month(year: int, number: int, zone: ZoneInfo | None = None) -> Window:
    """Return the calendar month in the zone (UTC unless given) as instants."""
    zone = zone or ZoneInfo("UTC")
    start = datetime(year, number, 1, tzinfo=zone)
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    return Window(start.astimezone(UTC), end.astimezone(UTC))


def parse_month(text: str, zone: ZoneInfo | None = None) -> Window:
    """Read `2026-03` as that calendar month."""
    try:
        year, number = (int(part) for part in text.split("-"))
        return month(year, number, zone)
    except (ValueError, OverflowError):
        raise InvalidInputError(f"'{text}' is not a month; write it like 2026-03.") from None


def day(on: date, zone: ZoneInfo | None = None) -> Window:
    """Return the calendar day in the zone (23 to 25 hours where the clock changes) as instants."""
    zone = zone or ZoneInfo("UTC")
    following = on + timedelta(days=1)
    start = datetime(on.year, on.month, on.day, tzinfo=zone)
    end = datetime(following.year, following.month, following.day, tzinfo=zone)
    return Window(start.astimezone(UTC), end.astimezone(UTC))
