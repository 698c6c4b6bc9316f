"""Bringing a database to the schema that this version knows: one process at a time, under a lock of the database."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

import migrations
from webapp.core.errors import UserError
from webapp.db.base import normalise_url
from webapp.db.locks import AdvisoryLock

LOCK = AdvisoryLock.MIGRATING


def upgrade(url: str) -> None:
    """Apply what is missing; several processes may call this at once. A newer schema than ours is refused."""
    engine = create_engine(make_url(normalise_url(url)), connect_args={"connect_timeout": 10}, hide_parameters=True)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            _refuse_unknown(connection)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()


def _refuse_unknown(connection: Connection) -> None:
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if current is not None and current not in known:
        raise UserError(
            f"The database has the schema '{current}', which this version does not know."
            " Start the version that made it, or a newer one."
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return config
