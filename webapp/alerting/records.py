"""Many rows with one statement: they travel as one JSON document and come out typed as the table's columns are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import fields
from sqlalchemy import (
    BindParameter,
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
from sqlalchemy.dialects.postgresql import JSON, JSONB, Insert, insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.sql.selectable import TableValuedAlias

from webapp.db.base import Base

SHAPES = 500  # statements that are kept: one for each set of columns that differ
Record = Mapping[str, Any]
Row = TypeVar("Row", bound=Struct)


def read_all(session: Session, query: Select[*tuple[Any, ...]], row: type[Row]) -> list[Row]:
    """Return the rows of a query as values of a Struct that has its columns by name.

    Read one by one, the identifiers and instants of ten thousand rows take longer than the rest of their cycle.
    """
    return read_document(session, document_of(query, row), row)


def document_of(query: Select[*tuple[Any, ...]], row: type[Row]) -> Select[str]:
    """Return the statement that answers a query in one text, a list a column; one that is asked often is made once."""
    found = query.cte("found")
    lists = [func.coalesce(func.json_agg(found.c[each.name]), literal_column("'[]'")) for each in fields(row)]
    return select(cast(func.json_build_array(*lists), Text))


def read_document(session: Session, document: Select[str], row: type[Row], **values: Any) -> list[Row]:
    return list(map(row, *_decoder(row).decode(session.execute(document, values).scalar_one())))


def insert_all(session: Session, mapped: type[Base], rows: Sequence[Record]) -> set[UUID]:
    """Insert the rows, which all have the same keys; return the ids of those that no constraint kept out."""
    if not rows:
        return set()
    parts = _parts(rows)
    return set(session.execute(_insert_free(mapped, parts.names, tuple(parts.common)), parts.values).scalars())


def append_all(session: Session, mapped: type[Base], rows: Sequence[Record]) -> None:
    if rows:
        parts = _parts(rows)
        session.execute(_insert(mapped, parts.names, tuple(parts.common)), parts.values)


def put_all(session: Session, mapped: type[Base], rows: Sequence[Record]) -> None:
    """Insert the rows, or replace those with the same primary key."""
    if not rows:
        return
    keys, parts = [key.name for key in table_of(mapped).primary_key], _parts(rows)
    statement = _insert(mapped, parts.names, tuple(parts.common))
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), parts.values)


def update_all(session: Session, mapped: type[Base], rows: Sequence[Record], *, keys: Sequence[str] = ("id",)) -> None:
    """Update the rows by their keys; the other columns are what is set."""
    if not rows:
        return
    parts, table = _parts(rows, keys), table_of(mapped)
    given = _given(mapped, parts.names)
    values = {name: given.c[name] for name in parts.names if name not in keys} | _bound(table, parts.common)
    session.execute(update(table).where(_is_given(table, given, keys)).values(values), parts.values)


def delete_all(session: Session, mapped: type[Base], keys: Sequence[Record]) -> None:
    """Delete the rows that have these values, which are parts of their primary key."""
    if not keys:
        return
    given, table = _given(mapped, tuple(keys[0])), table_of(mapped)
    session.execute(delete(table).where(_is_given(table, given, tuple(keys[0]))), {"rows": list(keys)})


@dataclass(frozen=True, slots=True)
class _Parts:
    """Rows to be written: the columns that travel row by row, and what all rows have in common, which travels once."""

    names: tuple[str, ...]
    rows: Sequence[Record]
    common: Record

    @property
    def values(self) -> dict[str, Any]:
        return {"rows": [{name: row[name] for name in self.names} for row in self.rows], **self.common}


def _parts(rows: Sequence[Record], keys: Sequence[str] = ()) -> _Parts:
    by_row = keys or tuple(rows[0])[:1]  # of one row alone, something has to say that it is one
    common = {name: value for name, value in rows[0].items() if name not in by_row and _is_common(rows, name, value)}
    return _Parts(tuple(name for name in rows[0] if name not in common), rows, common)


def _is_common(rows: Sequence[Record], name: str, value: Any) -> bool:
    return rows[-1][name] == value and [row[name] for row in rows].count(value) == len(rows)


@cache
def _decoder(row: type[Struct]) -> msgspec.json.Decoder[tuple[list[Any], ...]]:
    return msgspec.json.Decoder(tuple[*(list[each.type] for each in fields(row))])  # type: ignore[misc, name-defined]


def _is_given(table: Table, given: TableValuedAlias, keys: Iterable[str]) -> ColumnElement[bool]:
    return and_(*(table.c[name] == given.c[name] for name in keys))


@lru_cache(maxsize=SHAPES)
def _given(mapped: type[Base], names: tuple[str, ...]) -> TableValuedAlias:
    columns = [column(name, table_of(mapped).c[name].type) for name in names]
    rows = cast(bindparam("rows", type_=JSON), JSON)
    return func.json_to_recordset(rows).table_valued(*columns).render_derived(name="given", with_types=True)


@lru_cache(maxsize=SHAPES)
def _insert(mapped: type[Base], names: tuple[str, ...], common: tuple[str, ...]) -> Insert:
    given, table = _given(mapped, names), table_of(mapped)
    rows = select(*(given.c[name] for name in names), *_bound(table, common).values())
    return insert(table).from_select([*names, *common], rows)


@lru_cache(maxsize=SHAPES)
def _insert_free(mapped: type[Base], names: tuple[str, ...], common: tuple[str, ...]) -> ReturningInsert[UUID]:
    return _insert(mapped, names, common).on_conflict_do_nothing().returning(table_of(mapped).c.id)


def _bound(table: Table, names: Iterable[str]) -> dict[str, BindParameter[Any]]:
    types = {name: table.c[name].type for name in names}
    # Nothing is nothing here too, not the word null in a document.
    kinds = {name: JSONB(none_as_null=True) if isinstance(kind, JSONB) else kind for name, kind in types.items()}
    return {name: bindparam(name, type_=kind) for name, kind in kinds.items()}


def table_of(mapped: type[Base]) -> Table:
    """Return the table of a mapped class: a statement on it alone is made and read without the mapping's work."""
    table = mapped.__table__
    assert isinstance(table, Table)
    return table
