"""Forgetting who came and went: sessions and links that are over, counters of failures that count no more.

What is worth remembering of them stands in the audit log. Rows go some at a time, see `telemetry.expiry`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from webapp.accounts.tables import AttemptRow, LinkRow, SessionRow


def expire_sessions(session: Session, *, before: datetime, limit: int) -> int:
    """Delete sessions that ended, in whichever way, before the instant; return how many."""
    return _delete(session, SessionRow.id, or_(SessionRow.ended_at < before, SessionRow.expires_at < before), limit)


def expire_links(session: Session, *, before: datetime, limit: int) -> int:
    """Delete links that were used, or could be used, before the instant and no later."""
    return _delete(session, LinkRow.id, or_(LinkRow.used_at < before, LinkRow.expires_at < before), limit)


def expire_attempts(session: Session, *, before: datetime, limit: int) -> int:
    """Delete counters of failed sign-ins that nobody has added to, or waits for, since the instant."""
    over = (AttemptRow.last_failed_at < before) & (AttemptRow.blocked_until < before)
    return _delete(session, AttemptRow.key, over, limit)


def _delete(session: Session, key: Any, is_over: ColumnElement[bool], limit: int) -> int:
    chosen = select(key).where(is_over).limit(limit).with_for_update(skip_locked=True)
    keys = session.scalars(chosen).all()
    session.execute(delete(key.class_).where(key.in_(keys)))
    return len(keys)
