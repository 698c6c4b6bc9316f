"""What every test may ask for: a real database, a standing clock, the application, people and tokens."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from webapp.accounts import tokens, users
from webapp.accounts.actor import SYSTEM
from webapp.accounts.permissions import Role
from webapp.accounts.sessions import open_session
from webapp.accounts.tables import UserRow
from webapp.app import create_app
from webapp.core.clock import StandingClock
from webapp.db import embedded, migrate
from webapp.db.base import make_engine, normalise_url
from webapp.runtime import Runtime
from webapp.settings import Settings
from webapp.web import csrf

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
PASSWORD = "correct-horse-battery-staple-9"
CAST = {
    Role.EXECUTIVE: "erin",
    Role.DATA_SCIENTIST: "ada",
    Role.DEVOPS: "dev",
    Role.ANALYST: "bea",
    Role.ONCALL: "omar",
    Role.AUDITOR: "ari",
    Role.ADMIN: "root",
}
# Nothing of a test database has to outlive a power cut. What the planner knows of its tables does not depend on when
# they were looked at: many tests take back what they wrote, and a table full of that looks empty.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "autovacuum": "off",
}


@dataclass(frozen=True, slots=True)
class Databases:
    """A server with one migrated template; `fresh()` copies it."""

    url: str

    def fresh(self) -> str:
        name = f"test_{secrets.token_hex(6)}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
        return self.named(name)

    def drop(self, url: str) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def named(self, name: str) -> str:
        return make_url(normalise_url(self.url)).set(database=name).render_as_string(hide_password=False)

    def run(self, statement: str) -> None:
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()


TEMPLATE = f"template_{os.getpid()}_{secrets.token_hex(3)}"


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """The server named by MC_TEST_DATABASE_URL, or an embedded one for this run."""
    given = os.environ.get("MC_TEST_DATABASE_URL")
    folder = Path(tempfile.mkdtemp(prefix="mission-control-tests-"))
    folder.chmod(0o755)
    server = None if given else embedded.start(folder, settings=FAST)
    found = Databases(given or (server.url if server else ""))
    try:
        found.run(f'CREATE DATABASE "{TEMPLATE}"')
        migrate.upgrade(found.named(TEMPLATE))
        yield found
    finally:
        found.drop(found.named(TEMPLATE))
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_url(databases: Databases) -> Iterator[str]:
    url = databases.fresh()
    yield url
    databases.drop(url)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(NOON)


@pytest.fixture
def session(shared_url: str) -> Iterator[Session]:
    """A session whose work is undone at the end: quick, for what needs no second connection."""
    engine = make_engine(shared_url, pool_size=1, statement_timeout_seconds=30)
    with engine.connect() as connection, connection.begin() as transaction:
        with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as opened:
            yield opened
        transaction.rollback()
    engine.dispose()


@pytest.fixture
def runtime(databases: Databases, clock: StandingClock) -> Iterator[Runtime]:
    """A runtime on a database of its own, for what commits or runs at the same time."""
    url = databases.fresh()
    settings = Settings(database_url=url, secret_key=secrets.token_urlsafe(48), base_url="http://localhost")
    built = Runtime.build(settings, clock=clock)
    yield built
    built.dispose()
    databases.drop(url)


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    return create_app(runtime)


class Client(FlaskClient):
    """A browser that is signed in: `csrf` is the header that a write needs."""

    csrf: dict[str, str]


@pytest.fixture
def make_user(runtime: Runtime, clock: StandingClock) -> Callable[..., UserRow]:
    """Add somebody with a role; without an argument, the one of the cast."""

    def make(role: Role = Role.DATA_SCIENTIST, *, name: str | None = None) -> UserRow:
        called = name or CAST[role]
        with runtime.transaction() as session:
            known = users.by_email(session, f"{called}@example.com")
            return known or users.create(
                session,
                email=f"{called}@example.com",
                name=called.capitalize(),
                roles=[role],
                password=PASSWORD,
                actor=SYSTEM,
                now=clock.now(),
            )

    return make


@pytest.fixture
def client_of(app: Flask, runtime: Runtime, make_user: Callable[..., UserRow]) -> Callable[..., Client]:
    """Return a function from a role to a signed-in client of the application."""
    app.test_client_class = Client

    def client(role: Role | str, *, name: str | None = None) -> Client:
        user = make_user(Role(role), name=name)
        now = runtime.clock.now()
        with runtime.transaction() as session:
            key = open_session(session, user.id, address="127.0.0.1", user_agent="tests", now=now)
        made: Client = app.test_client()  # type: ignore[assignment]
        made.set_cookie("mc_session", key)
        with app.test_request_context(headers={"Cookie": f"mc_session={key}"}):
            from webapp.web.session import actor

            session_id = actor().session_id
            assert session_id is not None
            made.csrf = {csrf.HEADER: csrf.session_token(session_id)}
        return made

    return client


@pytest.fixture
def token_for(runtime: Runtime) -> Callable[..., str]:
    """Return a function from scopes to the text of a fresh token."""

    def token(*scopes: str) -> str:
        with runtime.transaction() as session:
            made = tokens.create(session, name="test", scopes=scopes, actor=SYSTEM, now=runtime.clock.now())
        return made.text

    return token
