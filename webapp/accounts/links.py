"""Links that work once and not for long: for the first administrator, an invitation, a new password."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.accounts.tables import LinkRow
from webapp.core.errors import NotFoundError
from webapp.core.ids import uuid7


class LinkKind(StrEnum):
    FIRST_ADMINISTRATOR = "first_administrator"
    INVITATION = "invitation"
    PASSWORD = "password"  # noqa: S105 - the word, not a secret


LIFETIME = {
    LinkKind.FIRST_ADMINISTRATOR: timedelta(minutes=15),
    LinkKind.INVITATION: timedelta(days=7),
    LinkKind.PASSWORD: timedelta(hours=24),
}
GONE = "This link has been used or is too old. Ask for a new one."


@dataclass(frozen=True, slots=True)
class Link:
    id: UUID
    kind: LinkKind
    user_id: UUID | None


def create(session: Session, kind: LinkKind, *, user_id: UUID | None, created_by: str, now: datetime) -> str:
    """Make a link and return its secret part; earlier links for the same purpose stop working."""
    same = (LinkRow.kind == kind, LinkRow.user_id == user_id, LinkRow.used_at.is_(None))
    session.execute(update(LinkRow).where(*same).values(used_at=now))
    secret = secrets.token_urlsafe(32)
    session.add(
        LinkRow(
            id=uuid7(now),
            kind=kind,
            secret_hash=_hash(secret),
            user_id=user_id,
            created_at=now,
            created_by=created_by,
            expires_at=now + LIFETIME[kind],
        )
    )
    return secret


def find(session: Session, secret: str, *, now: datetime, lock: bool = False) -> Link:
    """Return what the link is for; with `lock` nobody else can use it until the transaction ends."""
    query = select(LinkRow).where(LinkRow.secret_hash == _hash(secret), LinkRow.used_at.is_(None))
    query = query.where(LinkRow.expires_at > now)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFoundError(GONE)
    return Link(row.id, LinkKind(row.kind), row.user_id)


def use(session: Session, link: Link, *, now: datetime) -> None:
    session.execute(update(LinkRow).where(LinkRow.id == link.id).values(used_at=now))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()
