"""Signing in with a password: counted, compared, and only then a session; each step in a transaction of its own."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from webapp.accounts import audit, passwords, sessions, throttle, users
from webapp.accounts.actor import Actor, ActorKind
from webapp.accounts.tables import UserRow

Transaction = Callable[[], AbstractContextManager[Session]]


def sign_in(
    transaction: Transaction, email: str, password: str, *, address: str, user_agent: str, now: datetime
) -> str | None:
    """Return the key of a new session; None, after the same time, whatever was wrong."""
    with transaction() as session:
        throttle.count_attempt(session, email=email, address=address, now=now)
        user = users.by_email(session, email)
    stored = user.password_hash if user is not None and user.disabled_at is None else None
    right = passwords.is_password(stored, password)
    with transaction() as session:
        if user is None or not right:
            _note_refusal(session, email, address, now)
            return None
        throttle.forgive(session, email=email, address=address, now=now)
        return start_session(session, user.id, password=password, address=address, user_agent=user_agent, now=now)


def start_session(
    session: Session, user_id: UUID, *, address: str, user_agent: str, now: datetime, password: str | None = None
) -> str:
    """Open a session for somebody who has just shown who they are."""
    user = users.by_id(session, user_id)
    if password is not None and user.password_hash is not None and passwords.needs_rehash(user.password_hash):
        user.password_hash = passwords.hash_password(password)
    user.last_signed_in_at = now
    key = sessions.open_session(session, user.id, address=address, user_agent=user_agent, now=now)
    audit.record(session, "session.opened", actor=_as(user, address), subject=f"user:{user.email}", now=now)
    return key


def _as(user: UserRow, address: str) -> Actor:
    return sessions.actor_of_user(user, address=address)


def _note_refusal(session: Session, email: str, address: str, now: datetime) -> None:
    nobody = Actor(kind=ActorKind.USER, name="nobody", permissions=frozenset(), address=address)
    audit.record(session, "session.refused", actor=nobody, subject=f"user:{email.strip()[:254]}", now=now)
