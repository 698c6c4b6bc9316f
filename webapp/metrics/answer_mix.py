"""What a model answered over a window: its scores or numbers by bars, and each version's share of every class."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy.orm import Session

from webapp.catalog.models import Model, Task
from webapp.core.periods import Window
from webapp.metrics import load
from webapp.metrics.scope import segments_of, versions_of
from webapp.telemetry import queries
from webapp.telemetry.aggregate import Aggregate, ScoreHistogram

BARS = 32
TAIL = 0.005  # of the numbers at either end that stand together in the first and the last bar
POSITIVE, NEGATIVE = "flagged", "not flagged"


@dataclass(frozen=True, slots=True)
class AnswerBar:
    """Answers from `low` to `high`: all of them, and those that are known to be right (too high) or wrong (too low)."""

    low: float
    high: float
    count: int
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class AnswerMix:
    """All versions together by score, and each version's answers by class, with the newest version last."""

    predictions: int
    bars: tuple[AnswerBar, ...]
    classes: Mapping[str, Mapping[str, int]]


def answer_mix(
    session: Session,
    model: Model,
    window: Window,
    *,
    now: datetime,
    version: str | None = None,
    segment: str | None = None,
) -> AnswerMix:
    """Return what was answered in the window."""
    names = versions_of(session, [model], version=version)[model.id]
    part = segments_of(session, [model], segment=segment)
    segments = dict.fromkeys(names, part[model.id]) if part else {}
    found = queries.totals(
        session,
        {number: [number] for number in names},
        load.elapsed(window, now),
        parts=frozenset({"scores", "answers"}),
        now=now,
        segments=segments,
    )
    by_version: dict[str, Aggregate] = {}
    for number, name in names.items():
        by_version[name] = by_version[name] + found[number] if name in by_version else found[number]
    total = sum(by_version.values(), Aggregate())
    return AnswerMix(
        predictions=total.tally.predictions,
        bars=() if total.scores is None else bars(total.scores, model.task),
        classes={name: classes for name, each in by_version.items() if (classes := _classes(each, model.task))},
    )


def bars(scores: ScoreHistogram, task: Task) -> tuple[AnswerBar, ...]:
    """Return the counts in bars of one width: from 0 to 1, or over the numbers that nearly all answers are among."""
    middles = (scores.edges[:-1] + scores.edges[1:]) / 2
    low, high = (0.0, 1.0) if task is not Task.REGRESSION else _range(scores)
    if not scores.everything.sum() or high <= low:
        return ()
    edges = np.linspace(low, high, BARS + 1)
    place = np.searchsorted(edges[1:-1], middles, side="right")
    counts = [np.bincount(place, weights=each, minlength=BARS).astype(np.int64) for each in scores.counts]
    return tuple(
        AnswerBar(float(edges[bar]), float(edges[bar + 1]), *(int(each[bar]) for each in counts)) for bar in range(BARS)
    )


def _range(scores: ScoreHistogram) -> tuple[float, float]:
    reached = np.cumsum(scores.everything) / max(int(scores.everything.sum()), 1)
    first = int(np.searchsorted(reached, TAIL, side="right"))
    last = int(np.searchsorted(reached, 1 - TAIL, side="left"))
    return float(scores.edges[first]), float(scores.edges[min(last + 1, len(scores.edges) - 1)])


def _classes(found: Aggregate, task: Task) -> dict[str, int]:
    if task is Task.MULTICLASS and found.classes is not None:
        return {name: int(count) for name, count in zip(found.classes.names, found.classes.predicted, strict=True)}
    if task is Task.BINARY and found.tally.predictions:
        return {POSITIVE: found.tally.flagged, NEGATIVE: found.tally.predictions - found.tally.flagged}
    return {}
