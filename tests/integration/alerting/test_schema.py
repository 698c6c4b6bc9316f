"""The migrations make the tables that the code maps."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Table
from sqlalchemy.orm import Session

import webapp.alerting.tables
import webapp.worker.tables
from webapp.db.base import Base

OURS = {"rule", "rule_version", "rule_schedule", "rule_state", "alert", "alert_entry", "job_lease", "job_run"}


def test_the_migrated_tables_are_those_of_the_metadata(session: Session) -> None:
    assert webapp.alerting.tables
    assert webapp.worker.tables

    def include(thing: object, name: str | None, kind: str, *_rest: object) -> bool:
        table = name if isinstance(thing, Table) else getattr(getattr(thing, "table", None), "name", None)
        return table in OURS

    options = {"include_object": include, "compare_type": True}
    context = MigrationContext.configure(session.connection(), opts=options)

    assert compare_metadata(context, Base.metadata) == []
