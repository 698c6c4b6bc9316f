"""Rows of a file as columns of numbers, where they are plain: nothing in them could be refused, nothing needs a look.

Such rows are stored a column at a time, a hundred thousand a second; all others go row by row, to be told apart. So
whatever is doubtful here is not decided, but raises NotPlainError.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

LONGEST_ID, LONGEST_NAME, MOST_MILLISECONDS = 512, 64, 1e9  # as wire.Prediction has them
UNVERSIONED = "unversioned"
_MISSING = pa.array(["", "na", "n/a", "nan", "null", "none"])  # as importer_files.MISSING_NUMBERS
_SINGLE = ("error", "environment")  # fields that only rows one by one can have


class NotPlainError(Exception):
    """The rows have to be looked at one by one."""


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of few different values: them, and the place of each row's among them, −1 where it has none."""

    values: Sequence[Any]
    places: Counts

    def mapped(self, number_of: Callable[[Any], float]) -> Floats:
        """Return a number for each row, NaN where it has no value; each different value is asked for once."""
        numbers = np.array([*(number_of(value) for value in self.values), np.nan])
        found: Floats = numbers[self.places]
        return found


@dataclass(frozen=True, slots=True)
class Block:
    """Plain rows: ids that are texts, instants in µs, shares, and features as numbers or as one of few values."""

    ids: Sequence[str]
    at: Counts
    version: Coded
    score: Floats
    predicted: Coded | None
    actual: Coded | None
    latency_ms: Floats
    features: Mapping[str, Floats | Coded] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def first_values(self) -> Mapping[str, Any]:
        """Return the first value of each feature that has one, as a row that has them all."""
        found: dict[str, Any] = {}
        for name, column in self.features.items():
            if isinstance(column, Coded):
                places = column.places[column.places >= 0]
                found[name] = column.values[places[0]] if len(places) else None
            else:
                given = ~np.isnan(column)
                place = int(given.argmax())  # of the first one
                found[name] = float(column[place]) if given[place] else None
        return found


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column is which field, which are features, what is the same for all rows, and which CSV columns count."""

    columns: Mapping[str, str]  # field: column
    features: Sequence[str]
    version: str | None = None
    at: datetime | None = None
    read_class: Callable[[Any], Any] = lambda value: value
    numeric: frozenset[str] | None = None  # columns of texts that are numbers; None: columns have types of their own


def block_of(table: pa.RecordBatch, layout: Layout) -> Block:
    """Return the rows as a block; raise NotPlainError where one of them may need to be told apart."""
    columns = _Columns(table, layout)
    if any(columns.has_values(name) for name in _SINGLE):
        raise NotPlainError
    predicted, score = columns.coded("predicted"), columns.numbers_within("score", 0, 1)
    answered = ~np.isnan(score) if predicted is None else ~np.isnan(score) | (predicted.places >= 0)
    if not answered.all():
        raise NotPlainError
    return Block(
        ids=columns.identifiers(),
        at=columns.instants(),
        version=columns.versions(),
        score=score,
        predicted=predicted,
        actual=columns.coded("actual"),
        latency_ms=columns.numbers_within("latency_ms", 0, MOST_MILLISECONDS),
        features={name: columns.feature(name) for name in layout.features},
    )


class _Columns:
    """The columns of a table by field, as numbers and texts."""

    def __init__(self, table: pa.RecordBatch, layout: Layout) -> None:
        self.table, self.layout, self.size = table, layout, table.num_rows

    def identifiers(self) -> Sequence[str]:
        column = self._field("prediction_id")
        if column is None or column.null_count:
            raise NotPlainError
        if pa.types.is_integer(column.type):
            return [str(number) for number in column.to_pylist()]
        return self._texts(column, LONGEST_ID)

    def versions(self) -> Coded:
        column = self._field("version")
        if column is None:
            return Coded([self.layout.version or UNVERSIONED], np.zeros(self.size, dtype=np.int64))
        coded = _coded(column)
        self._texts(pa.array(coded.values), LONGEST_NAME)
        if (coded.places < 0).any():
            raise NotPlainError
        return coded

    def instants(self) -> Counts:
        if self.layout.at is not None:
            return np.full(self.size, round(self.layout.at.timestamp() * 1e6), dtype=np.int64)
        column = self._field("at")
        if column is None or column.null_count:
            raise NotPlainError
        if pa.types.is_string(column.type):
            column = _cast(column, pa.timestamp("us", tz="UTC"), pa.timestamp("us"))
        if not pa.types.is_timestamp(column.type):
            raise NotPlainError
        found: Counts = column.cast(pa.timestamp("us", tz="UTC"), safe=False).cast(pa.int64()).to_numpy()
        return found

    def numbers_within(self, name: str, low: float, high: float) -> Floats:
        column = self._field(name)
        if column is None:
            return np.full(self.size, np.nan)
        if pa.types.is_string(column.type):
            values = _floats(_cast(column, pa.float64()))
            if self.layout.numeric is None or np.isnan(values).sum() > column.null_count:
                raise NotPlainError
        elif _is_number(column.type) or pa.types.is_null(column.type):
            values = _floats(column)
        else:
            raise NotPlainError
        if ((values < low) | (values > high)).any():
            raise NotPlainError
        return values

    def coded(self, name: str) -> Coded | None:
        """Return answers as they are read row by row, each different one once."""
        column = self._field(name)
        if column is None:
            return None
        found = _coded(column)
        values = [None if value is None or value != value else value for value in found.values]
        read = [None if value is None else self.layout.read_class(value) for value in values]
        gone = np.array([*(value is None for value in read), True])
        return Coded(read, np.where(gone[found.places], -1, found.places))

    def feature(self, name: str) -> Floats | Coded:
        column = _decoded(self.table.column(name))
        if self.layout.numeric is not None:
            return _numbers(column) if name in self.layout.numeric else _coded(_filled(column))
        if _is_number(column.type) or pa.types.is_null(column.type):
            return _floats(column)
        if _is_text(column.type) or pa.types.is_boolean(column.type):
            return _coded(column)
        raise NotPlainError

    def has_values(self, name: str) -> bool:
        column = self._field(name)
        return column is not None and column.null_count < len(column)

    def _field(self, name: str) -> pa.Array | None:
        where = self.layout.columns.get(name)
        if where is None:
            return None
        column = _decoded(self.table.column(where))
        return column if self.layout.numeric is None else _filled(column)

    def _texts(self, column: pa.Array, longest: int) -> Sequence[str]:
        """Return texts that are neither empty nor long, without space around them or NUL within."""
        if not _is_text(column.type):
            raise NotPlainError
        lengths = pc.min_max(pc.utf8_length(column))
        is_fine = len(column) == 0 or (lengths["min"].as_py() > 0 and lengths["max"].as_py() <= longest)
        trimmed = pc.all(pc.equal(pc.utf8_trim_whitespace(column), column)).as_py() is not False
        if not is_fine or not trimmed or pc.any(pc.match_substring(column, "\x00")).as_py():
            raise NotPlainError
        texts: list[str] = column.to_pylist()
        return texts


def _coded(column: pa.Array) -> Coded:
    encoded = pc.dictionary_encode(column)
    places: Counts = encoded.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    return Coded(encoded.dictionary.to_pylist(), places)


def _filled(column: pa.Array) -> pa.Array:
    """Return texts, null where they are blank: as a CSV's are read."""
    return pc.if_else(pc.equal(pc.utf8_trim_whitespace(column), ""), pa.scalar(None, pa.string()), column)


def _cast(column: pa.Array, *kinds: pa.DataType) -> pa.Array:
    """Read texts as the first of the kinds that all of them are."""
    for kind in kinds:
        try:
            return column.cast(kind)
        except pa.ArrowInvalid:
            continue
    raise NotPlainError


def _numbers(texts: pa.Array) -> Floats:
    """Read texts as numbers, NaN where they are blank or say that nothing is there."""
    blank = pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(texts)), value_set=_MISSING)
    return _floats(_cast(pc.if_else(blank, pa.scalar(None, pa.string()), texts), pa.float64()))


def _floats(column: pa.Array) -> Floats:
    found: Floats = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return found


def _decoded(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
