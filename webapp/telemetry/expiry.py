"""Forgetting what is older than it is kept: outcomes with their corrections, measured values, what was refused.

Rows go a few thousand at a time, so that no lock is held for long; what somebody holds is left for the next time.
Predictions go by the week, see `partitions`; what was counted of them all stays in the rollups.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from webapp.telemetry import partitions


def expire_outcomes(session: Session, *, before: datetime, limit: int) -> int:
    """Delete outcomes that happened before the instant, with their corrections; return how many.

    One whose prediction is still kept (an outcome may be dated before it) stays as long as that.
    """
    partitions.look_up_by_index(session)
    query = text(
        # LATERAL asks model by model, each by its own index, for no more than there is to take.
        "SELECT o.key FROM model m CROSS JOIN LATERAL (SELECT key FROM outcome"
        " WHERE model_id = m.id AND at < :before"
        " AND NOT EXISTS (SELECT FROM prediction p WHERE p.key = outcome.key)"
        " ORDER BY at LIMIT :limit FOR UPDATE SKIP LOCKED) o LIMIT :limit"
    )
    keys = [str(key) for key in session.scalars(query, {"before": before, "limit": limit})]
    for table in ("outcome_correction", "outcome"):
        session.execute(text(f"DELETE FROM {table} WHERE key = ANY(CAST(:keys AS uuid[]))"), {"keys": keys})
    return len(keys)


def expire_measurements(session: Session, *, before: datetime, limit: int) -> int:
    """Delete values that were measured before the instant; their sums by hour and day stay."""
    statement = text(
        "DELETE FROM measurement USING (SELECT v.series_id, v.at FROM measurement_series s CROSS JOIN LATERAL"
        " (SELECT series_id, at FROM measurement WHERE series_id = s.id AND at < :before ORDER BY at LIMIT :limit) v"
        " LIMIT :limit) old WHERE measurement.series_id = old.series_id AND measurement.at = old.at RETURNING 1"
    )
    return len(session.execute(statement, {"before": before, "limit": limit}).all())


def expire_refusals(session: Session, *, before: datetime, limit: int) -> int:
    """Delete the counters of days before the instant."""
    statement = text(
        "DELETE FROM refusal WHERE ctid = ANY(ARRAY(SELECT ctid FROM refusal WHERE day < :before LIMIT :limit))"
        " RETURNING 1"
    )
    return len(session.execute(statement, {"before": before, "limit": limit}).all())
