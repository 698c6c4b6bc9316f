"""Counting a model's stored events anew, in other bins, so that old and new ones can be compared.

Only histograms depend on the bins. The tallies and response times of every bucket are carried over as they stand, so
recounting cannot change them. Events that are no longer stored stay counted in the bins they were counted in.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from webapp.catalog.binning import Binning
from webapp.catalog.queries import binnings
from webapp.core.periods import MINUTE, Window, floor_to, microseconds
from webapp.telemetry import partitions, raw
from webapp.telemetry.aggregate import TALLY
from webapp.telemetry.counting import deltas
from webapp.telemetry.decode import PARTS, Sum
from webapp.telemetry.fold import Key, coarsen, fold_versions, insert
from webapp.telemetry.rows import MINUTE_HORIZON, Counts, Delta, Grain
from webapp.telemetry.tiles import bucket_of

# From what events keep of their segments to the numbers of those that are counted apart, shape (events, keys).
SegmentsOf = Callable[[Sequence[Sequence[str] | None]], Counts | None]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_COLUMNS = ", ".join((*TALLY, *PARTS))


def recount(session: Session, versions: Sequence[int], binning: Binning, *, now: datetime) -> int:
    """Count the versions' stored events in the binning; return how many there were.

    The caller holds the model alone (binnings.hold_alone), so that nothing is counted in the old bins meanwhile.
    """
    fold_versions(session, versions, now=now)
    weeks = partitions.weeks(session)
    if not weeks or not versions:
        return 0
    months: dict[Key, Sum] = {}
    events = 0
    for week in weeks:
        sums: dict[Key, Sum] = {}
        window = Window(week, week + partitions.WEEK)
        events += _count(session, versions, window, binning, sums, now=now)
        _take_over(session, versions, window, binning, sums, now=now)
        insert(session, sums, now=now)
        _add_to_months(months, sums)
    _drop_months(session, versions, weeks[0], now=now)
    insert(session, months, now=now)
    return events


def _count(
    session: Session, versions: Sequence[int], window: Window, binning: Binning, sums: dict[Key, Sum], *, now: datetime
) -> int:
    """Add the histograms of a week's events by minute (the recent ones), hour and day."""
    now_us, events = microseconds(now), 0
    for chunk in raw.chunks(session, versions, window, binning):
        events += len(chunk.rows.at)
        for delta in deltas(chunk.rows, binning, now_us=now_us, features=chunk.features):
            histograms = {"scores": delta.scores, "features": delta.features, "answers": delta.answers}
            sums.setdefault(_key(delta, binning), Sum(binning)).add([0.0] * len(TALLY), histograms)
    for grain in (Grain.MINUTE, Grain.HOUR):
        coarsen(sums, grain)
    return events


def recount_segments(
    session: Session,
    versions: Sequence[int],
    binning: Binning,
    segments_of: SegmentsOf,
    *,
    now: datetime,
    total: bool = False,
) -> int:
    """Count the versions' stored events anew by segment, everything about them; return how many there were.

    The caller holds the model alone. Unlike the counts of everything, those of segments go back no further than the
    stored events do; with `total` the counts of everything are made anew from these, too.
    """
    fold_versions(session, versions, now=now)
    session.execute(
        text("DELETE FROM rollup WHERE version_id = ANY(:versions) AND (segment_id <> 0 OR :total)"),
        {"versions": list(versions), "total": total},
    )
    months: dict[Key, Sum] = {}
    now_us, events = microseconds(now), 0
    for week in partitions.weeks(session):
        sums: dict[Key, Sum] = {}
        for chunk in raw.chunks(session, versions, Window(week, week + partitions.WEEK), binning, whole=True):
            events += len(chunk.rows.at)
            rows = replace(chunk.rows, segments=segments_of(chunk.segments))
            for delta in deltas(rows, binning, now_us=now_us, features=chunk.features):
                if delta.segment_id or total:
                    parts = {part: getattr(delta, part) for part in PARTS}
                    sums.setdefault(_key(delta, binning), Sum(binning)).add(delta.scalars, parts)
        for grain in (Grain.MINUTE, Grain.HOUR):
            coarsen(sums, grain)
        insert(session, sums, now=now)
        _add_to_months(months, sums)
    insert(session, months, now=now)
    return events


def _key(delta: Delta, binning: Binning) -> Key:
    return (delta.version_id, delta.segment_id, int(delta.grain), _EPOCH + delta.bucket * _MICROSECOND, binning.id)


def _take_over(
    session: Session, versions: Sequence[int], window: Window, binning: Binning, sums: dict[Key, Sum], *, now: datetime
) -> None:
    """Take the week's rollups out and add their tallies and response times to the sums that replace them."""
    statement = text(
        "DELETE FROM rollup WHERE version_id = ANY(:versions) AND segment_id = 0 AND grain <= :day"
        " AND bucket >= :start AND bucket < :end"
        f" RETURNING version_id, grain, bucket, {', '.join(TALLY)}, latencies"
    )
    parameters = {"versions": list(versions), "day": int(Grain.DAY), "start": window.start, "end": window.end}
    oldest_minute = floor_to(now - MINUTE_HORIZON, MINUTE)
    for row in session.execute(statement, parameters):
        if row.grain == Grain.MINUTE and row.bucket < oldest_minute:
            continue  # Nobody reads minutes of that age.
        key = (row.version_id, 0, row.grain, row.bucket, binning.id)
        scalars = [getattr(row, name) for name in TALLY]
        sums.setdefault(key, Sum(binning)).add(scalars, {"latencies": row.latencies})


def _add_to_months(months: dict[Key, Sum], sums: dict[Key, Sum]) -> None:
    days = {key: total for key, total in sums.items() if key[2] == Grain.DAY}
    coarsen(days, Grain.DAY)
    for key, total in days.items():
        if key[2] == Grain.MONTH:
            months.setdefault(key, Sum(total.binning)).merge(total)


def _drop_months(session: Session, versions: Sequence[int], oldest: datetime, *, now: datetime) -> None:
    """Take the old months out; the month that recounting began within keeps the days before it, in their old bins."""
    first = bucket_of(oldest, Grain.MONTH)
    statement = text(
        "DELETE FROM rollup WHERE version_id = ANY(:versions) AND segment_id = 0"
        " AND grain = :month AND bucket >= :first"
    )
    session.execute(statement, {"versions": list(versions), "month": int(Grain.MONTH), "first": first})
    rows = session.execute(
        text(
            f"SELECT version_id, segment_id, bucket, binning_id, {_COLUMNS} FROM rollup WHERE segment_id = 0"
            " AND version_id = ANY(:versions) AND grain = :day AND bucket >= :first AND bucket < :oldest"
        ),
        {"versions": list(versions), "day": int(Grain.DAY), "first": first, "oldest": oldest},
    ).all()
    insert(session, _kept(session, rows, first), now=now)


def _kept(session: Session, rows: Sequence[Row[Any]], month: datetime) -> dict[Key, Sum]:
    used = binnings(session, [row.binning_id for row in rows])
    kept: dict[Key, Sum] = {}
    for row in rows:
        key = (row.version_id, row.segment_id, int(Grain.MONTH), month, row.binning_id)
        into = kept.setdefault(key, Sum(used[row.binning_id]))
        into.add([getattr(row, name) for name in TALLY], {part: getattr(row, part) for part in PARTS})
    return kept
