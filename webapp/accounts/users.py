"""People: invited, given roles, disabled; each deed in the audit log and in force at the next request."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.accounts import audit, links, passwords, sessions
from webapp.accounts.actor import Actor
from webapp.accounts.links import LinkKind
from webapp.accounts.permissions import Role
from webapp.accounts.tables import UserRow
from webapp.core.errors import ConflictError, FieldError, InvalidInputError, NotFoundError
from webapp.core.ids import uuid7
from webapp.db.locks import AdvisoryLock

EMAIL = re.compile(r"[^@\s\x00-\x1f\"<>]{1,64}@[^@\s\x00-\x1f\"<>]{1,190}")
NAME = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,100}")
THEMES = ("system", "light", "dark")


def create(
    session: Session,
    *,
    email: str,
    name: str,
    roles: Iterable[Role],
    actor: Actor,
    now: datetime,
    password: str | None = None,
) -> UserRow:
    """Add somebody; without a password they cannot sign in before they set one by a link."""
    email, name, chosen = _email(email), _name(name), _roles(roles)
    if by_email(session, email) is not None:
        raise ConflictError(f"There is already an account for {email}.")
    if password is not None:
        passwords.check_strength(password, words=_own_words(email, name))
    user = UserRow(
        id=uuid7(now),
        email=email,
        name=name,
        roles=chosen,
        password_hash=None if password is None else passwords.hash_password(password),
        password_changed_at=None if password is None else now,
        timezone="UTC",
        theme="system",
        created_at=now,
        created_by=actor.name,
    )
    session.add(user)
    session.flush()
    audit.record(session, "user.created", actor=actor, subject=_subject(user), now=now, after=_visible(user))
    return user


def invite(
    session: Session, *, email: str, name: str, roles: Iterable[Role], actor: Actor, now: datetime
) -> tuple[UserRow, str]:
    """Add somebody and return the secret of the link by which they set their password."""
    user = create(session, email=email, name=name, roles=roles, actor=actor, now=now)
    return user, links.create(session, LinkKind.INVITATION, user_id=user.id, created_by=actor.name, now=now)


def new_password_link(session: Session, user_id: UUID, *, actor: Actor, now: datetime) -> str:
    """Return the secret of a link by which the user sets a new password; the old one stays until then."""
    user = by_id(session, user_id)
    if user.disabled_at is not None:
        raise ConflictError(f"{user.name} is disabled; enable the account first.")
    audit.record(session, "user.password_link_made", actor=actor, subject=_subject(user), now=now)
    kind = LinkKind.INVITATION if user.password_hash is None else LinkKind.PASSWORD
    return links.create(session, kind, user_id=user.id, created_by=actor.name, now=now)


def set_password(session: Session, user: UserRow, password: str, *, actor: Actor, now: datetime) -> None:
    """Give the user a new password; every other session of theirs ends."""
    passwords.check_strength(password, words=_own_words(user.email, user.name))
    user.password_hash, user.password_changed_at = passwords.hash_password(password), now
    sessions.end_all(session, user.id, because="password changed", now=now, keep=actor.session_id)
    audit.record(session, "user.password_changed", actor=actor, subject=_subject(user), now=now)


def change_password(session: Session, current: str, new: str, *, actor: Actor, now: datetime) -> None:
    """Change one's own password, knowing the current one."""
    user = _own(session, actor)
    if not passwords.is_password(user.password_hash, current):
        raise _fault("/current", "The current password is not right.")
    set_password(session, user, new, actor=actor, now=now)


def set_roles(session: Session, user_id: UUID, roles: Iterable[Role], *, actor: Actor, now: datetime) -> None:
    """Change what somebody may do, from their next request on; the last administrator stays one."""
    user, chosen = by_id(session, user_id, lock=True), _roles(roles)
    if Role.ADMIN in user.roles and Role.ADMIN not in chosen:
        _keep_an_administrator(session, user)
    before, user.roles = _visible(user), chosen
    audit.record(
        session, "user.roles_changed", actor=actor, subject=_subject(user), now=now, before=before, after=_visible(user)
    )


def disable(session: Session, user_id: UUID, *, actor: Actor, now: datetime) -> None:
    """Shut somebody out at once; what they did keeps their name."""
    user = by_id(session, user_id, lock=True)
    if user.disabled_at is not None:
        raise ConflictError(f"{user.name} is already disabled.")
    if Role.ADMIN in user.roles:
        _keep_an_administrator(session, user)
    user.disabled_at = now
    sessions.end_all(session, user.id, because="account disabled", now=now)
    audit.record(session, "user.disabled", actor=actor, subject=_subject(user), now=now)


def enable(session: Session, user_id: UUID, *, actor: Actor, now: datetime) -> None:
    user = by_id(session, user_id, lock=True)
    user.disabled_at = None
    audit.record(session, "user.enabled", actor=actor, subject=_subject(user), now=now)


def update_profile(session: Session, *, name: str, timezone: str, theme: str, actor: Actor, now: datetime) -> None:
    """Change how one is called and how times and colours are shown."""
    user = _own(session, actor)
    if timezone not in available_timezones():
        raise _fault("/timezone", f"'{timezone}' is not a time zone; choose one such as Europe/Paris.")
    if theme not in THEMES:
        raise _fault("/theme", f"Choose a theme out of {', '.join(THEMES)}.")
    before = {"name": user.name, "timezone": user.timezone, "theme": user.theme}
    user.name, user.timezone, user.theme = _name(name), timezone, theme
    after = {"name": user.name, "timezone": user.timezone, "theme": user.theme}
    if before != after:
        subject = _subject(user)
        audit.record(session, "profile.changed", actor=actor, subject=subject, now=now, before=before, after=after)


def by_id(session: Session, user_id: UUID, *, lock: bool = False) -> UserRow:
    user = session.get(UserRow, user_id, with_for_update=lock or None)
    if user is None:
        raise NotFoundError("There is no such user.")
    return user


def by_email(session: Session, email: str) -> UserRow | None:
    return session.scalar(select(UserRow).where(func.lower(UserRow.email) == email.strip().lower()))


def has_administrator(session: Session) -> bool:
    """Say whether somebody can administer: an administrator who is not disabled and can sign in."""
    able = (UserRow.roles.contains([Role.ADMIN]), UserRow.disabled_at.is_(None), UserRow.password_hash.is_not(None))
    return session.scalar(select(UserRow.id).where(*able).limit(1)) is not None


def _keep_an_administrator(session: Session, leaving: UserRow) -> None:
    """Refuse to lose the last one; the lock keeps two administrators from removing each other at once."""
    session.execute(select(func.pg_advisory_xact_lock(AdvisoryLock.ADMINISTRATORS)))
    able = (UserRow.roles.contains([Role.ADMIN]), UserRow.disabled_at.is_(None), UserRow.password_hash.is_not(None))
    if session.scalar(select(UserRow.id).where(*able, UserRow.id != leaving.id).limit(1)) is None:
        raise ConflictError(f"{leaving.name} is the last administrator; make somebody else one first.")


def _own(session: Session, actor: Actor) -> UserRow:
    if actor.id is None or actor.session_id is None:
        raise NotFoundError("Only somebody who is signed in has a profile.")
    return by_id(session, actor.id)


def _email(text: str) -> str:
    email = text.strip()
    if not EMAIL.fullmatch(email):
        raise _fault("/email", f"'{email}' is not an e-mail address.")
    return email


def _name(text: str) -> str:
    name = text.strip()
    if not NAME.fullmatch(name):
        raise _fault("/name", "Give a name of 1 to 100 characters.")
    return name


def _roles(roles: Iterable[Role]) -> list[str]:
    chosen = frozenset(roles)
    if not chosen:
        raise _fault("/roles", "Choose at least one role.")
    return [role.value for role in Role if role in chosen]


def _own_words(email: str, name: str) -> list[str]:
    return [email, *re.split(r"[\W_]+", f"{email} {name}")]


def _subject(user: UserRow) -> str:
    return f"user:{user.email}"


def _visible(user: UserRow) -> dict[str, Any]:
    return {"email": user.email, "name": user.name, "roles": list(user.roles)}


def _fault(at: str, message: str) -> InvalidInputError:
    return InvalidInputError(message, errors=(FieldError(at, message),))
