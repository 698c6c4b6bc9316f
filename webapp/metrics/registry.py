"""The metrics by name, as their folder has them."""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import cast

from webapp.catalog.models import Task
from webapp.core.errors import InvalidInputError
from webapp.core.registry import discover
from webapp.metrics import definitions
from webapp.metrics.metric import Metric

METRICS = cast("Mapping[str, Metric]", discover(definitions, "METRIC"))


def metric_named(name: str) -> Metric:
    check_names([name])
    return METRICS[name]


@cache
def for_task(task: Task) -> Mapping[str, Metric]:
    """Return the metrics that apply to models of the task."""
    return MappingProxyType({name: metric for name, metric in METRICS.items() if task in metric.tasks})


def check_names(names: Iterable[str]) -> None:
    unknown = sorted(set(names) - METRICS.keys())
    if unknown:
        listed = ", ".join(f"'{name[:64]}'" for name in unknown[:5])
        raise InvalidInputError(f"There is no metric {listed}; there are {', '.join(METRICS)}.")
