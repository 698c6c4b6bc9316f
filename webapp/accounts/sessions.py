"""Signed-in browsers: opened, found again by the key in their cookie, kept awake by activity, and ended."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor, ActorKind
from webapp.accounts.permissions import Role, permissions_of
from webapp.accounts.tables import SessionRow, UserRow
from webapp.core.ids import uuid7

IDLE = timedelta(minutes=30)
LIFETIME = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)  # Activity is written down coarsely: a click costs no write.


@dataclass(frozen=True, slots=True)
class OpenSession:
    id: UUID
    created_at: datetime
    last_active_at: datetime
    address: str
    user_agent: str


def open_session(session: Session, user_id: UUID, *, address: str, user_agent: str, now: datetime) -> str:
    """Start a session and return the key for the cookie; only its hash is stored."""
    key = secrets.token_urlsafe(32)
    session.add(
        SessionRow(
            id=uuid7(now),
            key_hash=_hash(key),
            user_id=user_id,
            created_at=now,
            last_active_at=now,
            expires_at=now + LIFETIME,
            address=address,
            user_agent=user_agent[:300],
        )
    )
    return key


def actor_of(session: Session, key: str, *, address: str, now: datetime) -> Actor | None:
    """Return who holds the key, with the roles of this moment; None once the session has ended in any way."""
    query = (
        select(SessionRow.id.label("session_id"), UserRow)
        .join(UserRow, UserRow.id == SessionRow.user_id)
        .where(SessionRow.key_hash == _hash(key), SessionRow.ended_at.is_(None), UserRow.disabled_at.is_(None))
        .where(SessionRow.expires_at > now, SessionRow.last_active_at > now - IDLE)
    )
    found = session.execute(query).one_or_none()
    return found and actor_of_user(found.UserRow, session_id=found.session_id, address=address)


def actor_of_user(user: UserRow, *, session_id: UUID | None = None, address: str = "") -> Actor:
    roles = tuple(Role(role) for role in user.roles)
    return Actor(
        kind=ActorKind.USER,
        id=user.id,
        name=user.name,
        email=user.email,
        roles=roles,
        permissions=permissions_of(roles),
        session_id=session_id,
        address=address,
        timezone=user.timezone,
        theme=user.theme,
    )


def touch(session: Session, session_id: UUID, *, now: datetime) -> None:
    """Note that somebody is there; at most once a minute."""
    session.execute(
        update(SessionRow)
        .where(SessionRow.id == session_id, SessionRow.last_active_at < now - TOUCH_EVERY)
        .values(last_active_at=now)
    )


def end(session: Session, session_id: UUID, *, user_id: UUID, because: str, now: datetime) -> bool:
    """End one session of a user; False when there was none to end."""
    ended = session.execute(_ending(because, now).where(SessionRow.id == session_id, SessionRow.user_id == user_id))
    return bool(ended.rowcount)  # type: ignore[attr-defined]


def end_all(session: Session, user_id: UUID, *, because: str, now: datetime, keep: UUID | None = None) -> None:
    """End every session of a user, perhaps but the one in hand."""
    statement = _ending(because, now).where(SessionRow.user_id == user_id)
    session.execute(statement if keep is None else statement.where(SessionRow.id != keep))


def end_by_key(session: Session, key: str, *, because: str, now: datetime) -> None:
    session.execute(_ending(because, now).where(SessionRow.key_hash == _hash(key)))


def open_sessions(session: Session, user_id: UUID, *, now: datetime) -> Sequence[OpenSession]:
    """Return where a user is signed in, the latest activity first."""
    query = (
        select(SessionRow)
        .where(SessionRow.user_id == user_id, SessionRow.ended_at.is_(None), SessionRow.expires_at > now)
        .where(SessionRow.last_active_at > now - IDLE)
        .order_by(SessionRow.last_active_at.desc())
        .limit(100)
    )
    return [
        OpenSession(row.id, row.created_at, row.last_active_at, row.address, row.user_agent)
        for row in session.scalars(query)
    ]


def _ending(because: str, now: datetime):  # type: ignore[no-untyped-def]
    return update(SessionRow).where(SessionRow.ended_at.is_(None)).values(ended_at=now, ended_because=because)


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="replace")).digest()
