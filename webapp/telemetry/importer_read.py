"""From a block of plain rows to the columns that are counted and stored, in the model's binning."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from webapp.catalog.binning import Binning, Kind
from webapp.catalog.models import Model, Task
from webapp.catalog.register import check_name, ensure_model, ensure_version
from webapp.core.periods import microseconds
from webapp.telemetry import counting
from webapp.telemetry.binnings import extended_binning
from webapp.telemetry.columns import Matrix, codes, unknown_features
from webapp.telemetry.decisions import Answers, likely_task
from webapp.telemetry.importer_blocks import Block, Coded, NotPlainError
from webapp.telemetry.predictions import MAXIMUM_FEATURES, Limits
from webapp.telemetry.refusals import CLOCK_TOLERANCE
from webapp.telemetry.rows import Delta, Rows
from webapp.telemetry.wire import Prediction

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

ENVIRONMENT = "production"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Read:
    """A block as the columns that are counted and stored, in the model's binning."""

    binning: Binning
    rows: Rows
    features: Matrix

    def counted(self, *, now: datetime) -> Sequence[Delta]:
        """Return what the rows add to the counts."""
        return counting.deltas(self.rows, self.binning, now_us=microseconds(now), features=self.features.values)


@dataclass(slots=True)
class Known:
    """What blocks need that was read, or made, in the same transaction already."""

    binning: Binning | None = None
    _versions: dict[str, int] = field(default_factory=dict)

    def versions_of(self, session: Session, model: Model, version: Coded, *, now: datetime) -> Counts:
        """Return the number of each row's version."""
        for name in version.values:
            if name not in self._versions:
                made = ensure_version(session, model.id, name, now=now, environment=ENVIRONMENT)
                self._versions[name] = made
        return np.array([self._versions[name] for name in version.values], dtype=np.int64)[version.places]


def register(session: Session, name: str, block: Block, *, now: datetime) -> Model:
    """Return the model, which the block makes where there is none."""
    check_name(name)
    return ensure_model(session, name, now=now, task=likely_task(_representative(name, block)))


def read(
    session: Session,
    model: Model,
    block: Block,
    *,
    now: datetime,
    limits: Limits,
    known: Known | None = None,
) -> Read:
    """Return the block as the model's events are counted; raise NotPlainError where rows need to be looked at.

    `known` is what the same transaction read for the blocks before.
    """
    known = known or Known()
    _check_times(block, now=now, limits=limits)
    if len(block.features) > MAXIMUM_FEATURES or model.task is Task.MULTICLASS:
        raise NotPlainError
    decided, actual = _answers(session, model, block)
    sample = block.first_values()
    if known.binning is None or unknown_features([sample], known.binning):
        known.binning = extended_binning(session, model, [sample], now=now)
    rows = Rows(
        version_id=known.versions_of(session, model, block.version, now=now),
        at=block.at,
        score=block.score,
        predicted=decided,
        actual=actual,
        latency_ms=block.latency_ms,
        failed=np.zeros(len(block), dtype=bool),
        delay_s=np.where(np.isnan(actual), np.nan, 0.0),
    )
    return Read(known.binning, rows, _matrix(block, known.binning))


def _check_times(block: Block, *, now: datetime, limits: Limits) -> None:
    oldest, newest = microseconds(now - limits.retention), microseconds(now + CLOCK_TOLERANCE)
    if len(block) == 0 or block.at.min() < oldest or block.at.max() > newest:
        raise NotPlainError


def _representative(model: str, block: Block) -> Prediction:
    """Return the first row as one who guesses what the model does would see it."""
    predicted = None
    if block.predicted is not None and block.predicted.places[0] >= 0:
        predicted = block.predicted.values[block.predicted.places[0]]
    score = None if np.isnan(block.score[0]) else float(block.score[0])
    return Prediction(model=model, prediction_id=block.ids[0], at=_EPOCH, score=score, predicted=predicted)


def _answers(session: Session, model: Model, block: Block) -> tuple[Floats, Floats]:
    """Return what was decided and what happened, as events keep it."""
    answers = Answers(session, model)
    sample = _representative(model.name, block)

    def decision(value: Any) -> float:
        item = _answering(sample, value)
        if answers.fault_of_prediction(item) is not None:
            raise NotPlainError
        return float(answers.decided([item])[0])

    def outcome(value: Any) -> float:
        if answers.fault_of_outcome(value) is not None:
            raise NotPlainError
        return answers.of_outcome(value)

    nothing = np.full(len(block), np.nan)
    told = nothing if block.predicted is None else block.predicted.mapped(_only_given(decision))
    if model.task is Task.REGRESSION and not np.isnan(block.score).all():
        raise NotPlainError
    if model.task is Task.BINARY:
        by_threshold = np.where(np.isnan(block.score), np.nan, block.score >= model.threshold)
        told = np.where(np.isnan(told), by_threshold, told)
    return told, nothing if block.actual is None else block.actual.mapped(_only_given(outcome))


def _answering(item: Prediction, value: Any) -> Prediction:
    return Prediction(model=item.model, prediction_id=item.prediction_id, at=item.at, predicted=value)


def _only_given(number_of: Any) -> Any:
    """Ask only for values that there are: a column of few values may name one that stands for none."""
    return lambda value: np.nan if value is None else number_of(value)


def _matrix(block: Block, binning: Binning) -> Matrix:
    """Return the features in the binning's order, texts by their codes, with what those stand for."""
    values = np.full((len(block), len(binning.features)), np.nan, order="F")  # counted a feature at a time
    texts: dict[str, Mapping[float, str]] = {}
    for place, feature in enumerate(binning.features):
        column = block.features.get(feature.name)
        if feature.kind is Kind.CATEGORY:
            texts[feature.name] = {}
        if column is None:
            continue
        if isinstance(column, Coded) != (feature.kind is Kind.CATEGORY):
            raise NotPlainError  # a text among numbers, or the other way round: counted value by value
        if isinstance(column, Coded):
            coded, texts[feature.name] = codes(column.values)
            values[:, place] = np.array([*coded, np.nan])[column.places]
        else:
            values[:, place] = column
    return Matrix(values, texts)
