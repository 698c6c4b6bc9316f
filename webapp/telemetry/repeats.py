"""Which predictions of a batch were stored before: exact repeats, and other bodies under a known name."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from webapp.catalog.queries import binnings
from webapp.core.ids import lower_bound
from webapp.telemetry.columns import matrix
from webapp.telemetry.decisions import Answers
from webapp.telemetry.refusals import uuid_array
from webapp.telemetry.wire import Prediction

_MILLISECOND = timedelta(milliseconds=1)


def stored(
    session: Session, keys: Sequence[bytes], first: datetime, last: datetime
) -> Mapping[tuple[str, int], Row[Any]]:
    """Return what is stored between two instants under the keys, by key (in hexadecimal) and version number."""
    rows = session.execute(
        text(
            "SELECT replace(k.key::text, '-', '') AS key, p.*"
            # LATERAL and OFFSET 0 make the planner ask for one key after the other. Left to itself it may read the
            # whole span of time and compare each event with each key.
            " FROM unnest(CAST(:keys AS uuid[])) AS k(key) CROSS JOIN LATERAL ("
            " SELECT version_id, at, score, predicted, latency_ms, failed, binning_id, features FROM prediction"
            # psycopg2 writes parameters into the statement, so the planner leaves the other partitions out.
            " WHERE key = k.key AND id >= CAST(:first AS uuid) AND id < CAST(:last AS uuid) OFFSET 0) p"
        ),
        {
            "keys": uuid_array(b"".join(keys)),
            "first": str(lower_bound(first)),
            "last": str(lower_bound(last)),
        },
    )
    return {(row.key, row.version_id): row for row in rows}


def are_same(session: Session, items: Sequence[Prediction], rows: Sequence[Row[Any]], answers: Answers) -> list[bool]:
    """Say of each item whether the stored row is what it became.

    A decision that the client left to the threshold is not compared: the threshold may have been changed since, and the
    same event sent again must stay a repeat.
    """
    decided, scores = answers.decided(items), answers.scores_of_decision(items)
    same = [
        _has_same_scalars(item, row, None if math.isnan(score) else float(score), float(decision))
        for item, row, decision, score in zip(items, rows, decided, scores, strict=True)
    ]
    by_binning: defaultdict[int, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        by_binning[row.binning_id].append(place)
    for number, binning in binnings(session, list(by_binning)).items():
        places = by_binning[number]
        sent = matrix([items[place].features for place in places], binning).values
        known: NDArray[np.float64] = np.array([rows[place].features for place in places]).reshape(sent.shape)
        for place, equal in zip(
            places, ((sent == known) | (np.isnan(sent) & np.isnan(known))).all(axis=1), strict=True
        ):
            same[place] = same[place] and bool(equal)
    return same


def _has_same_scalars(item: Prediction, row: Row[Any], score: float | None, decided: float) -> bool:
    return bool(
        abs(row.at - item.at) < _MILLISECOND
        and row.score == score
        and row.failed == (item.error is not None)
        and (_is_derived(item) or (math.isnan(decided) if row.predicted is None else row.predicted == decided))
        and _as_kept(row.latency_ms) == _as_kept(item.latency_ms)
    )


def _is_derived(item: Prediction) -> bool:
    return item.predicted is None and item.score is not None


def _as_kept(latency_ms: float | None) -> float | None:
    return None if latency_ms is None else float(np.float32(latency_ms))
