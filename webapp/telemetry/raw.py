"""Reading stored events back as columns, a million a second: PostgreSQL joins their bytes, numpy takes them apart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from webapp.catalog.binning import Binning
from webapp.core.ids import lower_bound
from webapp.core.periods import Window
from webapp.telemetry.rows import Rows

Floats = NDArray[np.float64]
Segments = Sequence[Sequence[str] | None]

_POSTGRES_EPOCH_US = 946_684_800_000_000
_VALUES = 1_000_000  # how many numbers are read at once
_NAN = "'NaN'::float8"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Events in the order of their time, their features in the order of the binning that they were stored in."""

    rows: Rows
    features: Floats
    segments: Segments  # as texts "key=value"; empty unless the whole of the events was asked for


def chunks(
    session: Session,
    versions: Sequence[int],
    window: Window,
    binning: Binning | None,
    *,
    limit: int | None = None,
    whole: bool = False,
) -> Iterator[Chunk]:
    """Yield the events of the versions in the window, the first `limit` ones, padded to the binning's features.

    Response times, failures, delays and segments are read only with `whole`.
    """
    width, classes = (0, 0) if binning is None else (len(binning.features), len(binning.classes))
    after, end = lower_bound(window.start), lower_bound(window.end)
    query, left = (_WHOLE if whole else _QUERY), limit
    while left is None or left > 0:
        size = max(_VALUES // (width + classes + 8), 1)
        size = size if left is None else min(size, left)
        groups = session.execute(query, {"versions": list(versions), "after": after, "end": end, "size": size}).all()
        if not groups:
            return
        yield _joined([_chunk(group, width, classes, whole=whole) for group in groups])
        after = UUID(int=max(UUID(group.last).int for group in groups) + 1)
        read = sum(group.size for group in groups)
        left = None if left is None else left - read
        if read < size:
            return


# Events whose arrays have the same lengths share a layout, so each such group is one row of the answer.
_COLUMNS = (
    "SELECT cardinality(features) AS width, cardinality(scores) AS classes, count(*) AS size,"
    ' max(id::text COLLATE "C") AS last,'
    " string_agg(int4send(version_id), '') AS version_id, string_agg(timestamptz_send(at), '') AS at,"
    f" string_agg(float8send(coalesce(score, {_NAN})), '') AS score,"
    f" string_agg(float8send(coalesce(predicted, {_NAN})), '') AS predicted,"
    f" string_agg(float8send(coalesce(actual, {_NAN})), '') AS actual,"
    " string_agg(array_send(features), '') AS features, string_agg(array_send(scores), '') AS scores"
)
_OF_THE_WHOLE = (
    f", string_agg(float8send(coalesce(latency_ms, {_NAN})), '') AS latency_ms,"
    " string_agg(boolsend(failed), '') AS failed,"
    " coalesce(string_agg(coalesce(array_to_json(segments)::text, 'null'), E'\\n'), '') AS segments,"
    f" string_agg(float8send(coalesce(CASE WHEN actual IS NULL THEN NULL ELSE"
    " (SELECT greatest(extract(epoch FROM o.at - chosen.at), 0)::float8 FROM outcome o WHERE o.key = chosen.key)"
    f" END, {_NAN})), '') AS delay_s"
)
_CHOSEN = (
    " FROM (SELECT * FROM prediction WHERE id >= CAST(:after AS uuid) AND id < CAST(:end AS uuid)"
    " AND version_id = ANY(:versions) ORDER BY id LIMIT :size) AS chosen"
    " GROUP BY cardinality(features), cardinality(scores)"
)
_QUERY, _WHOLE = text(_COLUMNS + _CHOSEN), text(_COLUMNS + _OF_THE_WHOLE + _CHOSEN)


def _chunk(group: Row[Any], width: int, classes: int, *, whole: bool) -> Chunk:
    size = group.size
    rows = Rows(
        version_id=np.frombuffer(group.version_id, ">i4").astype(np.int64),
        at=np.frombuffer(group.at, ">i8").astype(np.int64) + _POSTGRES_EPOCH_US,
        score=_floats(group.score),
        predicted=_floats(group.predicted),
        actual=_floats(group.actual),
        latency_ms=_floats(group.latency_ms) if whole else np.full(size, np.nan),
        failed=np.frombuffer(group.failed, np.bool_) if whole else np.zeros(size, dtype=bool),
        delay_s=_floats(group.delay_s) if whole else np.full(size, np.nan),
        scores=_matrix(group.scores, size, group.classes or 0, classes) if classes else None,
    )
    segments = [msgspec.json.decode(line) for line in group.segments.split("\n")] if whole else ()
    return Chunk(rows, _matrix(group.features, size, group.width, width), segments)


def _floats(raw: memoryview) -> Floats:
    return np.frombuffer(raw, ">f8").astype(np.float64)


def _matrix(raw: memoryview | None, size: int, width: int, padded: int) -> Floats:
    """Return arrays of `width` numbers as rows of `padded` ones."""
    values = np.full((size, padded), np.nan)
    if width and raw is not None:
        # The binary form of an array: five numbers about it, then for each value its length and the value.
        item = np.dtype([("size", ">i4"), ("value", ">f8")])
        layout = np.dtype([("head", ">i4", (5,)), ("items", item, (width,))])
        values[:, :width] = np.frombuffer(raw, layout)["items"]["value"]
    return values


def _joined(parts: Sequence[Chunk]) -> Chunk:
    if len(parts) == 1:
        return parts[0]
    columns = {entry.name: [getattr(part.rows, entry.name) for part in parts] for entry in fields(Rows)}
    joined: dict[str, Any] = {
        name: None if found[0] is None else np.concatenate(found) for name, found in columns.items()
    }
    features = np.concatenate([part.features for part in parts])
    return Chunk(Rows(**joined), features, [each for part in parts for each in part.segments])
