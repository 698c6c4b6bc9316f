"""Many identifiers in one parameter: a list of ten thousand in a statement is parsed and planned as ten thousand."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, String, Uuid, any_, cast, literal


def one_of(values: Iterable[UUID]) -> Any:
    """Return what a column is compared with to be one of the values: `column == one_of(values)`."""
    return any_(uuids(values))


def uuids(values: Iterable[UUID]) -> ColumnElement[Any]:
    """Return any number of identifiers as one array."""
    return as_uuids(literal(uuid_array(values), String))


def as_uuids(text: ColumnElement[str]) -> ColumnElement[Any]:
    return cast(text, ARRAY(Uuid()))


def uuid_array(values: Iterable[UUID]) -> str:
    """Return identifiers as PostgreSQL writes an array of them."""
    return f"{{{','.join([value.hex for value in values])}}}"
