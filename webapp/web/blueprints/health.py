"""Two questions of a load balancer: does the process live, and can it serve?"""

from functools import cache
from pathlib import Path

from alembic.script import ScriptDirectory
from flask import Blueprint, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

import migrations
from webapp.core.errors import UnavailableError
from webapp.web.errors import NO_DATABASE
from webapp.web.session import runtime

BLUEPRINT = Blueprint("health", __name__)


@BLUEPRINT.get("/livez")
def livez() -> Response:
    return Response("ok\n", mimetype="text/plain")


@BLUEPRINT.get("/readyz")
def readyz() -> Response:
    """Answer 503 while the database is out of reach or has a schema that this version does not know."""
    found = _schema()
    if found != known_schema():
        raise UnavailableError(f"The database has the schema {found}, this version needs {known_schema()}.")
    return Response("ready\n", mimetype="text/plain")


@cache
def known_schema() -> str | None:
    """Return the latest migration that this version ships."""
    return ScriptDirectory(Path(migrations.__file__).parent).get_current_head()


def _schema() -> str | None:
    try:
        with runtime().engine.connect() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 1000"))
            found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError as error:
        raise UnavailableError(NO_DATABASE) from error
    return None if found is None else str(found)
