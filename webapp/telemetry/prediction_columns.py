"""The columns in which predictions go into their table, whether they came one by one or in a file."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from webapp.db.copy import Column
from webapp.telemetry.rows import Rows


def prediction_columns(
    rows: Rows,
    *,
    identifiers: NDArray[np.void],
    keys: NDArray[np.void],
    ids: Sequence[str] | NDArray[np.bytes_],
    binning_id: int,
    features: NDArray[np.float64],
) -> list[Column]:
    """Return what `db.copy` writes of the rows; identifiers and keys have 16 bytes each, features (rows, features)."""
    return [
        Column("id", "uuid", identifiers),
        Column("key", "uuid", keys),
        Column("at", "timestamptz", rows.at),
        Column("version_id", "int4", rows.version_id),
        Column("binning_id", "int4", np.full(len(keys), binning_id)),
        *(
            Column(name, kind, values, np.isnan(values))
            for name, kind, values in (
                ("score", "float8", rows.score),
                ("predicted", "float8", rows.predicted),
                ("actual", "float8", rows.actual),
                ("latency_ms", "float4", rows.latency_ms),
            )
        ),
        Column("failed", "bool", rows.failed),
        Column("features", "float8[]", features),
        Column("prediction_id", "text", ids),
        *_scores(rows.scores),
    ]


def _scores(scores: NDArray[np.float64] | None) -> list[Column]:
    if scores is None or not len(scores):
        return []
    return [Column("scores", "float8[]", scores, np.isnan(scores[:, 0]))]  # a row has all of them or none
