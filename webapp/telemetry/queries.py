"""Reading counts back: any window, from rollups and the deltas not folded yet, in one snapshot."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from webapp.catalog.queries import binnings
from webapp.core.periods import Window
from webapp.telemetry.aggregate import EMPTY, TALLY, Aggregate, Floats, tally_of
from webapp.telemetry.decode import PARTS, Sum
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
    group_of = _group_of(groups, segments)
    tiles = cover(snap(window, now=now))
    summed: Mapping[Any, Aggregate]
    if parts:
        rows = _rows(session, group_of, tiles, parts)
        summed = _summed(session, rows, parts, lambda row: group_of.get((row.version_id, row.segment_id)))
    else:
        summed = {row.of: _tallied(row) for row in _scalars(session, group_of, tiles, step=None)}
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
    group_of = _group_of(groups, segments)
    snapped = snap(window, now=now)
    tiles = stepped(snapped, step, now=now)

    def place_of(row: Row[Any]) -> tuple[int, int] | None:
        group = group_of.get((row.version_id, row.segment_id))
        return None if group is None else (group, int((row.bucket - snapped.start) / step))

    summed: Mapping[Any, Aggregate]
    if parts:
        summed = _summed(session, _rows(session, group_of, tiles, parts), parts, place_of)
    else:
        rows = _scalars(session, group_of, tiles, step=step)
        summed = {(row.of, int((row.bucket - snapped.start) / step)): _tallied(row) for row in rows}
    starts = [part.start for part in snapped.steps(step)]
    return {
        group: [Bucket(at, summed.get((group, place), EMPTY)) for place, at in enumerate(starts)] for group in groups
    }


def tallies(
    session: Session, groups: Mapping[int, Sequence[int]], window: Window, step: timedelta, *, now: datetime
) -> Mapping[int, Floats]:
    """Return the scalar counts of each group of version numbers: (steps of the window, scalars in TALLY's order)."""
    snapped = snap(window, now=now)
    count = len(list(snapped.steps(step)))
    found = {group: np.zeros((count, len(TALLY))) for group in groups}
    for row in _scalars(session, _group_of(groups, EVERYTHING), stepped(snapped, step, now=now), step=step):
        found[row.of][int((row.bucket - snapped.start) / step)] = row[-len(TALLY) :]
    return found


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
    """Read rollups in the tiles and pending deltas in their span with one statement, which is one snapshot.

    Rows of a version and a segment that no slice has together may be among them.
    """
    chosen = list(slices)
    if not chosen or not tiles:
        return []
    statement, parameters = _counted(chosen, tiles, [part for part in PARTS if part in parts])
    return session.execute(text(statement), parameters).all()


def _scalars(
    session: Session,
    group_of: Mapping[Slice, int],
    tiles: Sequence[Tile],
    *,
    step: timedelta | None,
) -> Sequence[Row[Any]]:
    """Let PostgreSQL add up the scalars: a row a group, or with a step a row a step, whose bucket is its start."""
    if not group_of or not tiles:
        return []
    counted, parameters = _counted(group_of, tiles, [])
    sums = ", ".join(f"sum({name}::float8) AS {name}" for name in TALLY)  # exact below 2⁵³, and faster than numeric
    at, keys = (", date_bin(:step, bucket, :start) AS bucket", "1, 2") if step is not None else ("", "1")
    statement = (
        f"SELECT g.of{at}, {sums} FROM ({counted}) AS counted"
        " JOIN unnest(CAST(:of_versions AS int[]), CAST(:of_segments AS int[]), CAST(:of_groups AS int[]))"
        f" AS g(version_id, segment_id, of) USING (version_id, segment_id) GROUP BY {keys}"
    )
    parameters |= {
        "of_versions": [version for version, _ in group_of],
        "of_segments": [segment for _, segment in group_of],
        "of_groups": list(group_of.values()),
        "step": step,
    }
    return session.execute(text(statement), parameters).all()


def _counted(slices: Iterable[Slice], tiles: Sequence[Tile], payload: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return the statement that finds the rollups in the tiles and the deltas in their span, with its parameters."""
    chosen = list(slices)
    columns = f"version_id, segment_id, bucket, binning_id, {', '.join((*TALLY, *payload))}"
    source = (
        f"SELECT {columns} FROM rollup WHERE version_id = ANY(:versions) AND segment_id = ANY(:segments)"
        f" AND ({' OR '.join(_condition(place) for place in range(len(tiles)))})"
        f" UNION ALL SELECT {columns} FROM rollup_delta"
        " WHERE version_id = ANY(:versions) AND segment_id = ANY(:segments) AND bucket >= :start AND bucket < :end"
    )
    parameters: dict[str, Any] = {
        "versions": sorted({version for version, _ in chosen}),
        "segments": sorted({segment for _, segment in chosen}),
    }
    parameters |= {"start": min(tile.start for tile in tiles), "end": max(tile.end for tile in tiles)}
    for place, tile in enumerate(tiles):
        parameters |= {f"grain{place}": int(tile.grain), f"start{place}": tile.start, f"end{place}": tile.end}
    return source, parameters


def _tallied(row: Row[Any]) -> Aggregate:
    return Aggregate(tally_of(row[-len(TALLY) :]))


def _condition(place: int) -> str:
    return f"(grain = :grain{place} AND bucket >= :start{place} AND bucket < :end{place})"


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
