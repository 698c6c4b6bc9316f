"""Many rows at once: PostgreSQL's binary COPY, built from numpy columns.

Rows with the same pattern of nulls have the same layout, so each pattern is one big-endian structured array
(format: PostgreSQL manual, COPY, "Binary Format"); only texts and text arrays are appended row by row.
"""

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg2
from numpy.typing import NDArray
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
_NULL = struct.pack(">i", -1)
_FLOAT8_OID, _TEXT_OID = 701, 25
_POSTGRES_EPOCH_US = 946_684_800_000_000
_SIMPLE = {
    "int4": ">i4",
    "int8": ">i8",
    "int2": ">i2",
    "float8": ">f8",
    "float4": ">f4",
    "bool": "u1",
    "uuid": "V16",
    "timestamptz": ">i8",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its PostgreSQL type and its values.

    `values` has shape (rows,); for `float8[]` (rows, length); for `text`, `bytea` and `text[]` it is a sequence of
    str, bytes or sequences, None for null. `null` marks the rows without a value, for the other types. Texts that all
    have as many bytes may be an array of bytes, which costs nothing a row.
    """

    name: str
    kind: str
    values: Any
    null: NDArray[np.bool_] | None = None

    @property
    def is_variable(self) -> bool:
        return self.kind in {"text", "bytea", "text[]"} and not isinstance(self.values, np.ndarray)


def copy_rows(session: Session, table: str, columns: Sequence[Column]) -> None:
    """Append the rows inside the session's transaction; a violated constraint or a lost server raises as usual."""
    names = ", ".join(f'"{column.name}"' for column in _ordered(columns))
    statement = f'COPY "{table}" ({names}) FROM STDIN WITH (FORMAT binary)'
    connection = session.connection()
    cursor = connection.connection.cursor()
    try:
        cursor.copy_expert(statement, io.BytesIO(encode(columns)))
    except psycopg2.Error as error:
        # The driver is used directly here, so SQLAlchemy does not translate its errors by itself.
        is_lost = bool(getattr(connection.connection.dbapi_connection, "closed", True))
        raise DBAPIError.instance(
            statement, None, error, psycopg2.Error, hide_parameters=True, connection_invalidated=is_lost
        ) from error
    finally:
        cursor.close()


def encode(columns: Sequence[Column]) -> bytes:
    ordered = _ordered(columns)
    fixed = [column for column in ordered if not column.is_variable]
    variable = [_encoded_texts(column) for column in ordered if column.is_variable]
    count = len(ordered[0].values)
    pattern = _null_patterns(fixed, count)
    parts = [_SIGNATURE]
    for code in np.unique(pattern):
        rows = np.flatnonzero(pattern == code)
        parts.extend(_rows(fixed, variable, rows, int(code), field_count=len(ordered)))
    parts.append(_TRAILER)
    return b"".join(parts)


def _ordered(columns: Sequence[Column]) -> list[Column]:
    """Variable ones last: what stands before them has the same width in every row of a pattern."""
    return sorted(columns, key=lambda column: column.is_variable)


def _null_patterns(columns: Sequence[Column], count: int) -> NDArray[np.int64]:
    pattern = np.zeros(count, dtype=np.int64)
    for bit, column in enumerate(columns):
        if column.null is not None:
            pattern |= column.null.astype(np.int64) << bit
    return pattern


def _rows(
    fixed: Sequence[Column], variable: Sequence[list[bytes]], rows: NDArray[np.int64], pattern: int, *, field_count: int
) -> list[bytes]:
    layout: list[tuple[str, Any]] = [("fields", ">i2")]
    for bit, column in enumerate(fixed):
        layout.append((f"size{bit}", ">i4"))
        if not pattern >> bit & 1:
            layout.extend(_value_layout(bit, column))
    block = np.zeros(len(rows), dtype=np.dtype(layout))
    block["fields"] = field_count
    for bit, column in enumerate(fixed):
        _fill(block, bit, column, rows, is_null=bool(pattern >> bit & 1))
    if not variable:
        return [block.tobytes()]
    width, raw = block.dtype.itemsize, block.tobytes()
    parts: list[bytes] = []
    for place, row in enumerate(rows.tolist()):
        parts.append(raw[place * width : (place + 1) * width])
        parts.extend(texts[row] for texts in variable)
    return parts


def _value_layout(bit: int, column: Column) -> list[tuple[str, Any]]:
    if column.kind == "float8[]":
        item = np.dtype([("size", ">i4"), ("value", ">f8")])
        return [(f"head{bit}", ">i4", (5,)), (f"value{bit}", item, (column.values.shape[1],))]  # type: ignore[list-item]
    if column.kind == "text":
        return [(f"value{bit}", f"V{column.values.itemsize}")]
    return [(f"value{bit}", _SIMPLE[column.kind])]


def _fill(block: NDArray[Any], bit: int, column: Column, rows: NDArray[np.int64], *, is_null: bool) -> None:
    if is_null:
        block[f"size{bit}"] = -1
        return
    values = np.asarray(column.values)[rows]
    if column.kind == "float8[]":
        length = values.shape[1]
        block[f"size{bit}"] = 20 + 12 * length
        block[f"head{bit}"] = (1, 0, _FLOAT8_OID, length, 1)
        block[f"value{bit}"]["size"] = 8
        block[f"value{bit}"]["value"] = values
        return
    if column.kind == "timestamptz":
        values = values - _POSTGRES_EPOCH_US
    elif column.kind == "text":
        values = values.view(f"V{values.itemsize}")
    block[f"size{bit}"] = block.dtype[f"value{bit}"].itemsize
    block[f"value{bit}"] = values


def _encoded_texts(column: Column) -> list[bytes]:
    if column.kind == "text[]":
        return [_NULL if value is None else _text_array(value) for value in column.values]
    pack = struct.Struct(">i").pack
    raw = column.values if column.kind == "bytea" else [v if v is None else v.encode() for v in column.values]
    return [_NULL if value is None else pack(len(value)) + value for value in raw]


def _text_array(texts: Sequence[str]) -> bytes:
    items = b"".join(struct.pack(">i", len(raw)) + raw for raw in (text.encode() for text in texts))
    body = struct.pack(">iiiii", 1, 0, _TEXT_OID, len(texts), 1) + items
    return struct.pack(">i", len(body)) + body
