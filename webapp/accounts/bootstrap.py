"""The way in for the first administrator: a link printed at the start, good once, for a quarter of an hour."""

from datetime import datetime

from sqlalchemy.orm import Session

from webapp.accounts import links, users
from webapp.accounts.actor import SYSTEM
from webapp.accounts.links import LinkKind
from webapp.accounts.permissions import Role
from webapp.accounts.sessions import actor_of_user
from webapp.accounts.tables import UserRow
from webapp.core.errors import ConflictError, NotFoundError


def first_admin_link(session: Session, now: datetime, base_url: str) -> str | None:
    """Return the address at which the first administrator is made; None when there is one already."""
    if users.has_administrator(session):
        return None
    secret = links.create(session, LinkKind.FIRST_ADMINISTRATOR, user_id=None, created_by=SYSTEM.name, now=now)
    return f"{base_url.rstrip('/')}/welcome/{secret}"


def create_first_administrator(
    session: Session, secret: str, *, email: str, name: str, password: str, now: datetime
) -> UserRow:
    """Make the administrator for whom the link was printed; the link is used up."""
    link = links.find(session, secret, now=now, lock=True)
    if link.kind is not LinkKind.FIRST_ADMINISTRATOR:
        raise NotFoundError(links.GONE)
    if users.has_administrator(session):
        raise ConflictError("There is an administrator already; ask for an invitation.")
    links.use(session, link, now=now)
    return users.create(session, email=email, name=name, roles=[Role.ADMIN], password=password, actor=SYSTEM, now=now)


def accept_invitation(session: Session, secret: str, *, password: str, now: datetime) -> UserRow:
    """Set the password of the user for whom the link was made; the link is used up."""
    link = links.find(session, secret, now=now, lock=True)
    if link.user_id is None:
        raise NotFoundError(links.GONE)
    user = users.by_id(session, link.user_id, lock=True)
    if user.disabled_at is not None:
        raise NotFoundError(links.GONE)
    users.set_password(session, user, password, actor=actor_of_user(user), now=now)
    links.use(session, link, now=now)
    return user


def invited_user(session: Session, secret: str, *, now: datetime) -> UserRow | None:
    """Return whom a link is for: None for the first administrator, who does not exist yet."""
    link = links.find(session, secret, now=now)
    return None if link.user_id is None else users.by_id(session, link.user_id)
