"""Folding deltas into rollups of every grain: one transaction takes them out and adds them in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from webapp.catalog.queries import binnings
from webapp.core.periods import microseconds
from webapp.db.copy import Column, copy_rows
from webapp.telemetry.aggregate import TALLY, TIMES
from webapp.telemetry.decode import PARTS, Sum
from webapp.telemetry.rows import Grain
from webapp.telemetry.tiles import bucket_of

BATCH = 2_000
MINUTES_KEPT = timedelta(days=3)
_COLUMNS = ", ".join((*TALLY, *PARTS))
_KEY = ("version_id", "segment_id", "grain", "bucket", "binning_id")
Key = tuple[int, int, int, datetime, int]  # version, segment, grain, bucket, binning


def fold(session: Session, *, now: datetime, limit: int = BATCH) -> int:
    """Fold up to `limit` deltas; return how many. 0 as well when another process is folding right now."""
    if session.execute(text("SELECT id FROM fold_lock FOR UPDATE SKIP LOCKED")).first() is None:
        return 0
    taken = session.execute(
        text(
            "DELETE FROM rollup_delta WHERE id IN (SELECT id FROM rollup_delta ORDER BY id LIMIT :limit)"
            f" RETURNING version_id, segment_id, grain, bucket, binning_id, {_COLUMNS}"
        ),
        {"limit": limit},
    ).all()
    if taken:
        _upsert(session, _grouped(session, taken), now=now)
    return len(taken)


def fold_versions(session: Session, versions: Sequence[int], *, now: datetime) -> None:
    """Wait for whoever folds, keep others from folding until the transaction ends, and fold all of these versions."""
    session.execute(text("SELECT id FROM fold_lock FOR UPDATE"))
    statement = text(
        "DELETE FROM rollup_delta WHERE version_id = ANY(:versions)"
        f" RETURNING version_id, segment_id, grain, bucket, binning_id, {_COLUMNS}"
    )
    taken = session.execute(statement, {"versions": list(versions)}).all()
    if taken:
        _upsert(session, _grouped(session, taken), now=now)


def expire_minutes(session: Session, *, now: datetime) -> None:
    """Drop the minute rows that no reader trusts any more."""
    for table in ("rollup", "measurement_rollup"):
        statement = text(f"DELETE FROM {table} WHERE grain = :grain AND bucket < :before")
        session.execute(statement, {"grain": int(Grain.MINUTE), "before": now - MINUTES_KEPT})


def _grouped(session: Session, taken: Sequence[Row[Any]]) -> dict[Key, Sum]:
    """Add up the deltas by their own grain, then each grain's sums into the next."""
    used = binnings(session, [row.binning_id for row in taken])
    sums: dict[Key, Sum] = {}
    for row in taken:
        key = (row.version_id, row.segment_id, row.grain, row.bucket, row.binning_id)
        into = sums.setdefault(key, Sum(used[row.binning_id]))
        into.add([getattr(row, name) for name in TALLY], {part: getattr(row, part) for part in PARTS})
    for grain in (Grain.MINUTE, Grain.HOUR, Grain.DAY):
        coarsen(sums, grain)
    return sums


def coarsen(sums: dict[Key, Sum], grain: Grain) -> None:
    """Add the sums of the grain to those of the next one."""
    coarser = Grain(grain + 1)
    for key in [key for key in sums if key[2] == grain]:
        version, segment, _, bucket, binning = key
        wider = (version, segment, coarser, bucket_of(bucket, coarser), binning)
        sums.setdefault(wider, Sum(sums[key].binning)).merge(sums[key])


def insert(session: Session, sums: dict[Key, Sum], *, now: datetime) -> None:
    """Write rollups that do not exist yet, all at once."""
    if not sums:
        return
    keys = sorted(sums)
    scalars = np.array([sums[key].scalars for key in keys])
    buckets = np.array([microseconds(key[3]) for key in keys])
    columns = [
        Column("version_id", "int4", np.array([key[0] for key in keys])),
        Column("segment_id", "int4", np.array([key[1] for key in keys])),
        Column("grain", "int2", np.array([key[2] for key in keys])),
        Column("bucket", "timestamptz", buckets),
        Column("binning_id", "int4", np.array([key[4] for key in keys])),
        Column("updated_at", "timestamptz", np.full(len(keys), microseconds(now))),
        *(
            Column(name, "float8", scalars[:, place])
            if name in TIMES
            else Column(name, "int8", np.rint(scalars[:, place]).astype(np.int64))
            for place, name in enumerate(TALLY)
        ),
        *(Column(part, "bytea", [sums[key].payload(part) for key in keys]) for part in PARTS),
    ]
    copy_rows(session, "rollup", columns)


def _upsert(session: Session, sums: dict[Key, Sum], *, now: datetime) -> None:
    known = _add_existing(session, sums)
    insert(session, {key: total for key, total in sums.items() if key not in known}, now=now)
    if known:
        statement = text(
            f"UPDATE rollup SET {', '.join(f'{name} = :{name}' for name in (*TALLY, *PARTS, 'updated_at'))}"
            f" WHERE {' AND '.join(f'{name} = :{name}' for name in _KEY)}"
        )
        session.execute(statement, [_values(key, sums[key], now) for key in sorted(known)])


def _values(key: Key, total: Sum, now: datetime) -> dict[str, object]:
    scalars = dict(zip(TALLY, total.scalars.tolist(), strict=True))
    payloads = {part: total.payload(part) for part in PARTS}
    return dict(zip(_KEY, key, strict=True)) | scalars | payloads | {"updated_at": now}


def _add_existing(session: Session, sums: dict[Key, Sum]) -> set[Key]:
    """Add what the rollups hold already, and return which; the fold lock keeps others from changing them meanwhile."""
    keys, known = sorted(sums), set[Key]()
    rows = session.execute(
        text(
            f"SELECT r.version_id, r.segment_id, r.grain, r.bucket, r.binning_id, {_COLUMNS}"
            " FROM unnest(CAST(:versions AS int[]), CAST(:segments AS int[]), CAST(:grains AS int[]),"
            " CAST(:buckets AS timestamptz[]), CAST(:binnings AS int[])) AS k(v, s, g, b, n) JOIN rollup r"
            " ON (r.version_id, r.segment_id, r.grain, r.bucket, r.binning_id) = (k.v, k.s, k.g::smallint, k.b, k.n)"
        ),
        {
            name: [key[place] for key in keys]
            for place, name in enumerate(("versions", "segments", "grains", "buckets", "binnings"))
        },
    )
    for row in rows:
        key = (row.version_id, row.segment_id, row.grain, row.bucket, row.binning_id)
        sums[key].add([getattr(row, name) for name in TALLY], {part: getattr(row, part) for part in PARTS})
        known.add(key)
    return known
