"""Windows are half-open, months and days are the calendar's, and what is no month is a sentence."""

import itertools
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.errors import InvalidInputError
from webapp.core.periods import DAY, HOUR, MINUTE, Window, day, floor_to, month, parse_month, trailing, utc_instant

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def test_a_window_holds_its_start_and_not_its_end() -> None:
    window = Window(NOON, NOON + HOUR)

    assert NOON in window
    assert NOON + HOUR not in window
    assert window.previous() == Window(NOON - HOUR, NOON)
    assert trailing(NOON, HOUR) == window.previous()
    assert window.duration == HOUR


@pytest.mark.parametrize(
    "at",
    [
        datetime.min.replace(tzinfo=timezone(14 * HOUR)),
        datetime(1969, 12, 31, 23, tzinfo=UTC),
        datetime(2200, 1, 1, tzinfo=UTC),
        datetime.max.replace(tzinfo=timezone(-14 * HOUR)),
    ],
)
def test_an_instant_at_the_end_of_the_calendar_is_refused(at: datetime) -> None:
    with pytest.raises(
        InvalidInputError, match=f"The first day is in the year {at.year}; choose one from 1970 to 2199"
    ):
        utc_instant(at, "The first day")

    assert utc_instant(NOON.astimezone(PARIS), "The first day") == NOON


def test_a_window_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="before it starts"):
        Window(NOON, NOON - MINUTE)


@given(st.timedeltas(MINUTE, 3 * DAY), st.sampled_from([MINUTE * 30, HOUR, DAY]))
def test_steps_cover_a_window_without_gap_or_overlap(duration: timedelta, step: timedelta) -> None:
    window = Window(NOON, NOON + duration)

    parts = list(window.steps(step))

    assert parts[0].start == window.start
    assert parts[-1].end == window.end
    assert all(before.end == after.start for before, after in itertools.pairwise(parts))
    assert all(part.duration == step for part in parts[:-1])


@given(st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_floors_are_the_last_multiple(at: datetime) -> None:
    for step in (MINUTE, HOUR, DAY):
        floor = floor_to(at, step)
        assert floor <= at < floor + step
    assert floor_to(at, DAY) == at.replace(hour=0, minute=0, second=0, microsecond=0)


def test_days_are_as_long_as_the_clock_makes_them() -> None:
    assert day(date(2026, 3, 29), PARIS).duration == timedelta(hours=23)
    assert day(date(2026, 10, 25), PARIS).duration == timedelta(hours=25)
    assert day(date(2026, 3, 10)) == Window(floor_to(NOON, DAY), floor_to(NOON, DAY) + DAY)


def test_months_are_the_calendars_in_their_zone() -> None:
    assert month(2026, 2).duration == timedelta(days=28)
    assert month(2026, 12).end == datetime(2027, 1, 1, tzinfo=UTC)
    assert parse_month("2026-03", PARIS) == Window(
        datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC)
    )


@pytest.mark.parametrize("text", ["", "March", "2026", "2026-13", "2026-00", "2026-03-01", "-5", "9999-12", "0001-01"])
def test_what_is_no_month_is_a_sentence(text: str) -> None:
    with pytest.raises(InvalidInputError, match="write it like 2026-03"):
        parse_month(text, PARIS)
