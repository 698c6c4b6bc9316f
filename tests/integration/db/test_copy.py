"""Rows that go in by binary COPY come out as they were, whatever is null; faults are SQLAlchemy's as usual."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.errors import UniqueViolation
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.db.copy import Column, copy_rows

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CLEAN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=10)
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "int2": st.integers(-(2**15), 2**15 - 1),
    "int4": st.integers(-(2**31), 2**31 - 1),
    "int8": st.integers(-(2**63), 2**63 - 1),
    "float4": st.floats(width=32, allow_nan=False),
    "float8": st.floats(allow_nan=False),
    "bool": st.booleans(),
    "uuid": st.uuids(),
    "timestamptz": INSTANTS,
    "text": CLEAN,
    "bytea": st.binary(max_size=10),
    "text[]": st.lists(CLEAN, max_size=3),
    "float8[]": st.lists(st.floats(allow_nan=False), min_size=3, max_size=3),
}
ROWS = st.lists(
    st.fixed_dictionaries(
        {kind: st.none() | values if kind != "float8[]" else values for kind, values in KINDS.items()}
    ),
    min_size=1,
    max_size=12,
)
COLUMNS = ", ".join(f'"{kind}" {kind}' for kind in KINDS)


def column(kind: str, values: list[Any]) -> Column:
    if kind in {"text", "bytea", "text[]"}:
        return Column(kind, kind, values)
    if kind == "float8[]":
        return Column(kind, kind, np.array(values, dtype=np.float64))
    null = np.array([value is None for value in values])
    filled = [next(each for each in [*values, _zero(kind)] if each is not None) if v is None else v for v in values]
    return Column(kind, kind, _array(kind, filled), null if null.any() else None)


def _zero(kind: str) -> Any:
    return {"uuid": UUID(int=0), "timestamptz": EPOCH}.get(kind, 0)


def _array(kind: str, values: list[Any]) -> Any:
    if kind == "uuid":
        return np.frombuffer(b"".join(value.bytes for value in values), "V16")
    if kind == "timestamptz":
        return np.array([(value - EPOCH) // timedelta(microseconds=1) for value in values], dtype=np.int64)
    types = {"int2": "i8", "int4": "i8", "int8": "i8", "float4": "f4", "float8": "f8", "bool": "?"}
    return np.array(values, dtype=types[kind])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS)
def test_what_goes_in_comes_out(session: Session, rows: list[dict[str, Any]]) -> None:
    session.execute(text(f"CREATE TEMPORARY TABLE IF NOT EXISTS copied (place int4, {COLUMNS})"))
    session.execute(text("TRUNCATE copied"))

    copy_rows(session, "copied", [
        Column("place", "int4", np.arange(len(rows))),
        *(column(kind, [row[kind] for row in rows]) for kind in KINDS),
    ])  # fmt: skip

    found = session.execute(text("SELECT * FROM copied ORDER BY place")).mappings().all()
    assert len(found) == len(rows)
    for kept, sent in zip(found, rows, strict=True):
        for kind, value in sent.items():
            shown = bytes(kept[kind]) if kind == "bytea" and kept[kind] is not None else kept[kind]
            shown = UUID(shown) if kind == "uuid" and isinstance(shown, str) else shown
            assert shown == (np.float32(value) if kind == "float4" and value is not None else value), kind


def test_arrays_without_an_element_are_empty(session: Session) -> None:
    session.execute(text("CREATE TEMPORARY TABLE copied (numbers float8[])"))

    copy_rows(session, "copied", [Column("numbers", "float8[]", np.empty((2, 0)))])

    assert session.scalars(text("SELECT numbers FROM copied")).all() == [[], []]


def test_a_violated_constraint_is_an_error_of_the_usual_kind(session: Session) -> None:
    session.execute(text("CREATE TEMPORARY TABLE copied (id int4 PRIMARY KEY)"))

    with pytest.raises(IntegrityError) as caught, session.begin_nested():
        copy_rows(session, "copied", [Column("id", "int4", np.array([1, 1]))])

    assert isinstance(caught.value.orig, UniqueViolation)
    copy_rows(session, "copied", [Column("id", "int4", np.array([1, 2]))])
    assert session.scalars(text("SELECT count(*) FROM copied")).one() == 2


def test_texts_of_as_many_bytes_go_in_as_one_array(session: Session) -> None:
    session.execute(text("CREATE TEMPORARY TABLE ids (id text, value float8)"))
    raw = [each.encode() for each in ("aaaa", "éé", "007x", "    ")]

    values = np.array([1.0, 2.0, np.nan, 4.0])
    copy_rows(
        session, "ids", [Column("value", "float8", values, np.isnan(values)), Column("id", "text", np.array(raw, "S4"))]
    )

    rows = session.execute(text('SELECT id, value FROM ids ORDER BY id COLLATE "C"')).all()
    assert [tuple(row) for row in rows] == [("    ", 4.0), ("007x", None), ("aaaa", 1.0), ("éé", 2.0)]
