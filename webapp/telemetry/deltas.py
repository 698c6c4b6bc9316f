"""Appending what a batch adds to the counts: one row a version and bucket, in the batch's own transaction."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from webapp.catalog.binning import Binning
from webapp.db.copy import Column, copy_rows
from webapp.telemetry.aggregate import TALLY
from webapp.telemetry.counting import deltas, label_deltas
from webapp.telemetry.rows import Delta, Rows
from webapp.telemetry.tables import RollupDeltaRow

FLOATS = frozenset({"latency_sum_ms", "delay_sum_s"})


def append(
    session: Session, rows: Rows, binning: Binning, *, now_us: int, features: NDArray[np.float64] | None = None
) -> None:
    """Append what new predictions add."""
    write(session, deltas(rows, binning, now_us=now_us, features=features), binning)


def append_labels(session: Session, rows: Rows, binning: Binning, *, now_us: int, sign: int) -> None:
    """Append what outcomes add to the counts of their predictions' buckets, or take away (sign −1)."""
    write(session, label_deltas(rows, binning, now_us=now_us, sign=sign), binning)


def write(session: Session, made: Sequence[Delta], binning: Binning) -> None:
    """Append what was counted elsewhere, in the binning."""
    scalars = np.array([delta.scalars for delta in made])
    copy_rows(
        session,
        RollupDeltaRow.__tablename__,
        [
            Column("version_id", "int4", np.array([delta.version_id for delta in made])),
            Column("segment_id", "int4", np.array([delta.segment_id for delta in made])),
            Column("grain", "int2", np.array([delta.grain for delta in made])),
            Column("bucket", "timestamptz", np.array([delta.bucket for delta in made])),
            Column("binning_id", "int4", np.full(len(made), binning.id)),
            *(
                Column(name, "float8" if name in FLOATS else "int8", scalars[:, place])
                for place, name in enumerate(TALLY)
            ),
            Column("scores", "bytea", [delta.scores for delta in made]),
            Column("latencies", "bytea", [delta.latencies for delta in made]),
            Column("features", "bytea", [delta.features for delta in made]),
            Column("answers", "bytea", [delta.answers for delta in made]),
        ],
    )
