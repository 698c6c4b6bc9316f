"""Tiles cover a window exactly once, with whole buckets, and in as few as can be."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import NOW
from webapp.core.periods import DAY, HOUR, MINUTE, Window, floor_to
from webapp.telemetry.rows import Grain
from webapp.telemetry.tiles import MINUTES_READABLE, Tile, bucket_of, cover, snap, stepped

AGES = st.one_of(
    st.timedeltas(timedelta(), timedelta(days=900)),
    st.timedeltas(timedelta(), timedelta(days=3)),
    st.sampled_from([timedelta(), MINUTE, HOUR, DAY, MINUTES_READABLE, timedelta(days=31), timedelta(days=365)]),
)
NOWS = st.timedeltas(timedelta(), timedelta(days=40)).map(lambda later: NOW + later)
WINDOWS = st.tuples(AGES, AGES).map(lambda ages: Window(NOW - max(ages), NOW - min(ages)))
STEPS = st.sampled_from([MINUTE, MINUTE * 5, MINUTE * 90, HOUR, HOUR * 6, DAY, DAY * 7])


def assert_covers_once(tiles: list[Tile], window: Window) -> None:
    at = window.start
    for tile in tiles:
        assert tile.start == at < tile.end
        assert bucket_of(tile.start, tile.grain) == tile.start
        assert bucket_of(tile.end, tile.grain) == tile.end
        at = tile.end
    assert at == window.end


@given(WINDOWS, NOWS)
def test_a_window_is_covered_exactly_once_by_whole_buckets(window: Window, now: object) -> None:
    snapped = snap(window, now=NOW)

    assert_covers_once(cover(snapped), snapped)


@given(WINDOWS)
def test_snapping_widens_by_less_than_a_bucket(window: Window) -> None:
    snapped = snap(window, now=NOW)

    for wide, narrow, widened in (
        (snapped.start, window.start, window.start - snapped.start),
        (snapped.end, window.end, snapped.end - window.end),
    ):
        grain = MINUTE if narrow >= NOW - MINUTES_READABLE else HOUR
        assert timedelta() <= widened < grain
        assert floor_to(wide, grain) == wide
    assert snap(snapped, now=NOW) == snapped


@given(WINDOWS)
def test_minutes_are_only_read_where_they_are_kept(window: Window) -> None:
    for tile in cover(snap(window, now=NOW)):
        if tile.grain is Grain.MINUTE:
            assert tile.start >= NOW - MINUTES_READABLE - HOUR


@given(WINDOWS)
def test_a_year_takes_few_tiles(window: Window) -> None:
    assert len(cover(snap(window, now=NOW))) <= 7


@given(WINDOWS, STEPS)
def test_steps_are_covered_once_and_no_bucket_reaches_over_a_step(window: Window, step: timedelta) -> None:
    snapped = snap(window, now=NOW)

    tiles = stepped(snapped, step, now=NOW)

    assert_covers_once(tiles, snapped)
    if step % HOUR == timedelta() or snapped.start >= NOW - MINUTES_READABLE:
        size = {Grain.MINUTE: MINUTE, Grain.HOUR: HOUR, Grain.DAY: DAY}
        for tile in tiles:
            assert step % size[tile.grain] == timedelta() or tile.end - tile.start <= size[tile.grain]
            assert (tile.start - snapped.start) % step % size[tile.grain] == timedelta()


def test_months_days_hours_and_minutes_meet_in_the_middle() -> None:
    window = Window(NOW.replace(month=1, day=30, hour=22), NOW + timedelta(minutes=7))

    tiles = cover(window)

    assert [tile.grain for tile in tiles] == [Grain.HOUR, Grain.DAY, Grain.MONTH, Grain.DAY, Grain.HOUR, Grain.MINUTE]


def test_an_empty_window_has_no_tiles() -> None:
    assert cover(Window(NOW, NOW)) == []
    assert stepped(Window(NOW, NOW), HOUR, now=NOW) == []
