"""How many models went over a window: all of them together, and the volume of each, from one reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy.orm import Session

from webapp.catalog.models import Model, Task
from webapp.core.periods import Window
from webapp.metrics import load
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import MetricSeries, Source
from webapp.metrics.queries import series_of
from webapp.metrics.registry import METRICS, check_names
from webapp.metrics.scope import versions_of
from webapp.telemetry import queries
from webapp.telemetry.aggregate import TALLY, Aggregate, Floats, tallies_of
from webapp.telemetry.tiles import snap

PREDICTIONS = TALLY.index("predictions")


@dataclass(frozen=True, slots=True)
class Courses:
    pooled: Mapping[str, MetricSeries]  # by metric; those that apply to none of the models are left out
    volumes: Mapping[str, Sequence[float]]  # predictions of each model by steps that are over


def courses(
    session: Session, models: Sequence[Model], names: Sequence[str], window: Window, step: timedelta, *, now: datetime
) -> Courses:
    """Return metrics of scalar counts over all the models together, and the volume of each, by steps of the window.

    The counts are added before anything is divided, so a ratio weighs each model by what it was counted from.
    """
    check_names(names)
    groups = {number: list(versions) for number, versions in versions_of(session, models).items()}
    seen, least = load.elapsed(window, now), load.least_coverage(session)
    counted = queries.tallies(session, groups, seen, step, now=now)
    pooled: dict[str, MetricSeries] = {}
    for tasks, alike in _by_tasks(models, names).items():
        concerned = [model for model in models if model.task in tasks]
        summed: Floats = np.sum([counted[model.id] for model in concerned], axis=0)
        steps = [
            Evidence(concerned[0], part, Aggregate(tally), minimum_coverage=least)
            for part, tally in zip(snap(seen, now=now).steps(step), tallies_of(summed), strict=True)
        ]
        pooled |= {name: series_of(METRICS[name], steps) for name in alike}
    over = max(int(seen.duration / step), 2)  # A step just begun would look like a fall.
    return Courses(pooled, {model.name: counted[model.id][:over, PREDICTIONS].tolist() for model in models})


def _by_tasks(models: Sequence[Model], names: Sequence[str]) -> Mapping[frozenset[Task], Sequence[str]]:
    """Return the metrics by the kinds of models, among these, that they apply to."""
    present = {model.task for model in models}
    found: dict[frozenset[Task], list[str]] = {}
    for name in names:
        assert METRICS[name].source is Source.COUNTS
        if tasks := METRICS[name].tasks & present:
            found.setdefault(tasks, []).append(name)
    return found
