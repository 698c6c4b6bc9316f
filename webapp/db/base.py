"""The declarative base, the time type and the engine that every table and query shares."""

from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import DateTime, Dialect, Engine, MetaData, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: refused when naive, always handed back in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant without a zone reached the database layer")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime()}  # noqa: RUF012 - SQLAlchemy reads it from the class


def normalise_url(url: str) -> str:
    """Name the driver: SQLAlchemy 2.1 reads a bare `postgresql://` as psycopg 3, which is not the one we install."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg2://" + url.removeprefix(prefix)
    return url


def make_engine(
    url: str,
    *,
    pool_size: int = 10,
    statement_timeout_seconds: int = 5,
    application_name: str = "mission-control",
) -> Engine:
    """Return an engine whose sessions think in UTC, give up on slow statements and never print values in errors."""
    engine = create_engine(
        make_url(normalise_url(url)),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=5,
        pool_pre_ping=True,
        pool_recycle=1800,
        hide_parameters=True,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={
            "connect_timeout": 3,
            # A server that is cut off answers nothing and refuses nothing: after some seconds of that it is gone.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
            "application_name": application_name,
            "options": f"-c timezone=UTC -c statement_timeout={statement_timeout_seconds * 1000} -c lock_timeout=2000"
            " -c idle_in_transaction_session_timeout=60000",
        },
    )
    event.listen(engine, "handle_error", _forget_dead_connections)
    return engine


def _forget_dead_connections(context: Any) -> None:
    """A server that shut down ends every pooled connection at once, not one request at a time."""
    if "terminating connection" in str(context.original_exception):
        context.is_disconnect = True
