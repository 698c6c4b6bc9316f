"""Bringing a database to the schema that this version knows: one process at a time, under a lock of the database."""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

import migrations
from webapp.core.errors import UserError
from webapp.db.base import normalise_url
from webapp.db.locks import AdvisoryLock

LOCK = AdvisoryLock.MIGRATING
_FOLDER = Path(migrations.__file__).parent


def upgrade(url: str) -> None:
    """Apply what is missing; several processes may call this at once. A newer schema than ours is refused."""
    engine = create_engine(make_url(normalise_url(url)), connect_args={"connect_timeout": 10}, hide_parameters=True)
    try:
        with engine.begin() as connection:
            if _current(connection) == _revisions()[-1]:
                return  # as on every start but the first of a version
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            _apply(connection)
    finally:
        engine.dispose()


def _apply(connection: Connection) -> None:
    from alembic import command  # a tenth of a second that only a new schema is worth
    from alembic.config import Config

    current = _current(connection)
    if current is not None and current not in _revisions():
        raise UserError(
            f"The database has the schema '{current}', which this version does not know."
            " Start the version that made it, or a newer one."
        )
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _current(connection: Connection) -> str | None:
    """Return the revision that the database has, None where it has none."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


@cache
def _revisions() -> tuple[str, ...]:
    """Return the revisions in their order: a file is named as what it holds."""
    return tuple(sorted(path.stem for path in (_FOLDER / "versions").glob("[0-9]*.py")))
