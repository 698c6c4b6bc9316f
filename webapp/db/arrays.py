"""Many identifiers in one parameter: a list of ten thousand in a statement is parsed and planned as ten thousand."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, cast


def one_of(values: Sequence[UUID]) -> Any:
    """Return what a column is compared with to be one of the values: `column == one_of(values)`."""
    return any_(cast(list(values), ARRAY(Uuid())))
