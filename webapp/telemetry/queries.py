"""Reading counts back: any window, from rollups and the deltas not folded yet, in one snapshot."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from webapp.catalog.queries import binnings
from webapp.core.periods import HOUR, Window
from webapp.telemetry.aggregate import EMPTY, TALLY, Aggregate, Floats, tallies_of
from webapp.telemetry.decode import PARTS, Sum
from webapp.telemetry.rows import Grain
from webapp.telemetry.tiles import Tile, cover, snap, stepped

Slice = tuple[int, int]  # a version and a segment of its predictions, 0 for all
KEYS = 4  # columns of a row before its counts: version, segment, bucket, binning
EVERYTHING: Mapping[int, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Bucket:
    """An aggregate over one step that starts at `at`."""

    at: datetime
    aggregate: Aggregate


def totals(
    session: Session,
    groups: Mapping[int, Sequence[int]],
    window: Window,
    *,
    parts: frozenset[str] = frozenset(),
    now: datetime,
    segments: Mapping[int, int] = EVERYTHING,
) -> Mapping[int, Aggregate]:
    """Return one aggregate over the window for each group of version numbers, with the parts that are asked for.

    `parts` is a subset of PARTS; without any, only scalars are read, and PostgreSQL adds them up. `segments` says of
    groups which segment of their versions they are about; the others are about all predictions.
    """
    snapped = snap(window, now=now)
    tiles = cover(snapped)
    if not parts:
        sums = _scalars(session, groups, tiles, step=snapped.duration, count=1, segments=segments)[:, 0]
        return dict(zip(groups, map(Aggregate, tallies_of(sums)), strict=True))
    group_of = _group_of(groups, segments)
    rows = _rows(session, group_of, tiles, parts)
    summed = _summed(session, rows, parts, lambda row: group_of.get((row.version_id, row.segment_id)))
    return {group: summed.get(group, EMPTY) for group in groups}


def steps(
    session: Session,
    groups: Mapping[int, Sequence[int]],
    window: Window,
    step: timedelta,
    *,
    parts: frozenset[str] = frozenset(),
    now: datetime,
    segments: Mapping[int, int] = EVERYTHING,
) -> Mapping[int, Sequence[Bucket]]:
    """Return, for each group of version numbers, an aggregate a step of the window, empty steps included."""
    snapped = snap(window, now=now)
    starts = [part.start for part in snapped.steps(step)]
    if not parts:
        counted = tallies(session, groups, window, step, now=now, segments=segments)
        return {group: list(map(Bucket, starts, map(Aggregate, tallies_of(counted[group])))) for group in groups}
    group_of = _group_of(groups, segments)

    def place_of(row: Row[Any]) -> tuple[int, int] | None:
        group = group_of.get((row.version_id, row.segment_id))
        return None if group is None else (group, int((row.bucket - snapped.start) / step))

    rows = _rows(session, group_of, stepped(snapped, step, now=now), parts)
    summed = _summed(session, rows, parts, place_of)
    return {
        group: [Bucket(at, summed.get((group, place), EMPTY)) for place, at in enumerate(starts)] for group in groups
    }


def tallies(
    session: Session,
    groups: Mapping[int, Sequence[int]],
    window: Window,
    step: timedelta,
    *,
    now: datetime,
    segments: Mapping[int, int] = EVERYTHING,
) -> Mapping[int, Floats]:
    """Return the scalar counts of each group of version numbers: (steps of the window, scalars in TALLY's order)."""
    snapped = snap(window, now=now)
    tiles, count = stepped(snapped, step, now=now), ceil(snapped.duration / step)
    sums = _scalars(session, groups, tiles, step=step, count=count, segments=segments)
    return dict(zip(groups, sums, strict=True))


def hours(
    session: Session, groups: Mapping[int, Sequence[int]], first: datetime, every: timedelta, count: int
) -> Mapping[int, Floats]:
    """Return the scalar counts of so many whole hours that lie equally far apart: (hours, scalars in TALLY's order)."""
    starts = [first + place * every for place in range(count)]
    tiles = [Tile(Grain.HOUR, at, at + HOUR) for at in starts]
    sums = _scalars(session, groups, tiles, step=every, count=count, segments=EVERYTHING)
    return dict(zip(groups, sums, strict=True))


def _group_of(groups: Mapping[int, Sequence[int]], segments: Mapping[int, int]) -> dict[Slice, int]:
    return {(version, segments.get(group, 0)): group for group, versions in groups.items() for version in versions}


def newest(
    session: Session,
    groups: Mapping[int, Sequence[int]],
    *,
    before: datetime,
    segments: Mapping[int, int] = EVERYTHING,
) -> Mapping[int, datetime]:
    """Return when each group's newest event before the instant happened: to the minute, older ones to the hour."""
    latest = (
        "SELECT v.id, v.segment, r.bucket"
        " FROM unnest(CAST(:versions AS int[]), CAST(:segments AS int[])) AS v(id, segment),"
        " LATERAL (SELECT bucket FROM rollup"
        " WHERE version_id = v.id AND segment_id = v.segment AND grain = {grain} AND bucket < :before"
        " ORDER BY bucket DESC LIMIT 1) AS r"
    )
    query = text(
        f"{latest.format(grain=1)} UNION ALL {latest.format(grain=2)} UNION ALL"
        " SELECT version_id, segment_id, max(bucket) FROM rollup_delta WHERE version_id = ANY(:versions)"
        " AND segment_id = ANY(:segments) AND bucket < :before AND predictions > 0 GROUP BY version_id, segment_id"
    )
    group_of = _group_of(groups, segments)
    parameters = {"versions": [each[0] for each in group_of], "segments": [each[1] for each in group_of]}
    found: dict[int, datetime] = {}
    for version, segment, bucket in session.execute(query, parameters | {"before": before}):
        group = group_of.get((version, segment))
        if group is not None:
            found[group] = max(bucket, found.get(group, bucket))
    return found


def _rows(
    session: Session,
    slices: Iterable[Slice],
    tiles: Sequence[Tile],
    parts: frozenset[str],
) -> Sequence[Row[Any]]:
    """Read rollups and pending deltas in the tiles with one statement, which is one snapshot.

    Rows of a version and a segment that no slice has together may be among them.
    """
    chosen = list(slices)
    if not chosen or not tiles:
        return []
    statement, parameters = _counted(chosen, tiles, [part for part in PARTS if part in parts])
    return session.execute(text(statement), parameters).all()


def _scalars(
    session: Session,
    groups: Mapping[int, Sequence[int]],
    tiles: Sequence[Tile],
    *,
    step: timedelta,
    count: int,
    segments: Mapping[int, int],
) -> Floats:
    """Let PostgreSQL add up the scalars of so many steps from the first tile on: (groups, steps, TALLY).

    It adds up before it joins: the other way round it takes the groups for few, and sorts all rows. Columns come as
    bytes, because reading that many numbers as text costs half of what adding them up does.
    """
    found, group_of = np.zeros((len(groups), count, len(TALLY))), _group_of(groups, segments)
    if not group_of or not tiles:
        return found
    counted, parameters = _counted(group_of, tiles, [])
    sums = ", ".join(f"sum({name}::float8) AS {name}" for name in TALLY)  # exact below 2⁵³, and faster than numeric
    columns = ", ".join(f"string_agg(float8send({name}), '')" for name in ("place", "step", *TALLY))
    statement = (
        f"SELECT {columns} FROM ("
        f"SELECT version_id, segment_id, floor(date_part('epoch', bucket - :start) / :seconds) AS step, {sums}"
        f" FROM ({counted}) AS counted GROUP BY 1, 2, 3) AS summed"
        " JOIN unnest(CAST(:of_versions AS int[]), CAST(:of_segments AS int[]), CAST(:places AS float8[]))"
        " AS g(version_id, segment_id, place) USING (version_id, segment_id)"
    )
    place_of = {group: place for place, group in enumerate(groups)}
    parameters |= {
        "of_versions": [version for version, _ in group_of],
        "of_segments": [segment for _, segment in group_of],
        "places": [place_of[group] for group in group_of.values()],
        "seconds": step.total_seconds(),
    }
    packed = session.execute(text(statement), parameters).one()
    places, steps, *scalars = (np.frombuffer(column or b"", ">f8") for column in packed)
    np.add.at(found, (places.astype(int), steps.astype(int)), np.column_stack(scalars))
    return found


def _counted(slices: Iterable[Slice], tiles: Sequence[Tile], payload: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return the statement that finds the rollups and the deltas in the tiles, with its parameters."""
    chosen = list(slices)
    columns = f"version_id, segment_id, bucket, binning_id, {', '.join((*TALLY, *payload))}"
    spans = [f"(bucket >= :start{place} AND bucket < :end{place})" for place in range(len(tiles))]
    source = (
        f"SELECT {columns} FROM rollup WHERE version_id = ANY(:versions) AND segment_id = ANY(:segments)"
        f" AND ({' OR '.join(f'(grain = :grain{place} AND {spans[place]})' for place in range(len(tiles)))})"
        f" UNION ALL SELECT {columns} FROM rollup_delta"
        " WHERE version_id = ANY(:versions) AND segment_id = ANY(:segments)"
        f" AND bucket >= :start AND bucket < :end AND ({' OR '.join(spans)})"  # one range of the index, then the tiles
    )
    parameters: dict[str, Any] = {
        "versions": sorted({version for version, _ in chosen}),
        "segments": sorted({segment for _, segment in chosen}),
    }
    parameters |= {"start": min(tile.start for tile in tiles), "end": max(tile.end for tile in tiles)}
    for place, tile in enumerate(tiles):
        parameters |= {f"grain{place}": int(tile.grain), f"start{place}": tile.start, f"end{place}": tile.end}
    return source, parameters


def _summed(session: Session, rows: Sequence[Row[Any]], parts: frozenset[str], group_of: Any) -> dict[Any, Aggregate]:
    """Add up the rows of each group; what was counted in different binnings is merged as far as the bins agree."""
    used = binnings(session, [row.binning_id for row in rows])
    sums: dict[Any, dict[int, Sum]] = {}
    payload, counted = [part for part in PARTS if part in parts], KEYS + len(TALLY)
    for row in rows:
        group = group_of(row)
        if group is None:
            continue
        by_binning = sums.setdefault(group, {})
        into = by_binning.get(row.binning_id)
        if into is None:
            into = by_binning[row.binning_id] = Sum(used[row.binning_id])
        into.add(row[KEYS:counted], dict(zip(payload, row[counted:], strict=True)))
    return {group: _merged(by_binning) for group, by_binning in sums.items()}


def _merged(by_binning: Mapping[int, Sum]) -> Aggregate:
    if len(by_binning) == 1:
        return next(iter(by_binning.values())).aggregate()
    first, *others = (by_binning[number].aggregate() for number in sorted(by_binning))
    return sum(others, first)
