"""Bringing in a file: its columns become the fields of events, which go through the same door as a service's.

Nothing is remembered between runs: an event that is stored already is recognised by its id, so an import that was
interrupted is simply run again.
"""

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
import numpy as np
from sqlalchemy.orm import Session

from webapp.catalog.models import Model
from webapp.catalog.queries import model_named
from webapp.catalog.register import ensure_model
from webapp.core.errors import InvalidInputError
from webapp.telemetry import baseline_file
from webapp.telemetry.baseline_file import Given
from webapp.telemetry.decisions import likely_task
from webapp.telemetry.importer_ahead import BLOCK_ROWS as AHEAD_ROWS
from webapp.telemetry.importer_ahead import FirstLook
from webapp.telemetry.importer_blocks import Block, Layout, NotPlainError, block_of
from webapp.telemetry.importer_bulk import BLOCK_ROWS, Blocks, Bulk
from webapp.telemetry.importer_files import ROWS, EventFile, Stretch
from webapp.telemetry.importer_values import class_of, feature_of, instant_of, number_of, text_of
from webapp.telemetry.ingest import Limits, accept_outcomes, accept_predictions
from webapp.telemetry.reading import field_and_sentence
from webapp.telemetry.wire import Outcome, Prediction, Receipt

IGNORE = "ignore"
_CLASSES = ("predicted", "actual")
_NUMBERS = ("score", "latency_ms")
_QUOTED = re.compile(r"'[^']*'|\d{4}-\d\d-\d\d(?: \d\d:\d\d)?")
T = TypeVar("T", Prediction, Outcome)
Open = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Mapped:
    """Which column is which field, and what is the same for all rows.

    A column that is named like a field is that field; the others are features, or those that are listed.
    """

    model: str
    fields: Mapping[str, str] = field(default_factory=dict)  # column: field
    features: Sequence[str] | None = None
    version: str | None = None
    at: str | None = None  # a column, an instant for all rows, or "now"
    positive: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken: its number in the file, the id where it has one, and why."""

    row: int
    prediction_id: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Means:
    """What an import works with: where it stores, a transaction a batch; what time it is; and whom it tells."""

    open: Open
    clock: Callable[[], datetime]
    limits: Limits
    refuse: Callable[[Refused], None]
    progress: Callable[[int], None]  # gets the bytes read so far
    counted: Callable[[int], None] = lambda _rows: None  # gets how many rows are counted, before they are stored


@dataclass(slots=True)
class Summary:
    read: int = 0
    accepted: int = 0
    duplicates: int = 0
    refused: Counter[str] = field(default_factory=Counter)  # by reason

    @property
    def refused_count(self) -> int:
        return self.refused.total()


class Importer(ABC, Generic[T]):
    """What is the same for every kind of event. `now` is asked for each batch, since a long import takes a while."""

    kind: ClassVar[type[Any]]
    known: ClassVar[tuple[str, ...]]

    def __init__(self, file: EventFile, mapped: Mapped, *, now: datetime) -> None:
        self.file, self.mapped = file, mapped
        self.columns = _columns_by_field(file, mapped, self.known)
        self.fixed: dict[str, Any] = {"model": mapped.model}
        if mapped.version is not None and "version" in self.known:
            self.fixed["version"] = mapped.version
        if mapped.at is not None and mapped.at not in file.columns:
            self.fixed["at"] = now if mapped.at == "now" else _fixed_instant(mapped.at, file)
        for name, remedy in (
            ("prediction_id", "name the column that tells rows apart: --map COLUMN=prediction_id"),
            ("at", "name the column with the time, or give one instant for all rows: --at COLUMN or --at 2026-03-01"),
        ):
            if name not in self.columns and name not in self.fixed:
                raise InvalidInputError(f"There is no column for '{name}': {remedy}.")

    @abstractmethod
    def accept(self, session: Session, items: Sequence[T], *, now: datetime, limits: Limits) -> Receipt:
        """Store the events."""

    def features_of(self, stretch: Stretch) -> Iterator[Mapping[str, Any]]:
        """Yield what each row's event has besides its fields."""
        return iter([{}] * len(stretch.numbers))

    def run(self, means: Means) -> Summary:
        """Import the file batch by batch, a transaction each; tell of each refused row and of the progress."""
        summary = Summary()
        for stretch in self.file.stretches(texts=frozenset(self.columns.values())):
            self._take_in(stretch, summary, means)
            means.progress(self.file.position)
        return summary

    def _take_in(self, stretch: Stretch, summary: Summary, means: Means) -> None:
        items, numbers, refused = self._events(stretch)
        refused += [Refused(number, "", "row", message) for number, message in stretch.unreadable]
        if items:
            with means.open() as session:
                receipt = self.accept(session, items, now=means.clock(), limits=means.limits)
            summary.accepted, summary.duplicates = (
                summary.accepted + receipt.accepted,
                summary.duplicates + receipt.duplicates,
            )
            refused += [
                Refused(numbers[each.index], items[each.index].prediction_id, each.field, each.message)
                for each in receipt.rejected
            ]
        summary.read += len(stretch.numbers) + len(stretch.unreadable)
        for each in sorted(refused, key=lambda one: one.row):
            summary.refused[f"{each.field} {_QUOTED.sub('…', each.message)}"] += 1
            means.refuse(each)

    def _events(self, stretch: Stretch) -> tuple[list[T], list[int], list[Refused]]:
        """Return the well-formed events, the rows they come from, and the refused rows."""
        items: list[T] = []
        numbers: list[int] = []
        refused: list[Refused] = []
        names = list(self.columns)
        absent = [None] * len(stretch.numbers)
        columns = [self._converted(name, stretch.columns.get(self.columns[name], absent)) for name in names]
        rows = zip(*columns, strict=True) if columns else iter([()] * len(stretch.numbers))
        for number, row, extra in zip(stretch.numbers, rows, self.features_of(stretch), strict=True):
            given = {name: value for name, value in zip(names, row, strict=True) if value is not None}
            try:
                items.append(msgspec.convert({**self.fixed, **given, **extra}, self.kind))
                numbers.append(number)
            except msgspec.ValidationError as error:
                where, message = field_and_sentence(str(error))
                refused.append(Refused(number, str(given.get("prediction_id", "")), where, message))
        return items, numbers, refused

    def _converted(self, name: str, values: Sequence[Any]) -> Sequence[Any]:
        if name in _CLASSES:
            return _each_once(partial(class_of, positive=self.mapped.positive), values)
        if name in _NUMBERS:
            return values if isinstance(values, np.ndarray) else [number_of(value) for value in values]
        if name == "at":
            return [instant_of(value) for value in values]
        return [text_of(value) for value in values]


class PredictionImporter(Importer[Prediction]):
    """Brings in predictions and, where a column says it, what happened: known at the time of the prediction."""

    kind = Prediction
    known = ("prediction_id", "at", "version", "score", "predicted", "actual", "latency_ms", "error", "environment")

    def __init__(self, file: EventFile, mapped: Mapped, *, now: datetime) -> None:
        super().__init__(file, mapped, now=now)
        taken = {*self.columns.values(), *mapped.fields, mapped.at}
        self.features = mapped.features or [name for name in file.columns if name not in taken]
        _check_columns(file, self.features)
        self.bulk = Bulk(mapped.model)
        self._layout = Layout(
            columns=dict(self.columns),
            features=self.features,
            version=mapped.version,
            at=self.fixed.get("at"),
            read_class=partial(class_of, positive=mapped.positive),
        )
        self._actual_column = self.columns.pop("actual", None)  # of the outcome, which is an event of its own
        self._actual: Sequence[Any] = ()

    def run(self, means: Means) -> Summary:
        """Import the file: plain rows by the block, several at once, all others row by row.

        A model's first file is counted before its rows are stored, where all of them are plain.
        """
        summary = Summary()
        look = FirstLook(self.bulk, means.open, means.clock, means.limits)
        if look.count(self._block(stretch) for stretch in self._stretches(AHEAD_ROWS)):
            means.counted(look.rows)

        def one_by_one(stretch: Stretch) -> None:
            for part in stretch.parts(ROWS):
                self._take_in(part, summary, means)

        def store(block: Block) -> None:
            with means.open() as session:
                self.bulk.accept(session, block, now=means.clock(), limits=means.limits)

        with Blocks(store, otherwise=one_by_one) as blocks:
            for stretch in self._stretches(BLOCK_ROWS):
                blocks.put(stretch, self._block(stretch))
                means.progress(self.file.position)
                look.go_on()
        look.settle(blocks.stored)
        summary.read += blocks.stored
        summary.accepted += blocks.stored
        return summary

    def register(self, session: Session, *, now: datetime) -> Model:
        """Return the model, which the file's first row makes where there is none."""
        first = next(self._stretches(1), None)
        items = [] if first is None else self._events(first)[0]
        if not items:
            return model_named(session, self.mapped.model)
        return ensure_model(session, self.mapped.model, now=now, task=likely_task(items[0]))

    def reference(self, model: Model, path: Path) -> Given:
        """Return what another file with the same columns gives as a baseline: its features, scores and outcomes."""
        columns = baseline_file.read_file(path)
        chosen = {name: columns[name] for name in self.features if name in columns}
        named: dict[str, str] = {}
        for field_name in (baseline_file.SCORE, baseline_file.ACTUAL):
            column = self._layout.columns.get(field_name)
            if column is not None and column in columns:
                chosen[column] = self._converted(field_name, columns[column])
                named[field_name] = column
        return baseline_file.given(model, chosen, **named)

    def accept(self, session: Session, items: Sequence[Prediction], *, now: datetime, limits: Limits) -> Receipt:
        receipt = accept_predictions(session, items, now=now, limits=limits)
        self.bulk.note(session, [item.prediction_id for item in items], now=now)
        told = self._told(items, {each.index for each in receipt.rejected})
        answered = accept_outcomes(session, list(told.values()), now=now, limits=limits) if told else None
        if answered is None or not answered.rejected:
            return receipt
        places = list(told)
        refused = [msgspec.structs.replace(each, index=places[each.index]) for each in answered.rejected]
        return msgspec.structs.replace(receipt, rejected=[*receipt.rejected, *refused])

    def features_of(self, stretch: Stretch) -> Iterator[Mapping[str, Any]]:
        absent = [None] * len(stretch.numbers)
        columns = [stretch.columns.get(name, absent) for name in self.features]
        for row in zip(*columns, strict=True) if columns else [()] * len(stretch.numbers):
            yield {"features": {name: feature_of(value) for name, value in zip(self.features, row, strict=True)}}

    def _stretches(self, rows: int) -> Iterator[Stretch]:
        return self.file.stretches(texts=frozenset(self._layout.columns.values()), rows=rows)

    def _block(self, stretch: Stretch) -> Block | None:
        if stretch.table is None or stretch.unreadable or len(stretch.numbers) != stretch.table.num_rows:
            return None
        try:
            return block_of(stretch.table, replace(self._layout, numeric=stretch.numeric))
        except NotPlainError:
            return None

    def _events(self, stretch: Stretch) -> tuple[list[Prediction], list[int], list[Refused]]:
        items, numbers, refused = super()._events(stretch)
        if self._actual_column is not None:
            values = self._converted("actual", stretch.columns.get(self._actual_column, [None] * len(stretch.numbers)))
            by_number = dict(zip(stretch.numbers, values, strict=True))
            self._actual = [by_number[number] for number in numbers]
        return items, numbers, refused

    def _told(self, items: Sequence[Prediction], rejected: set[int]) -> Mapping[int, Outcome]:
        """Return the outcomes of the items that were taken, by their place."""
        return {
            place: Outcome(model=item.model, prediction_id=item.prediction_id, actual=actual, at=item.at)
            for place, (item, actual) in enumerate(zip(items, self._actual, strict=bool(self._actual)))
            if actual is not None and place not in rejected
        }


class OutcomeImporter(Importer[Outcome]):
    kind = Outcome
    known = ("prediction_id", "actual", "at")

    def __init__(self, file: EventFile, mapped: Mapped, *, now: datetime) -> None:
        super().__init__(file, mapped, now=now)
        if "actual" not in self.columns:
            raise InvalidInputError("There is no column for 'actual': name it, for example --map Churn=actual.")

    def accept(self, session: Session, items: Sequence[Outcome], *, now: datetime, limits: Limits) -> Receipt:
        return accept_outcomes(session, items, now=now, limits=limits)


def _columns_by_field(file: EventFile, mapped: Mapped, known: Sequence[str]) -> dict[str, str]:
    """Return the column of each field: as mapped, else the one of the same name."""
    unknown = [name for name in mapped.fields.values() if name not in known and name != IGNORE]
    if unknown:
        raise InvalidInputError(f"There is no field '{unknown[0]}'; there are {', '.join((*known, IGNORE))}.")
    _check_columns(file, mapped.fields)
    chosen = {name: name for name in known if name in file.columns and name not in mapped.fields}
    for column, name in mapped.fields.items():
        if name in chosen and chosen[name] in mapped.fields:
            raise InvalidInputError(f"The field '{name}' is mapped twice, from '{chosen[name]}' and from '{column}'.")
        if name != IGNORE:
            chosen[name] = column
    if mapped.at is not None:
        chosen.pop("at", None)
        if mapped.at in file.columns:
            chosen["at"] = mapped.at
    return chosen


def _check_columns(file: EventFile, names: Mapping[str, str] | Sequence[str]) -> None:
    missing = [name for name in names if name not in file.columns]
    if missing:
        raise InvalidInputError(f"There is no column '{missing[0]}'; the file has {', '.join(file.columns)}.")


def _fixed_instant(text: str, file: EventFile) -> datetime:
    at = instant_of(text)
    if not isinstance(at, datetime):
        raise InvalidInputError(f"'{text}' is neither an instant nor a column; the file has {', '.join(file.columns)}.")
    return at


def _each_once(read: Callable[[Any], Any], values: Sequence[Any]) -> Sequence[Any]:
    """Read values of which there are few different ones; lists, which no class can be, are read one by one."""
    try:
        return list(map(cache(read), values))
    except TypeError:
        return [read(value) for value in values]
