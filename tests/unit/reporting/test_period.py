"""The month of a report."""

from datetime import UTC, datetime, timedelta

import pytest

from webapp.core.errors import InvalidInputError
from webapp.reporting.period import months_up_to, period_of


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_finished_month_is_whole_and_compared_with_the_one_before():
    period = period_of("2026-03", now=at("2026-04-02T08:00"))

    assert period.is_final
    assert (period.window.start, period.window.end) == (at("2026-03-01"), at("2026-04-01"))
    assert (period.previous.start, period.previous.end) == (at("2026-02-01"), at("2026-03-01"))
    assert period.badge == "Whole month"


def test_the_month_in_progress_says_so_and_is_compared_with_the_same_days():
    period = period_of("2026-04", now=at("2026-04-22T12:00"))

    assert not period.is_final
    assert period.badge == "Month to date, 22 of 30 days"
    assert period.window.end == at("2026-04-22T12:00")
    assert period.previous.end == at("2026-03-22T12:00")
    assert period.comparison == "the same days of March 2026"


def test_days_that_the_former_month_did_not_have_are_compared_with_all_of_it():
    period = period_of("2026-03", now=at("2026-03-30T12:00"))

    assert (period.previous.start, period.previous.end) == (at("2026-02-01"), at("2026-03-01"))


def test_january_is_compared_with_december():
    period = period_of("2026-01", now=at("2026-01-05T06:00"))

    assert (period.previous.start, period.previous.end) == (at("2025-12-01"), at("2025-12-05T06:00"))


def test_a_leap_february_ends_on_its_29th():
    assert period_of("2028-02", now=at("2028-03-01T00:00")).days == 29


@pytest.mark.parametrize(("month", "minutes"), [("2026-03", 44_580), ("2026-10", 44_700)])
def test_a_month_in_lisbon_has_the_minutes_that_its_clock_changes_leave(month, minutes):
    period = period_of(month, now=at("2027-01-01"), zone="Europe/Lisbon")

    assert period.window.duration == timedelta(minutes=minutes)


def test_a_month_that_has_not_begun_is_refused():
    with pytest.raises(InvalidInputError, match="May 2026 has not begun yet"):
        period_of("2026-05", now=at("2026-04-30T23:59"))


@pytest.mark.parametrize("text", ["2026-13", "march", "", "2026-03-01"])
def test_what_is_no_month_is_a_sentence(text):
    with pytest.raises(InvalidInputError, match="not a month"):
        period_of(text, now=at("2026-04-30"))


def test_six_months_end_with_the_one_asked_for():
    period = period_of("2026-02", now=at("2026-04-01"))

    months = months_up_to(period.month, 6, "UTC")

    assert [month.start.month for month in months] == [9, 10, 11, 12, 1, 2]
