"""Forgetting what people were told, and were not, long ago. What they know by now stands with the groups and stays.

The oldest ids are the oldest rows: no more of them is read than may be deleted.
"""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


def expire_tellings(session: Session, *, before: datetime, limit: int) -> int:
    """Delete some of what was said of single alerts before the instant, and why nothing was; return how many."""
    statement = text(
        "DELETE FROM notification_alert USING (SELECT id, at FROM notification_alert ORDER BY id LIMIT :limit) old"
        " WHERE notification_alert.id = old.id AND old.at < :before RETURNING 1"
    )
    return len(session.execute(statement, {"before": before, "limit": limit}).all())


def expire_messages(session: Session, *, before: datetime, limit: int) -> int:
    """Delete some of the messages that went out before the instant and of which nothing else is kept."""
    statement = text(
        "DELETE FROM notification USING (SELECT id, at FROM notification ORDER BY id LIMIT :limit) old"
        " WHERE notification.id = old.id AND old.at < :before"
        " AND NOT EXISTS (SELECT FROM notification_alert told WHERE told.notification_id = old.id) RETURNING 1"
    )
    return len(session.execute(statement, {"before": before, "limit": limit}).all())
