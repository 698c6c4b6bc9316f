"""Who works at the demo company: a sign-in for each role, with passwords that are made fresh and kept in one file."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy.orm import Session

from webapp.accounts import passwords, tokens, users
from webapp.accounts.actor import SYSTEM, Actor, ActorKind
from webapp.accounts.permissions import Role, permissions_of
from webapp.accounts.tables import UserRow
from webapp.core.errors import NotFoundError, UserError

NAMES: Mapping[Role, str] = {
    Role.EXECUTIVE: "Erin",
    Role.DATA_SCIENTIST: "Ada",
    Role.DEVOPS: "Dev",
    Role.ANALYST: "Bea",
    Role.ONCALL: "Omar",
    Role.AUDITOR: "Ari",
    Role.ADMIN: "Root",
}
SCOPES: Mapping[str, str] = {"ingest": "ingest:*", "write": "write", "alerts": "alerts"}
FILE = "credentials.json"


class SignIn(msgspec.Struct, frozen=True):
    email: str
    password: str


class Credentials(msgspec.Struct, frozen=True):
    """How each role signs in, and a token for each kind of program."""

    base_url: str
    users: dict[str, SignIn]
    tokens: dict[str, str]

    def write(self, path: Path) -> None:
        """Write them where only the owner can read them."""
        part = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n")
            part.replace(path)
        except OSError as error:
            raise UserError(f"The sign-ins cannot be written to {path}: {error.strerror}.") from error


def kept(path: Path) -> Credentials | None:
    """Return the credentials of the file; None where there is none that can be used."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Credentials)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def live_here(session: Session) -> bool:
    """Say whether the demo's people have accounts in this database."""
    return all(users.by_email(session, _email(role)) is not None for role in NAMES)


def move_in(session: Session, *, now: datetime) -> None:
    """Give everybody an account who has none; their passwords are set with the credentials."""
    for role, name in NAMES.items():
        if users.by_email(session, _email(role)) is None:
            users.create(session, email=_email(role), name=name, roles=[role], actor=SYSTEM, now=now)


def sign_ins(session: Session, former: Credentials | None, *, base_url: str, now: datetime) -> Credentials:
    """Return credentials that work: the former ones where they still do, fresh ones in place of the others."""
    known = former or Credentials(base_url, {}, {})
    return Credentials(
        base_url,
        {role.value: _sign_in(session, role, known.users.get(role.value), now=now) for role in NAMES},
        {name: _token(session, name, known.tokens.get(name, ""), now=now) for name in SCOPES},
    )


def actor_of(session: Session, role: Role) -> Actor:
    """Return the demo's person of the role, as somebody who acts."""
    user = _user(session, role)
    held = tuple(Role(name) for name in user.roles)
    return Actor(
        kind=ActorKind.USER, id=user.id, name=user.name, email=user.email, roles=held, permissions=permissions_of(held)
    )


def _sign_in(session: Session, role: Role, former: SignIn | None, *, now: datetime) -> SignIn:
    user = _user(session, role)
    if former is not None and passwords.is_password(user.password_hash, former.password):
        return former
    fresh = SignIn(user.email, passwords.generate())
    users.set_password(session, user, fresh.password, actor=SYSTEM, now=now)
    return fresh


def _user(session: Session, role: Role) -> UserRow:
    user = users.by_email(session, _email(role))
    if user is None:
        raise NotFoundError(f"{NAMES[role]} of the demo has no account any more.")
    return user


def _token(session: Session, name: str, former: str, *, now: datetime) -> str:
    if tokens.actor_of(session, former, address="", now=now) is not None:
        return former
    return tokens.create(session, name=f"demo {name}", scopes=[SCOPES[name]], actor=SYSTEM, now=now).text


def _email(role: Role) -> str:
    return f"{NAMES[role].lower()}@demo.example"
