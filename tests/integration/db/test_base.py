"""Connections think in UTC, give up on slow statements, print no values, and forget a server that went away."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError
from sqlalchemy.orm import Session

from tests.factories import NOW, make_model
from webapp.catalog.tables import ModelRow
from webapp.db.base import make_engine, normalise_url
from webapp.runtime import Runtime


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_usual_url_names_the_driver(scheme: str) -> None:
    assert normalise_url(f"{scheme}://u:p@h:1/d?x=y") == "postgresql+psycopg2://u:p@h:1/d?x=y"


def test_instants_come_back_in_utc_and_naive_ones_are_refused(session: Session) -> None:
    make_model(session, now=datetime(2026, 3, 10, 14, tzinfo=timezone(timedelta(hours=2))))
    session.expire_all()

    kept = session.query(ModelRow).one()

    assert kept.created_at == NOW
    assert kept.created_at.tzinfo is UTC
    kept.created_at = datetime(2026, 3, 10)  # noqa: DTZ001
    with pytest.raises(StatementError, match="without a zone"):
        session.flush()


def test_a_statement_that_takes_too_long_is_given_up(runtime: Runtime) -> None:
    engine = make_engine(str(runtime.settings.database_url), statement_timeout_seconds=1)

    with engine.connect() as connection, pytest.raises(OperationalError, match="statement timeout"):
        connection.execute(text("SELECT pg_sleep(5)"))
    engine.dispose()


def test_an_error_never_prints_what_was_sent(session: Session) -> None:
    with pytest.raises(DBAPIError) as caught:
        session.execute(text("SELECT CAST(:value AS int) / 0"), {"value": "12345678"})

    assert "12345678" not in str(caught.value).split("[SQL")[1]
    assert "hidden" in str(caught.value)


def test_connections_that_the_server_ended_are_replaced(runtime: Runtime) -> None:
    with runtime.transaction() as session, runtime.transaction() as other:
        session.execute(text("SELECT 1"))
        other.execute(text("SELECT 1"))
    with runtime.job_transaction() as session:
        session.execute(text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                             " WHERE pid <> pg_backend_pid() AND datname = current_database()"))  # fmt: skip

    with runtime.transaction() as session:
        assert session.scalars(text("SELECT 1")).one() == 1


def test_leaving_a_transaction_with_an_error_undoes_it(runtime: Runtime) -> None:
    def fail() -> None:
        with runtime.transaction() as session:
            make_model(session)
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    with runtime.transaction() as session:
        assert session.query(ModelRow).all() == []


def test_ingest_and_jobs_do_not_take_the_connections_of_people(runtime: Runtime) -> None:
    assert len({id(engine.pool) for engine in (runtime.engine, runtime.ingest_engine, runtime.job_engine)}) == 3
