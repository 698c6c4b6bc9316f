"""Forgetting what deeds for many alerts changed: long after nobody can take them back, the timelines still tell it."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


def expire_deeds(session: Session, *, before: datetime, limit: int) -> int:
    """Delete some of the deeds that were done before the instant; return how many transactions of theirs."""
    statement = text(
        # The oldest ids are the oldest deeds: no more of them is read than may be deleted.
        "DELETE FROM alert_deed USING (SELECT id, part, at FROM alert_deed ORDER BY id, part LIMIT :limit) old"
        " WHERE alert_deed.id = old.id AND alert_deed.part = old.part AND old.at < :before RETURNING 1"
    )
    return len(session.execute(statement, {"before": before, "limit": limit}).all())
