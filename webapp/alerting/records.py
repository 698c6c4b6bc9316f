"""Many rows with one statement: they travel as one JSON document and come out typed as the table's columns are."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    cast,
    column,
    delete,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSON, Insert, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TableValuedAlias

from webapp.db.base import Base

Record = Mapping[str, Any]
Row = TypeVar("Row")


def read_all(session: Session, query: Select[*tuple[Any, ...]], row: type[Row]) -> list[Row]:
    """Return the rows of a query as values of a type that has its columns by name.

    Read one by one, the identifiers and instants of ten thousand rows take longer than the rest of their cycle.
    """
    return read_document(session, document_of(query), row)


def document_of(query: Select[*tuple[Any, ...]]) -> Select[str]:
    """Return the statement that answers all rows of a query in one text; one that is asked often is made once."""
    found = query.cte("found")
    return select(cast(func.coalesce(func.json_agg(found.table_valued()), literal_column("'[]'")), Text))


def read_document(session: Session, document: Select[str], row: type[Row], **values: Any) -> list[Row]:
    text = session.execute(document, values).scalar_one()
    return msgspec.json.decode(text, type=list[row])  # type: ignore[valid-type]


def insert_all(session: Session, mapped: type[Base], rows: Sequence[Record]) -> set[UUID]:
    """Insert the rows, which all have the same keys; return the ids of those that no constraint kept out."""
    if not rows:
        return set()
    table = _table(mapped)
    statement = _insert(mapped, tuple(rows[0])).on_conflict_do_nothing().returning(table.c.id)
    return set(session.execute(statement, {"rows": list(rows)}).scalars())


def append_all(session: Session, mapped: type[Base], rows: Sequence[Record]) -> None:
    if rows:
        session.execute(_insert(mapped, tuple(rows[0])), {"rows": list(rows)})


def put_all(session: Session, mapped: type[Base], rows: Sequence[Record]) -> None:
    """Insert the rows, or replace those with the same primary key."""
    if not rows:
        return
    keys = [key.name for key in _table(mapped).primary_key]
    statement = _insert(mapped, tuple(rows[0]))
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), {"rows": list(rows)})


def update_all(session: Session, mapped: type[Base], rows: Sequence[Record], *, keys: Sequence[str] = ("id",)) -> None:
    """Update the rows by their keys; the other columns are what is set."""
    if not rows:
        return
    given, table = _given(mapped, tuple(rows[0])), _table(mapped)
    values = {name: given.c[name] for name in rows[0] if name not in keys}
    session.execute(update(table).where(_is_given(table, given, keys)).values(values), {"rows": list(rows)})


def delete_all(session: Session, mapped: type[Base], keys: Sequence[Record]) -> None:
    """Delete the rows that have these values, which are parts of their primary key."""
    if not keys:
        return
    given, table = _given(mapped, tuple(keys[0])), _table(mapped)
    session.execute(delete(table).where(_is_given(table, given, tuple(keys[0]))), {"rows": list(keys)})


def _is_given(table: Table, given: TableValuedAlias, keys: Iterable[str]) -> ColumnElement[bool]:
    return and_(*(table.c[name] == given.c[name] for name in keys))


@cache
def _given(mapped: type[Base], names: tuple[str, ...]) -> TableValuedAlias:
    columns = [column(name, _table(mapped).c[name].type) for name in names]
    rows = cast(bindparam("rows", type_=JSON), JSON)
    return func.json_to_recordset(rows).table_valued(*columns).render_derived(name="given", with_types=True)


@cache
def _insert(mapped: type[Base], names: tuple[str, ...]) -> Insert:
    given = _given(mapped, names)
    return insert(_table(mapped)).from_select(list(names), select(*(given.c[name] for name in names)))


def _table(mapped: type[Base]) -> Table:
    table = mapped.__table__
    assert isinstance(table, Table)
    return table
