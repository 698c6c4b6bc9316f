"""Files of events, read a stretch at a time: CSV, Parquet and NDJSON, all as columns of plain values.

What a CSV's columns hold is decided by their first stretch: a column of numbers (blanks aside) is one of numbers, and
a later text in it stays a text, so that it is counted as a type error instead of ending the import.
"""

import csv
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from webapp.core.errors import InvalidInputError

ROWS = 5_000
BLOCK_BYTES, BUFFER_BYTES = 4 << 20, 1 << 16  # of a CSV; of each column of a Parquet file
LOOKED_AT = 5_000  # rows of a CSV that decide what its columns hold
MISSING_NUMBERS = frozenset({"", "na", "n/a", "nan", "null", "none"})
DELIMITERS = ",;\t|"
Values = Sequence[Any]


class Plain(Mapping[str, Values]):
    """The columns of a table as plain values, each made when it is asked for."""

    def __init__(self, table: pa.RecordBatch, read: Callable[[str, Values], Values]) -> None:
        self._table, self._read = table, read
        self._places = {name: place for place, name in enumerate(table.schema.names)}

    def __getitem__(self, name: str) -> Values:
        return self._read(name, self._table.column(self._places[name]).to_pylist())

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def part(self, first: int, size: int) -> "Plain":
        return Plain(self._table.slice(first, size), self._read)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some rows of a file as columns, each row's number (the first after the header is 1), and what is unreadable.

    `table` has the same rows where the file holds columns; `numeric` then names those of a CSV that are numbers.
    """

    numbers: Sequence[int]
    columns: Mapping[str, Values]
    unreadable: Sequence[tuple[int, str]] = ()
    table: pa.RecordBatch | None = None
    numeric: frozenset[str] | None = None

    def compact(self, name: str) -> Values:
        """Return a column's values in little room, where the file has types: texts that are alike are the same object.

        Numbers are an array of floats, in which missing ones are NaN.
        """
        column = None if self.table is None or self.numeric is not None else self.table.column(name)
        if column is None:
            return self.columns[name]
        if pa.types.is_floating(column.type) or _is_short_integer(column.type):
            return cast(Values, column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False))
        if pa.types.is_string(column.type):
            encoded = column.dictionary_encode()
            texts = np.array([*encoded.dictionary.to_pylist(), None], dtype=object)
            return cast(Values, texts[encoded.indices.fill_null(-1).to_numpy()].tolist())
        return self.columns[name]

    def parts(self, size: int) -> Iterator["Stretch"]:
        """Yield the rows in parts of a size, and with the first of them what is unreadable."""
        unreadable = self.unreadable
        for first in range(0, max(len(self.numbers), 1), size):
            part = slice(first, first + size)
            lazy = self.columns.part(first, size) if isinstance(self.columns, Plain) else None
            columns = {name: values[part] for name, values in self.columns.items()} if lazy is None else lazy
            yield Stretch(self.numbers[part], columns, unreadable)
            unreadable = ()


class EventFile(ABC):
    """A file that is being read. `position` of `size` says how far it got."""

    columns: Sequence[str]
    size: int
    position: int = 0

    @abstractmethod
    def stretches(self, *, texts: Collection[str] = (), rows: int = ROWS) -> Iterator[Stretch]:
        """Yield the rows in order, about so many at once; a text file's columns in `texts` stay as they are written."""


def open_file(path: Path) -> EventFile:
    """Open a file by the ending of its name; what cannot be read is a sentence."""
    kind = _KINDS.get(path.suffix.lower())
    if kind is None:
        raise InvalidInputError(f"'{path.name}' is no file that can be imported; its name ends in {', '.join(_KINDS)}.")
    try:
        return kind(path)
    except OSError as error:
        raise InvalidInputError(f"'{path}' cannot be read: {error.strerror or error}.") from error
    except (pa.ArrowInvalid, UnicodeDecodeError, csv.Error, StopIteration) as error:
        raise _unreadable(path, error) from error


class _Csv(EventFile):
    def __init__(self, path: Path) -> None:
        self.path, self.size = path, path.stat().st_size
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            self._delimiter = max(DELIMITERS, key=first.count)
            file.seek(0)
            self.columns = next(csv.reader(file, delimiter=self._delimiter))
        twice = sorted({name for name in self.columns if self.columns.count(name) > 1})
        if twice:
            raise InvalidInputError(f"'{path.name}' has the column '{twice[0]}' twice; give each one name.")

    def stretches(self, *, texts: Collection[str] = (), rows: int = ROWS) -> Iterator[Stretch]:
        bad: dict[int, str] = {}
        numeric: frozenset[str] | None = None
        number = 0
        with self.path.open("rb") as file:
            for batch in self._batches(file, bad):
                numbers: list[int] = []
                while len(numbers) < batch.num_rows:
                    number += 1
                    if number not in bad:
                        numbers.append(number)
                if numeric is None:
                    numeric = self._numeric(batch, texts)
                self.position = file.tell()
                read = partial(_read_column, numeric)
                for first in range(0, batch.num_rows, rows):
                    part = batch.slice(first, rows)
                    yield Stretch(numbers[first : first + rows], Plain(part, read), (), part, numeric)
        if bad:
            yield Stretch((), dict.fromkeys(self.columns, ()), sorted(bad.items()))

    @staticmethod
    def _numeric(batch: pa.RecordBatch, texts: Collection[str]) -> frozenset[str]:
        """Return the columns that hold numbers, as their first values say."""
        first = batch.slice(0, LOOKED_AT)
        names = [name for name in first.schema.names if name not in texts]
        return frozenset(name for name in names if _are_numbers(first.column(name).to_pylist()))

    def _batches(self, file: BinaryIO, bad: dict[int, str]) -> Iterator[pa.RecordBatch]:
        def note(row: Any) -> str:
            bad[row.number - 1] = f"has {row.actual_columns} columns where the header has {row.expected_columns}"
            return "skip"

        try:
            yield from pa_csv.open_csv(
                file,
                read_options=pa_csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES),
                parse_options=pa_csv.ParseOptions(
                    delimiter=self._delimiter, invalid_row_handler=note, newlines_in_values=True
                ),
                convert_options=pa_csv.ConvertOptions(column_types=dict.fromkeys(self.columns, pa.string())),
            )
        except pa.ArrowInvalid as error:
            raise _unreadable(self.path, error) from error


class _Parquet(EventFile):
    def __init__(self, path: Path) -> None:
        self.path = path
        # Read as it goes along, instead of a whole row group (a million rows, often) at once.
        self._file = pq.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False)
        self.columns, self.size = self._file.schema_arrow.names, self._file.metadata.num_rows

    def stretches(self, *, texts: Collection[str] = (), rows: int = ROWS) -> Iterator[Stretch]:
        self.position = 0
        for batch in self._file.iter_batches(batch_size=rows, use_threads=False):
            numbers = range(self.position + 1, self.position + batch.num_rows + 1)
            self.position += batch.num_rows
            yield Stretch(numbers, Plain(batch, lambda _, values: _plain(values)), (), batch)


class _Ndjson(EventFile):
    """One object a line; the members of an object under "features" count as columns of their own."""

    def __init__(self, path: Path) -> None:
        self.path, self.size = path, path.stat().st_size
        first = next(self.stretches(), None)
        self.columns = () if first is None else tuple(first.columns)

    def stretches(self, *, texts: Collection[str] = (), rows: int = ROWS) -> Iterator[Stretch]:
        read: list[tuple[int, dict[str, Any]]] = []
        bad: list[tuple[int, str]] = []
        self.position = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                self.position += len(line)
                if not line.isspace():
                    _read_line(number, line, read, bad)
                if len(read) + len(bad) >= ROWS:
                    yield _as_columns(read, bad)
                    read, bad = [], []
        if read or bad:
            yield _as_columns(read, bad)


def _read_line(number: int, line: bytes, rows: list[tuple[int, dict[str, Any]]], bad: list[tuple[int, str]]) -> None:
    try:
        row = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        bad.append((number, "is no JSON object"))
        return
    features = row.pop("features", None)
    rows.append((number, {**row, **features} if isinstance(features, dict) else row))


def _as_columns(rows: Sequence[tuple[int, dict[str, Any]]], bad: Sequence[tuple[int, str]]) -> Stretch:
    names = dict.fromkeys(name for _, row in rows for name in row)
    columns = {name: _plain([row.get(name) for _, row in rows]) for name in names}
    return Stretch([number for number, _ in rows], columns, bad)


def _is_short_integer(kind: pa.DataType) -> bool:
    """Say whether the type holds integers that are floats without a loss, all of them."""
    return bool(pa.types.is_integer(kind) and kind.bit_width <= 32)


def _read_column(numeric: frozenset[str], name: str, texts: Values) -> Values:
    return _values(texts, name in numeric)


def _are_numbers(texts: Sequence[str]) -> bool:
    """Say whether there is a number, and nothing but numbers and blanks."""
    given = [text for text in texts if text.strip().lower() not in MISSING_NUMBERS]
    return bool(given) and all(isinstance(_number(text), float) for text in given)


def _values(texts: Sequence[str], is_numeric: bool) -> Values:
    if is_numeric:
        return [_number(text) for text in texts]
    return [text if text and not text.isspace() else None for text in texts]


def _number(text: str) -> float | str | None:
    """Return the number that the text is, None for a blank, else the text itself."""
    try:
        value = float(text)
    except ValueError:
        return None if text.strip().lower() in MISSING_NUMBERS else text
    return None if math.isnan(value) else value


def _plain(values: Values) -> Values:
    return [None if isinstance(value, float) and math.isnan(value) else value for value in values]


def _unreadable(path: Path, error: Exception) -> InvalidInputError:
    if isinstance(error, StopIteration):
        return InvalidInputError(f"'{path.name}' is empty.")
    if isinstance(error, UnicodeDecodeError):
        return InvalidInputError(f"'{path.name}' is not UTF-8 text; save it as UTF-8.")
    return InvalidInputError(f"'{path.name}' cannot be read as {path.suffix[1:].upper()}: {str(error).splitlines()[0]}")


_KINDS: Mapping[str, type[_Csv] | type[_Parquet] | type[_Ndjson]] = {
    ".csv": _Csv,
    ".parquet": _Parquet,
    ".ndjson": _Ndjson,
    ".jsonl": _Ndjson,
}
