"""A training frame or any other file as a baseline: its columns, which of them are no features, and what fits.

Nothing is stored by looking: whoever sends the file sees first what the model will be compared with.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
from sqlalchemy.orm import Session

from webapp.catalog.binning import NOT_A_NUMBER, Kind
from webapp.catalog.models import Model, Task
from webapp.catalog.queries import current_binning
from webapp.core.errors import InvalidInputError
from webapp.telemetry import baselines
from webapp.telemetry.bins import Columns, first_value
from webapp.telemetry.columns import class_text, numbers, unknown_features
from webapp.telemetry.importer_files import EventFile, Values, open_file
from webapp.telemetry.reference import BaselineInfo
from webapp.telemetry.wire import FeatureValue

SCORE, ACTUAL = "score", "actual"  # the columns that are no features unless others are named
ROWS = 1_000_000
NAMED = 8
_TRUE, _FALSE = frozenset({"1", "true"}), frozenset({"0", "false"})
_WRONG = NOT_A_NUMBER


@dataclass(frozen=True, slots=True)
class Given:
    """What a file gives: one column a feature, and beside them scores and outcomes where it has some."""

    features: Columns
    scores: Sequence[float] | None
    outcomes: Sequence[float | None] | None
    rows: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What would become of the file's columns."""

    rows: int
    matched: tuple[str, ...]  # features that the model has, too
    unknown: tuple[str, ...]  # features that the model never sent
    missing: tuple[str, ...]  # features of the model that the file lacks: they will have no reference
    wrong_types: Mapping[str, int]  # values that are no numbers in features that are
    scores: int
    outcomes: int


def read_file(path: Path, *, name: str | None = None) -> Columns:
    """Return the columns of a CSV, Parquet or NDJSON file; a row that cannot be read is a fault of the whole."""
    file = open_file(path)
    return _whole(file, name or path.name)


def read_json(body: bytes) -> Columns:
    """Return the columns of a JSON object, {"columns": {"tenure": [5, 12], "contract": ["One year", null]}}."""
    try:
        document = msgspec.json.decode(body, type=_Document)
    except msgspec.DecodeError as error:
        raise InvalidInputError(f"The columns cannot be read: {error}.") from None
    return document.columns


def given(model: Model, columns: Columns, *, score: str | None = None, actual: str | None = None) -> Given:
    """Tell features from scores and outcomes. Columns that are named must exist; the usual names may."""
    rows = len(next(iter(columns.values()), ()))
    features = dict(columns)
    scores = _taken(features, score, SCORE)
    outcomes = _taken(features, actual, ACTUAL)
    return Given(
        features=features,
        scores=None if scores is None else _scores(scores, score or SCORE),
        outcomes=None if outcomes is None or model.task is not Task.BINARY else _outcomes(model, outcomes),
        rows=rows,
    )


def preview(session: Session, model: Model, what: Given) -> Preview:
    """Return how the file fits the model, without storing anything."""
    binning = current_binning(session, model.id)
    known = {} if binning is None else {feature.name: feature for feature in binning.features}
    numeric = [name for name, feature in known.items() if feature.kind is Kind.NUMERIC and name in what.features]
    wrong = {name: int(np.count_nonzero(numbers(what.features[name]) == _WRONG)) for name in numeric}
    present = _present(what.features)
    return Preview(
        rows=what.rows,
        matched=tuple(name for name in what.features if name in known),
        unknown=tuple(name for name in what.features if name not in known and name in present),
        missing=tuple(name for name in known if name not in what.features),
        wrong_types={name: count for name, count in wrong.items() if count},
        scores=0 if what.scores is None else sum(not math.isnan(each) for each in what.scores),
        outcomes=0 if what.outcomes is None else sum(each is not None for each in what.outcomes),
    )


def create(
    session: Session,
    model: Model,
    what: Given,
    *,
    source: str,
    by: str,
    now: datetime,
    valid_from: datetime | None = None,
) -> BaselineInfo:
    """Make a baseline of what the file gives."""
    return baselines.create_from_columns(
        session,
        model,
        what.features,
        scores=what.scores,
        outcomes=what.outcomes,
        source=source,
        by=by,
        now=now,
        valid_from=valid_from,
    )


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    columns: dict[str, list[float | int | str | bool | None]]


def _whole(file: EventFile, name: str) -> Columns:
    parts: dict[str, list[Values]] = {column: [] for column in file.columns}
    rows = 0
    for stretch in file.stretches():
        if stretch.unreadable:
            number, fault = stretch.unreadable[0]
            raise InvalidInputError(f"Row {number:,} of '{name}' {fault}; a baseline is made of whole files.")
        size = len(stretch.numbers)
        for column in stretch.columns:
            parts.setdefault(column, [[None] * rows]).append(stretch.compact(column))
        for column in parts.keys() - stretch.columns.keys():
            parts[column].append([None] * size)
        rows += size
        if rows > ROWS:
            raise InvalidInputError(f"'{name}' has more than {ROWS:,} rows; a sample of them is as good a reference.")
    return {column: _joined(values) for column, values in parts.items()}


def _joined(parts: Sequence[Values]) -> Values:
    if parts and all(isinstance(part, np.ndarray) for part in parts):
        return cast(Values, np.concatenate(cast(Sequence[Any], parts)))
    return list(chain.from_iterable(parts))


def _taken(columns: dict[str, Sequence[FeatureValue]], named: str | None, usual: str) -> Sequence[FeatureValue] | None:
    """Take the column out of the features."""
    if named is not None and named not in columns:
        listed = ", ".join(list(columns)[:NAMED])
        raise InvalidInputError(f"There is no column '{named[:64]}'; there are {listed}.")
    return columns.pop(named or usual, None)


def _scores(values: Sequence[FeatureValue], name: str) -> list[float]:
    found = numbers(values)
    if (found == _WRONG).any():
        raise InvalidInputError(f"The column '{name}' must have numbers; name another one with score=.")
    scores: list[float] = found.tolist()
    return scores


def _outcomes(model: Model, values: Sequence[FeatureValue]) -> list[float | None]:
    """Return 1 for the model's positive class, 0 for another, None where nothing is known."""
    given = {each for each in values if each is not None and each == each}
    meaning: dict[FeatureValue, float] = {each: _is_positive(model, each) for each in given}
    return [meaning.get(each) for each in values]


def _is_positive(model: Model, value: FeatureValue) -> float:
    text = class_text(value) if value is not None else ""
    if model.positive_class != "1":
        return float(text == model.positive_class)
    if text.lower() not in _TRUE | _FALSE:
        raise InvalidInputError(
            f"The outcome '{text[:64]}' is neither 1 nor 0; set the positive class of '{model.name}' first."
        )
    return float(text.lower() in _TRUE)


def _present(columns: Columns) -> frozenset[str]:
    """Return the names of the columns that have any value: the others cannot become a feature."""
    firsts = {name: first_value(values) for name, values in columns.items()}
    return frozenset(unknown_features([firsts], None))
