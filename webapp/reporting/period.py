"""The month a report is about: as far as it has gone, and what it is compared with."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from webapp.core import formatting
from webapp.core.errors import InvalidInputError
from webapp.core.periods import Window, parse_month


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """A calendar month in a zone. `window` ends with the month or, while that lasts, with the data there is."""

    month: Window
    window: Window
    previous: Window
    zone: str

    @property
    def is_final(self) -> bool:
        return self.window.end == self.month.end

    @property
    def key(self) -> str:
        """Return the month as it is asked for: 2026-03."""
        return f"{self._local(self.month.start):%Y-%m}"

    @property
    def label(self) -> str:
        return formatting.month(self.month.start, self.zone)

    @property
    def short(self) -> str:
        """Return the month as it stands over a column: Mar 2026."""
        return f"{self._local(self.month.start):%b %Y}"

    @property
    def days(self) -> int:
        return (self._local(self.month.end).date() - self._local(self.month.start).date()).days

    @property
    def days_so_far(self) -> int:
        """Return how many days of the month have begun."""
        if self.is_final:
            return self.days
        return self._local(self.window.end).day

    @property
    def badge(self) -> str:
        return "Whole month" if self.is_final else f"Month to date, {self.days_so_far} of {self.days} days"

    @property
    def comparison(self) -> str:
        former = formatting.month(self.previous.start, self.zone)
        if self.is_final:
            return former
        return f"the same days of {former}"

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.zone))


def period_of(text: str, *, now: datetime, zone: str = "UTC") -> ReportPeriod:
    """Read `2026-03` as a report's month; a month that has not begun has nothing to report."""
    month = parse_month(text, ZoneInfo(zone))
    if month.start >= now:
        raise InvalidInputError(f"{formatting.month(month.start, zone)} has not begun yet; choose a month up to now.")
    former = month_before(month, zone)
    if now >= month.end:
        return ReportPeriod(month, month, former, zone)
    return ReportPeriod(month, Window(month.start, now), _same_days(month, former, now, zone), zone)


def month_of(at: datetime, zone: str) -> str:
    """Return the month that an instant lies in, as it is asked for: 2026-03."""
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m}"


def month_before(month: Window, zone: str) -> Window:
    start = month.start.astimezone(ZoneInfo(zone))
    index = start.year * 12 + start.month - 2
    return parse_month(f"{index // 12:04d}-{index % 12 + 1:02d}", ZoneInfo(zone))


def months_up_to(month: Window, count: int, zone: str) -> tuple[Window, ...]:
    """Return so many calendar months, the given one last."""
    found = [month]
    while len(found) < count:
        found.append(month_before(found[-1], zone))
    return tuple(reversed(found))


def _same_days(month: Window, former: Window, now: datetime, zone: str) -> Window:
    """Return the former month up to the same day and time of day; a shorter one ends with its last day."""
    there = ZoneInfo(zone)
    local_now, start = now.astimezone(there), former.start.astimezone(there)
    last_day = (former.end.astimezone(there).date() - start.date()).days
    if local_now.day > last_day:
        return former
    end = local_now.replace(year=start.year, month=start.month)
    return Window(former.start, min(end.astimezone(former.end.tzinfo), former.end))
