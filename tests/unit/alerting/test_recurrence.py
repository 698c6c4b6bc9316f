"""Windows that come again: by the clock of a place, over changes of the clock too."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.alerting.muting import recurrence
from webapp.alerting.muting.recurrence import Recurrence, current, following, window_of, windows
from webapp.core.errors import InvalidInputError
from webapp.core.periods import DAY, HOUR, MINUTE, Window

BERLIN = "Europe/Berlin"  # the clock jumps on 29 March 2026, and is put back on 25 October
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kolkata", "UTC"]
EVERY_DAY = frozenset(range(7))


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def nightly(start: str, *, end: str | None = None, minutes: int | None = None, zone: str = BERLIN) -> Recurrence:
    return Recurrence(
        days=EVERY_DAY,
        start=time.fromisoformat(start),
        zone=zone,
        first=date(2026, 1, 1),
        end=None if end is None else time.fromisoformat(end),
        duration=None if minutes is None else timedelta(minutes=minutes),
    )


any_recurrence = st.builds(
    lambda days, start, zone, length, has_end: Recurrence(
        days=days,
        start=start,
        zone=zone,
        first=date(2026, 1, 1),
        end=(datetime.combine(date(2026, 1, 1), start) + length).time() if has_end else None,
        duration=None if has_end else length,
    ),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    st.sampled_from(ZONES),
    st.integers(1, 24 * 60 - 1).map(lambda minutes: minutes * MINUTE),
    st.booleans(),
)
instants = st.integers(0, 700 * 24 * 60).map(lambda minutes: datetime(2026, 1, 20, tzinfo=UTC) + minutes * MINUTE)


def test_it_is_on_by_the_clock_of_the_place():
    office = Recurrence(frozenset(range(5)), time(9), BERLIN, date(2026, 3, 1), end=time(17, 30))

    assert current(office, at("2026-03-10T09:00", BERLIN)) == Window(
        at("2026-03-10T09:00", BERLIN), at("2026-03-10T17:30", BERLIN)
    )
    assert current(office, at("2026-03-10T17:30", BERLIN)) is None
    assert current(office, at("2026-03-14T12:00", BERLIN)) is None  # a Saturday
    assert current(office, at("2026-02-27T12:00", BERLIN)) is None  # before its first day


def test_it_goes_over_midnight_and_stays_with_the_day_it_began():
    nights = Recurrence(frozenset({4}), time(22), BERLIN, date(2026, 3, 1), date(2026, 3, 13), end=time(2))

    assert current(nights, at("2026-03-14T01:59", BERLIN)) is not None  # Saturday, since Friday
    assert current(nights, at("2026-03-14T22:30", BERLIN)) is None
    assert recurrence.ends_at(nights) == at("2026-03-14T02:00", BERLIN)
    assert following(nights, at("2026-03-14T03:00", BERLIN)) == []


@pytest.mark.parametrize(
    ("given_", "day", "expected"),
    [
        # The clock jumps from 02:00 to 03:00.
        (nightly("02:30", end="03:15"), date(2026, 3, 29), ("2026-03-29T01:00", "2026-03-29T01:15")),
        (nightly("02:30", minutes=60), date(2026, 3, 29), ("2026-03-29T01:00", "2026-03-29T02:00")),
        (nightly("01:00", end="04:00"), date(2026, 3, 29), ("2026-03-29T00:00", "2026-03-29T02:00")),
        (nightly("01:00", minutes=180), date(2026, 3, 29), ("2026-03-29T00:00", "2026-03-29T03:00")),
        (nightly("02:10", end="02:50"), date(2026, 3, 29), None),
        # It is put back from 03:00 to 02:00.
        (nightly("02:00", end="03:00"), date(2026, 10, 25), ("2026-10-25T00:00", "2026-10-25T02:00")),
        (nightly("02:00", minutes=60), date(2026, 10, 25), ("2026-10-25T00:00", "2026-10-25T01:00")),
        (nightly("02:00", end="02:30"), date(2026, 10, 25), ("2026-10-25T00:00", "2026-10-25T00:30")),
        # São Paulo had days without a midnight.
        (
            Recurrence(EVERY_DAY, time(0), "America/Sao_Paulo", date(2018, 1, 1), duration=HOUR),
            date(2018, 11, 4),
            ("2018-11-04T03:00", "2018-11-04T04:00"),
        ),
    ],
)
def test_changes_of_the_clock(given_, day, expected):
    found = window_of(given_, day)

    assert found == (None if expected is None else Window(at(expected[0]), at(expected[1])))


@given(any_recurrence, instants)
def test_it_is_on_exactly_within_its_windows(given_, now):
    around = list(windows(given_, Window(now - 3 * DAY, now + 3 * DAY)))
    found = current(given_, now)

    assert (found is not None) == any(now in each for each in around)
    if found is not None:
        assert now in found
        assert current(given_, found.end) is None
        assert current(given_, found.start - MINUTE) is None or any(
            each.start < found.start < each.end or each.end == found.start for each in around
        )


@given(any_recurrence, instants)
def test_windows_begin_when_the_clock_shows_their_start(given_, now):
    zone = ZoneInfo(given_.zone)
    for each in windows(given_, Window(now, now + 30 * DAY)):
        local = each.start.astimezone(zone)
        assert local.weekday() in given_.days
        shown = local.replace(tzinfo=None)
        wanted = datetime.combine(local.date(), given_.start)
        jumped = (each.start - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None) < wanted < shown
        assert shown == wanted or jumped
        if given_.duration is not None:
            assert each.duration == given_.duration
        elif not jumped:
            assert abs(each.duration - _by_the_clock(given_)) <= HOUR


@given(any_recurrence, instants)
def test_the_next_windows_are_those_that_begin_after_now(given_, now):
    found = following(given_, now, count=3)

    assert len(found) == 3
    assert [each.start for each in found] == sorted(each.start for each in found)
    assert found[0].start > now
    listed = [each for each in windows(given_, Window(now, found[-1].end)) if each.start > now]
    assert listed[:3] == found


def test_days_on_end_are_one_window():
    weekend = Recurrence(frozenset({5, 6}), time(0), BERLIN, date(2026, 1, 1), end=time(0))

    sunday = current(weekend, at("2026-03-29T12:00", BERLIN))
    assert sunday is not None
    assert sunday.end == at("2026-03-30T00:00", BERLIN)
    assert current(weekend, at("2026-03-28T12:00", BERLIN)) == Window(
        at("2026-03-28T00:00", BERLIN), at("2026-03-30T00:00", BERLIN)
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"days": frozenset()}, "at least one day"),
        ({"days": frozenset({7})}, "at least one day"),
        ({"zone": "Mars/Olympus"}, "'Mars/Olympus' is not a time zone"),
        ({"zone": "../etc/passwd"}, "is not a time zone"),
        ({"duration": 25 * HOUR}, "24 hours"),
        ({"duration": timedelta(0)}, "one minute"),
        ({"end": time(3)}, "either when a window ends or how long"),
        ({"duration": None}, "either when a window ends or how long"),
        ({"last": date(2025, 1, 1)}, "is before the first"),
    ],
)
def test_what_is_refused(fields, said):
    usual = {"days": EVERY_DAY, "start": time(2), "zone": BERLIN, "first": date(2026, 1, 1), "duration": HOUR}

    with pytest.raises(InvalidInputError) as refused:
        Recurrence(**{**usual, **fields})

    assert said in refused.value.message


def test_a_stretch_without_a_window_is_refused():
    with pytest.raises(InvalidInputError, match="No day from the first to the last"):
        recurrence.ends_at(
            Recurrence(frozenset({0}), time(2), BERLIN, date(2026, 3, 10), date(2026, 3, 12), duration=HOUR)
        )


def test_in_words():
    assert recurrence.in_words(nightly("22:00", end="02:00")) == "Every day 22:00–02:00 Europe/Berlin"
    given_ = Recurrence(frozenset({0, 2}), time(2), "UTC", date(2026, 1, 1), date(2026, 3, 1), duration=90 * MINUTE)
    assert recurrence.in_words(given_) == "Mon, Wed 02:00 for 1 h 30 min UTC, until 1 Mar 2026"


def _by_the_clock(given_: Recurrence) -> timedelta:
    assert given_.end is not None
    start, end = (datetime.combine(date(2026, 1, 1), each) for each in (given_.start, given_.end))
    return end - start if end > start else end - start + DAY
