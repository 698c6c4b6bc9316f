"""Maintenance windows that come again: days of the week, a time of day and a length, in the clock of a place.

The clock of the place rules. A window begins when the clock shows its start for the first time that day; where the
clock jumps over it, at the jump. One with an end is over when the clock first shows its end after that, one with a
length after so much time, whatever the clock does meanwhile.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from webapp.core.errors import InvalidInputError
from webapp.core.periods import DAY, HOUR, MINUTE, Window

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LONGEST = 24 * HOUR
JOINED = 60  # windows that touch are read as one, up to so many


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Exactly one of `end` and `duration` is given; an end not after the start is one of the next day."""

    days: frozenset[int]  # Monday is 0
    start: time
    zone: str
    first: date
    last: date | None = None
    end: time | None = None
    duration: timedelta | None = None

    def __post_init__(self) -> None:
        if not self.days or not self.days <= set(range(7)):
            raise InvalidInputError("Choose at least one day of the week.")
        if (self.end is None) == (self.duration is None):
            raise InvalidInputError("Say either when a window ends or how long it lasts.")
        if self.duration is not None and not MINUTE <= self.duration <= LONGEST:
            raise InvalidInputError("A window lasts from one minute to 24 hours; for longer, choose more days.")
        if self.last is not None and self.last < self.first:
            raise InvalidInputError(f"The last day, {self.last}, is before the first, {self.first}.")
        _zone(self.zone)


def window_of(recurrence: Recurrence, day: date) -> Window | None:
    """Return the window that begins on this day of the calendar, if one does."""
    is_after = recurrence.last is not None and day > recurrence.last
    if day < recurrence.first or is_after or day.weekday() not in recurrence.days:
        return None
    zone = _zone(recurrence.zone)
    start = first_shown(datetime.combine(day, recurrence.start), zone)
    if recurrence.duration is not None:
        return Window(start, start + recurrence.duration)
    assert recurrence.end is not None
    ends_on = day if recurrence.end > recurrence.start else day + DAY
    end = first_shown(datetime.combine(ends_on, recurrence.end), zone)
    # A window that lies within the hour that the clock jumps over does not take place.
    return Window(start, end) if end > start else None


def windows(recurrence: Recurrence, within: Window) -> Iterator[Window]:
    """Return the windows that lie in the stretch of time, or reach into it, by their start."""
    day = within.start.astimezone(_zone(recurrence.zone)).date() - 2 * DAY
    day = max(day, recurrence.first)
    until = within.end.astimezone(_zone(recurrence.zone)).date()
    if recurrence.last is not None:
        until = min(until, recurrence.last)
    while day <= until:
        found = window_of(recurrence, day)
        if found is not None and found.start < within.end and found.end > within.start:
            yield found
        day += DAY


def current(recurrence: Recurrence, now: datetime) -> Window | None:
    """Return the window that is on, together with those that follow it without a gap."""
    found = [each for each in windows(recurrence, Window(now, now + MINUTE)) if now in each]
    if not found:
        return None
    start, end = min(each.start for each in found), max(each.end for each in found)
    for _ in range(JOINED):
        following = [each for each in windows(recurrence, Window(end, end + MINUTE)) if end in each]
        if not following:
            break
        end = max(each.end for each in following)
    return Window(start, end)


def following(recurrence: Recurrence, now: datetime, *, count: int = 1) -> list[Window]:
    """Return the next windows that begin after the instant."""
    found: list[Window] = []
    day = max(now.astimezone(_zone(recurrence.zone)).date(), recurrence.first)
    # Three weeks without a window are the end of them: a day of the week may fall into a jump once.
    for _ in range(7 * (count + 2)):
        each = window_of(recurrence, day)
        if each is not None and each.start > now:
            found.append(each)
        if len(found) == count:
            break
        day += DAY
    return found


def ends_at(recurrence: Recurrence) -> datetime | None:
    """Return when the last window is over; nothing where they go on for good."""
    if recurrence.last is None:
        return None
    day = recurrence.last
    while day >= recurrence.first:
        found = window_of(recurrence, day)
        if found is not None:
            return found.end
        day -= DAY
    raise InvalidInputError("No day from the first to the last is one of the days of the week that you chose.")


def starts_at(recurrence: Recurrence) -> datetime:
    """Return when the first window begins."""
    for ahead in range(21):
        found = window_of(recurrence, recurrence.first + ahead * DAY)
        if found is not None:
            return found.start
    raise InvalidInputError("No window would ever begin; look at the days and times.")


def in_words(recurrence: Recurrence) -> str:
    """Return `Mon, Wed 22:00–02:00 Europe/Berlin`."""
    if len(recurrence.days) == 7:
        days = "Every day"
    elif recurrence.days == frozenset(range(5)):
        days = "Mon to Fri"
    else:
        days = ", ".join(DAY_NAMES[each][:3] for each in sorted(recurrence.days))
    if recurrence.end is not None:
        hours = f"{recurrence.start:%H:%M}–{recurrence.end:%H:%M}"
    else:
        assert recurrence.duration is not None
        hours = f"{recurrence.start:%H:%M} for {_length(recurrence.duration)}"
    until = "" if recurrence.last is None else f", until {recurrence.last:%-d %b %Y}"
    return f"{days} {hours} {recurrence.zone}{until}"


def first_shown(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant at which the clock of the zone shows this time, or a later one by a jump over it."""
    earlier, later = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if earlier <= later:  # Once, or twice where the clock is put back: the first counts.
        return earlier
    # The clock jumps over it. `later` is what the time would be by the new offset, and lies before the jump.
    before, after = later, earlier
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        middle = middle.replace(microsecond=0)
        if middle <= before:
            break
        if middle.astimezone(zone).replace(tzinfo=None) >= local:
            after = middle
        else:
            before = middle
    return after


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InvalidInputError(f"'{name[:60]}' is not a time zone; write it like Europe/Berlin.") from None


def _length(duration: timedelta) -> str:
    minutes = int(duration.total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    return " ".join(filter(None, (f"{hours} h" if hours else "", f"{rest} min" if rest else "")))
