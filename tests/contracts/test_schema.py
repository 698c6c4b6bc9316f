"""The migrated database is what the code maps, and could be spread over several machines as it is.

The rules for distribution are those that PostgreSQL with Citus asks for: the distribution column stands in every
primary and unique key, foreign keys lead only to tables that every machine has, and nothing hangs on a trigger.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Table, UniqueConstraint, text
from sqlalchemy.orm import Session

import webapp
from webapp.db.base import Base

for module in pkgutil.walk_packages(webapp.__path__, "webapp."):
    if module.name.endswith(".tables"):
        importlib.import_module(module.name)

DISTRIBUTED: Mapping[str, str] = {
    "prediction": "id",
    "prediction_error": "id",
    "outcome": "key",
    "outcome_correction": "id",
    "rollup": "version_id",
    "rollup_delta": "version_id",
    "measurement": "series_id",
    "measurement_rollup": "series_id",
}
"""What grows with the events, and by which column it is spread."""

EVERYWHERE = frozenset({"model", "model_version", "user_account", "rule", "alert", "measurement_series"})
"""Small tables that every machine would hold whole."""

TABLES = Base.metadata.tables


def unique_keys(table: Table) -> Iterator[set[str]]:
    yield set(table.primary_key.columns.keys())
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield set(constraint.columns.keys())
    for index in table.indexes:
        if index.unique:
            yield set(index.columns.keys())


@pytest.mark.filterwarnings("ignore:autogenerate skipping")
def test_the_migrations_make_what_the_code_maps(session: Session) -> None:
    def include(_thing: object, name: str | None, kind: str, is_reflected: bool, _to: object) -> bool:
        is_ours = kind != "table" or not (name or "").startswith(("prediction_w", "alembic_version"))
        # Indexes of expressions are compared by nobody; there is a test for the one that matters.
        return is_ours and not (kind == "index" and "lower" in (name or ""))

    options = {"include_object": include, "compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(session.connection(), opts=options)

    assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize("name", DISTRIBUTED)
def test_the_distribution_column_is_in_every_key(name: str) -> None:
    for key in unique_keys(TABLES[name]):
        assert DISTRIBUTED[name] in key


def test_what_grows_with_the_events_is_distributed() -> None:
    from webapp.telemetry import tables

    mapped = {table for table in TABLES.values() if table in {each.__table__ for each in vars(tables).values()
              if isinstance(each, type) and hasattr(each, "__table__")}}  # fmt: skip
    # One row a name, a day and reason, a file on its way, or in all.
    small = {"measurement_series", "refusal", "counted_ahead", "fold_lock"}

    assert {table.name for table in mapped} == DISTRIBUTED.keys() | small


def test_foreign_keys_of_what_is_distributed_lead_to_what_is_everywhere() -> None:
    for name in DISTRIBUTED:
        assert {key.column.table.name for key in TABLES[name].foreign_keys} <= EVERYWHERE
    for table in TABLES.values():
        assert not {key.column.table.name for key in table.foreign_keys} & DISTRIBUTED.keys()


def test_no_trigger_hangs_on_what_is_distributed(session: Session) -> None:
    query = text("SELECT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")

    assert not set(session.scalars(query)) & DISTRIBUTED.keys()


def test_events_are_partitioned_on_one_level(session: Session) -> None:
    query = text("SELECT relname FROM pg_class WHERE relkind = 'p'")

    assert session.scalars(query).all() == ["prediction"]


def test_one_address_has_one_account_in_the_database_too(session: Session) -> None:
    query = text("SELECT indexdef FROM pg_indexes WHERE indexname = 'uq_user_account_email_lower'")

    assert "UNIQUE" in session.scalars(query).one()
    assert "lower(" in session.scalars(query).one()


def test_every_instant_has_a_zone(session: Session) -> None:
    query = text("SELECT table_name, column_name FROM information_schema.columns"
                 " WHERE table_schema = 'public' AND data_type LIKE 'timestamp without%'")  # fmt: skip

    assert session.execute(query).all() == []
