"""Which rollups cover a window: months, days and hours in the middle, minutes at the edges. Pure.

Minutes are kept for two days only; an older edge is widened to the hour.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.core.periods import DAY, HOUR, MINUTE, Window, floor_to
from webapp.telemetry.rows import Grain

MINUTES_READABLE = timedelta(hours=48)
_STEP = {Grain.MINUTE: MINUTE, Grain.HOUR: HOUR, Grain.DAY: DAY}


@dataclass(frozen=True, slots=True)
class Tile:
    """The buckets of one grain from `start` (included) to `end` (excluded)."""

    grain: Grain
    start: datetime
    end: datetime


def snap(window: Window, *, now: datetime) -> Window:
    """Widen the window to whole minutes, or to whole hours where minutes are no longer kept."""
    return Window(_floor(window.start, now), _ceil(window.end, now))


def cover(window: Window) -> list[Tile]:
    """Return tiles that cover a snapped window exactly, each bucket once, with the fewest buckets."""
    return list(_cover(window, [Grain.MONTH, Grain.DAY, Grain.HOUR, Grain.MINUTE]))


def stepped(window: Window, step: timedelta, *, now: datetime) -> list[Tile]:
    """Return tiles that cover a snapped window exactly, none of which reaches over the end of a step.

    Where minutes are no longer kept, a step that is not a multiple of the hour counts the hours that begin in it.
    """
    tiles: list[Tile] = []
    at = window.start
    for grain in (Grain.DAY, Grain.HOUR):
        size = _STEP[grain]
        if step % size == timedelta(0) and floor_to(at, size) == at and at < floor_to(window.end, size):
            tiles.append(Tile(grain, at, floor_to(window.end, size)))
            at = tiles[-1].end
    kept_from = floor_to(now - MINUTES_READABLE, HOUR)
    if at < min(kept_from, window.end):
        tiles.append(Tile(Grain.HOUR, at, min(kept_from, window.end)))
        at = tiles[-1].end
    return [*tiles, Tile(Grain.MINUTE, at, window.end)] if at < window.end else tiles


def bucket_of(at: datetime, grain: Grain) -> datetime:
    if grain is Grain.MONTH:
        return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return floor_to(at, _STEP[grain])


def _cover(window: Window, grains: list[Grain]) -> Iterator[Tile]:
    if window.start >= window.end:
        return
    grain, finer = grains[0], grains[1:]
    start, end = _next_edge(window.start, grain), bucket_of(window.end, grain)
    if start >= end:
        yield from _cover(window, finer)
        return
    yield from _cover(Window(window.start, start), finer)
    yield Tile(grain, start, end)
    yield from _cover(Window(end, window.end), finer)


def _next_edge(at: datetime, grain: Grain) -> datetime:
    bucket = bucket_of(at, grain)
    if bucket == at:
        return at
    return bucket_of(bucket + timedelta(days=32), grain) if grain is Grain.MONTH else bucket + _STEP[grain]


def _floor(at: datetime, now: datetime) -> datetime:
    return floor_to(at, MINUTE if at >= now - MINUTES_READABLE else HOUR)


def _ceil(at: datetime, now: datetime) -> datetime:
    return _ceil_to(at, MINUTE if at >= now - MINUTES_READABLE else HOUR)


def _ceil_to(at: datetime, step: timedelta) -> datetime:
    floor = floor_to(at, step)
    return floor if floor == at else floor + step
