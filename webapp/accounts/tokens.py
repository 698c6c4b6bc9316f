"""Keys for programs: made once, shown once, stored as a hash, limited by scopes and always with an end."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.accounts import audit
from webapp.accounts.actor import Actor, ActorKind
from webapp.accounts.permissions import SCOPES, Role, permissions_of, permissions_of_scopes
from webapp.accounts.tables import TokenRow, UserRow
from webapp.core.errors import FieldError, InvalidInputError, NotFoundError
from webapp.core.ids import uuid7

LONGEST_LIFETIME = timedelta(days=366)
TOKEN = re.compile(r"mc_([0-9a-z]{10})_([0-9a-f]{48})")
INGEST = re.compile(r"ingest:(\*|[A-Za-z0-9][A-Za-z0-9_.-]{0,99})")
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewToken:
    """The only moment at which the text of a token is known."""

    id: UUID
    text: str


@dataclass(frozen=True, slots=True)
class Token:
    id: UUID
    key: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def create(
    session: Session,
    *,
    name: str,
    scopes: Iterable[str],
    actor: Actor,
    now: datetime,
    lifetime: timedelta = timedelta(days=90),
    user_id: UUID | None = None,
) -> NewToken:
    """Make a token: personal when it has a user, and then never able to do more than that user."""
    scopes = _checked(name, tuple(dict.fromkeys(scopes)), lifetime)
    key, secret = secrets.token_hex(5), secrets.token_hex(24)
    row = TokenRow(
        id=uuid7(now),
        key=key,
        secret_hash=_hash(secret),
        name=name.strip(),
        scopes=list(scopes),
        user_id=user_id,
        created_at=now,
        created_by=actor.name,
        expires_at=now + lifetime,
    )
    session.add(row)
    given = {"key": key, "scopes": scopes, "expires_at": row.expires_at}
    audit.record(session, "token.created", actor=actor, subject=f"token:{row.name}", now=now, after=given)
    return NewToken(row.id, f"mc_{key}_{secret}")


def revoke(session: Session, token_id: UUID, *, actor: Actor, now: datetime, user_id: UUID | None = None) -> None:
    """End a token for good. With a user given, only a token of that user is found."""
    query = select(TokenRow).where(TokenRow.id == token_id, TokenRow.revoked_at.is_(None)).with_for_update()
    row = session.scalar(query if user_id is None else query.where(TokenRow.user_id == user_id))
    if row is None:
        raise NotFoundError("There is no such token in use; it may have been revoked already.")
    row.revoked_at = now
    audit.record(session, "token.revoked", actor=actor, subject=f"token:{row.name}", now=now, before={"key": row.key})


def tokens(session: Session, *, user_id: UUID | None = None, limit: int = 200) -> Sequence[Token]:
    """Return the tokens (of one user, when given), newest first."""
    query = select(TokenRow).order_by(TokenRow.id.desc()).limit(limit)
    rows = session.scalars(query if user_id is None else query.where(TokenRow.user_id == user_id))
    return [_token(row) for row in rows]


def actor_of(session: Session, text: str, *, address: str, now: datetime) -> Actor | None:
    """Return who a token acts as, or None when it is not one, has ended, or its user may not sign in."""
    parts = TOKEN.fullmatch(text)
    if parts is None:
        return None
    query = select(TokenRow, UserRow).outerjoin(UserRow, UserRow.id == TokenRow.user_id)
    found = session.execute(query.where(TokenRow.key == parts[1])).one_or_none()
    if found is None or not hmac.compare_digest(found.TokenRow.secret_hash, _hash(parts[2])):
        return None
    token, user = found.TokenRow, found.UserRow
    if token.revoked_at is not None or token.expires_at <= now or (user is not None and user.disabled_at is not None):
        return None
    _touch(session, token, now)
    return _actor(token, user, address)


@dataclass(slots=True)
class TokenCache:
    """What was verified a moment ago, by the hash of the token: ingest asks a hundred times a second.

    A revoked token therefore works for `keep` longer at most.
    """

    keep: timedelta = timedelta(seconds=10)
    size: int = 1000
    _entries: dict[bytes, tuple[datetime, Actor]] = field(default_factory=dict)

    def get(self, text: str, *, now: datetime) -> Actor | None:
        found = self._entries.get(_hash(text))
        return found[1] if found and abs(now - found[0]) < self.keep else None

    def put(self, text: str, actor: Actor, *, now: datetime) -> None:
        if len(self._entries) >= self.size:
            self._entries.clear()
        self._entries[_hash(text)] = (now, actor)


def _checked(name: str, scopes: tuple[str, ...], lifetime: timedelta) -> tuple[str, ...]:
    if not 1 <= len(name.strip()) <= 100:
        raise _fault("/name", "Give the token a name of 1 to 100 characters.")
    unknown = [scope for scope in scopes if scope not in SCOPES and not INGEST.fullmatch(scope)]
    if unknown or not scopes:
        choices = ", ".join([*SCOPES, "ingest:* or ingest:<model>"])
        raise _fault("/scopes", f"Choose scopes out of {choices}.")
    if not timedelta() < lifetime <= LONGEST_LIFETIME:
        raise _fault("/expires", "A token lives for a year at most.")
    return scopes


def _fault(at: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, errors=(FieldError(at, message),))


def _touch(session: Session, token: TokenRow, now: datetime) -> None:
    if token.last_used_at is None or now - token.last_used_at >= TOUCH_EVERY:
        session.execute(update(TokenRow).where(TokenRow.id == token.id).values(last_used_at=now))


def _actor(token: TokenRow, user: UserRow | None, address: str) -> Actor:
    granted = permissions_of_scopes(token.scopes)
    if user is not None:
        granted &= permissions_of(Role(role) for role in user.roles)
    return Actor(
        kind=ActorKind.TOKEN,
        id=token.id,
        name=f"{user.name} ({token.name})" if user else token.name,
        permissions=granted,
        scopes=frozenset(token.scopes),
        address=address,
    )


def _token(row: TokenRow) -> Token:
    return Token(
        id=row.id,
        key=row.key,
        name=row.name,
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()
