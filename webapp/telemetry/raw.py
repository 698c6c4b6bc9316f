"""Reading stored events back as columns, a million a second: PostgreSQL joins their bytes, numpy takes them apart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from webapp.core.ids import lower_bound
from webapp.core.periods import Window
from webapp.telemetry.counting import Rows

Floats = NDArray[np.float64]

_POSTGRES_EPOCH_US = 946_684_800_000_000
_VALUES = 1_000_000  # how many numbers are read at once
_NAN = "'NaN'::float8"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Events in the order of their time, their features in the order of the binning that they were stored in."""

    rows: Rows
    features: Floats


def chunks(
    session: Session, versions: Sequence[int], window: Window, *, width: int, limit: int | None = None
) -> Iterator[Chunk]:
    """Yield the events of the versions in the window, the features padded to `width`; the first `limit` ones."""
    after, end = lower_bound(window.start), lower_bound(window.end)
    left = limit
    while left is None or left > 0:
        size = max(_VALUES // (width + 8), 1)
        size = size if left is None else min(size, left)
        groups = session.execute(_QUERY, {"versions": list(versions), "after": after, "end": end, "size": size}).all()
        if not groups:
            return
        yield _joined([_chunk(group, width) for group in groups])
        after = UUID(int=max(UUID(group.last).int for group in groups) + 1)
        read = sum(group.size for group in groups)
        left = None if left is None else left - read
        if read < size:
            return


# Events of one array length share a layout, so each length is one row of the answer.
_QUERY = text(
    'SELECT cardinality(features) AS width, count(*) AS size, max(id::text COLLATE "C") AS last,'
    " string_agg(int4send(version_id), '') AS version_id, string_agg(timestamptz_send(at), '') AS at,"
    f" string_agg(float8send(coalesce(score, {_NAN})), '') AS score,"
    f" string_agg(float8send(coalesce(predicted, {_NAN})), '') AS predicted,"
    f" string_agg(float8send(coalesce(actual, {_NAN})), '') AS actual,"
    " string_agg(array_send(features), '') AS features"
    " FROM (SELECT id, version_id, at, score, predicted, actual, features FROM prediction"
    " WHERE id >= CAST(:after AS uuid) AND id < CAST(:end AS uuid) AND version_id = ANY(:versions)"
    " ORDER BY id LIMIT :size) AS chosen GROUP BY cardinality(features)"
)


def _chunk(group: Row[Any], width: int) -> Chunk:
    size = group.size
    rows = Rows(
        version_id=np.frombuffer(group.version_id, ">i4").astype(np.int64),
        at=np.frombuffer(group.at, ">i8").astype(np.int64) + _POSTGRES_EPOCH_US,
        score=_floats(group.score),
        predicted=_floats(group.predicted),
        actual=_floats(group.actual),
        latency_ms=np.full(size, np.nan),
        failed=np.zeros(size, dtype=bool),
        delay_s=np.full(size, np.nan),
    )
    features = np.full((size, width), np.nan)
    if group.width:
        # The binary form of an array: five numbers about it, then for each value its length and the value.
        item = np.dtype([("size", ">i4"), ("value", ">f8")])
        layout = np.dtype([("head", ">i4", (5,)), ("items", item, (group.width,))])
        features[:, : group.width] = np.frombuffer(group.features, layout)["items"]["value"]
    return Chunk(rows, features)


def _floats(raw: memoryview) -> Floats:
    return np.frombuffer(raw, ">f8").astype(np.float64)


def _joined(parts: Sequence[Chunk]) -> Chunk:
    if len(parts) == 1:
        return parts[0]
    names = Rows.__dataclass_fields__
    rows = Rows(**{name: np.concatenate([getattr(part.rows, name) for part in parts]) for name in names})
    return Chunk(rows, np.concatenate([part.features for part in parts]))
