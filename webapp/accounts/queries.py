"""What the administration pages ask: who has an account, and how they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.accounts.permissions import Role
from webapp.accounts.tables import UserRow


@dataclass(frozen=True, slots=True)
class User:
    id: UUID
    email: str
    name: str
    roles: tuple[Role, ...]
    timezone: str
    theme: str
    created_at: datetime
    last_signed_in_at: datetime | None
    has_password: bool
    is_disabled: bool

    @property
    def status(self) -> str:
        if self.is_disabled:
            return "disabled"
        return "active" if self.has_password else "invited"


def users(session: Session, *, limit: int = 500) -> Sequence[User]:
    """Return everybody with an account, by name."""
    rows = session.scalars(select(UserRow).order_by(func.lower(UserRow.name), UserRow.id).limit(limit))
    return [_user(row) for row in rows]


def user(session: Session, user_id: UUID) -> User | None:
    row = session.get(UserRow, user_id)
    return None if row is None else _user(row)


def _user(row: UserRow) -> User:
    return User(
        id=row.id,
        email=row.email,
        name=row.name,
        roles=tuple(Role(role) for role in row.roles),
        timezone=row.timezone,
        theme=row.theme,
        created_at=row.created_at,
        last_signed_in_at=row.last_signed_in_at,
        has_password=row.password_hash is not None,
        is_disabled=row.disabled_at is not None,
    )
