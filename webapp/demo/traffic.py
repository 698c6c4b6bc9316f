"""A stretch of predictions as columns, with what will be told about them later, and as the wire knows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.models import Task
from webapp.demo.frame import Floats, Frame, records, take
from webapp.telemetry.wire import Outcome, Prediction

Instants = NDArray[np.int64]  # µs since the epoch
NEVER = np.iinfo(np.int64).max
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Predictions of one model in the order of their time."""

    model: str
    ids: NDArray[Any]
    at: Instants
    frame: Frame
    versions: NDArray[Any]
    scores: Floats  # a probability, a row of them, or the number that was predicted
    latencies_ms: Floats
    errors: NDArray[Any]  # "" where the prediction went well
    actual: Floats
    told_at: Instants  # NEVER: nobody will tell
    task: Task = Task.BINARY
    classes: Sequence[str] = ()
    segments: Mapping[str, str] = field(default_factory=dict)  # segment key: the column that it is taken from

    def __len__(self) -> int:
        return len(self.at)

    def rows(self, chosen: NDArray[Any]) -> "Traffic":
        return Traffic(
            self.model,
            self.ids[chosen],
            self.at[chosen],
            take(self.frame, chosen),
            self.versions[chosen],
            self.scores[chosen],
            self.latencies_ms[chosen],
            self.errors[chosen],
            self.actual[chosen],
            self.told_at[chosen],
            self.task,
            self.classes,
            self.segments,
        )

    def predictions(self) -> list[Prediction]:
        columns = zip(
            self.ids.tolist(),
            instants(self.at),
            self.versions.tolist(),
            records(self.frame),
            self._answers(),
            self.latencies_ms.tolist(),
            self.errors.tolist(),
            self._segments(),
            strict=True,
        )
        return [
            Prediction(
                model=self.model,
                prediction_id=name,
                at=at,
                version=version,
                features=features,
                latency_ms=latency,
                error=error or None,
                segments=parts,
                **({} if error else said),
            )
            for name, at, version, features, said, latency, error, parts in columns
        ]

    def _segments(self) -> list[dict[str, str]]:
        columns = [self.frame[column].tolist() for column in self.segments.values()]
        if not columns:
            return [{} for _ in range(len(self))]
        return [dict(zip(self.segments, row, strict=True)) for row in zip(*columns, strict=True)]

    def _answers(self) -> list[dict[str, Any]]:
        """Return what each prediction says, as its kind of model sends it."""
        match self.task:
            case Task.BINARY:
                return [{"score": score} for score in self.scores.tolist()]
            case Task.MULTICLASS:
                return [{"scores": dict(zip(self.classes, row, strict=True))} for row in self.scores.tolist()]
            case Task.REGRESSION:
                return [{"predicted": round(value, 2)} for value in self.scores.tolist()]

    def outcomes(self) -> list[Outcome]:
        """Return what is told about those that anything is told about."""
        told = np.flatnonzero(self.told_at < NEVER)
        columns = zip(self.ids[told].tolist(), self.actual[told].tolist(), instants(self.told_at[told]), strict=True)
        names = self.classes
        return [
            Outcome(model=self.model, prediction_id=name, actual=names[int(actual)] if names else int(actual), at=at)
            for name, actual, at in columns
        ]


def joined(parts: Sequence[Traffic]) -> Traffic:
    """Return the parts as one, in the order of time."""
    whole = Traffic(
        parts[0].model,
        _column([part.ids for part in parts]),
        _column([part.at for part in parts]),
        {name: _column([part.frame[name] for part in parts]) for name in parts[0].frame},
        _column([part.versions for part in parts]),
        _column([part.scores for part in parts]),
        _column([part.latencies_ms for part in parts]),
        _column([part.errors for part in parts]),
        _column([part.actual for part in parts]),
        _column([part.told_at for part in parts]),
        parts[0].task,
        parts[0].classes,
        parts[0].segments,
    )
    return whole.rows(np.argsort(whole.at, kind="stable"))


def instants(at: Instants) -> list[datetime]:
    return [_EPOCH + timedelta(microseconds=moment) for moment in at.tolist()]


def _column(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts)
