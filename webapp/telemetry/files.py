"""Reading the columns of a CSV or Parquet file that somebody sent."""

import io
from collections.abc import Mapping, Sequence

import pyarrow as pa
from pyarrow import csv, parquet

from webapp.core.errors import InvalidInputError
from webapp.telemetry.wire import FeatureValue

CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"
Columns = Mapping[str, Sequence[FeatureValue]]


def read_columns(raw: bytes, media_type: str) -> Columns:
    """Return the file's columns by name: numbers, flags and texts as such, everything else as text."""
    try:
        table = _parquet(raw) if media_type == PARQUET else _csv(raw)
        columns = {name: _plain(table.column(name)) for name in table.column_names}
    except (pa.ArrowException, OSError) as error:
        raise InvalidInputError(f"The file cannot be read as {media_type}: {str(error).splitlines()[0]}.") from None
    if len(columns) != len(table.column_names):
        raise InvalidInputError("Two columns of the file have the same name.")
    return columns


def _csv(raw: bytes) -> pa.Table:
    options = csv.ConvertOptions(strings_can_be_null=True, timestamp_parsers=[])
    return csv.read_csv(io.BytesIO(raw), convert_options=options)


def _parquet(raw: bytes) -> pa.Table:
    return parquet.read_table(io.BytesIO(raw))


def _plain(column: pa.ChunkedArray) -> Sequence[FeatureValue]:
    kind = column.type
    if pa.types.is_boolean(kind):
        return column.to_pylist()  # type: ignore[no-any-return]
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return column.cast(pa.float64()).to_pylist()  # type: ignore[no-any-return]
    return column.cast(pa.string()).to_pylist()  # type: ignore[no-any-return]
