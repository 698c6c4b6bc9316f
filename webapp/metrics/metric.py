"""What a metric is: a name, a unit, which way is better, and how it is computed from counts kept while data came in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from webapp.catalog.models import Task

if TYPE_CHECKING:
    from webapp.metrics.evidence import Evidence


class Unit(StrEnum):
    SHARE = "share"  # 0..1, shown as a percentage; changes are in percentage points
    SCORE = "score"  # a bare number
    COUNT = "count"
    MONEY = "money"  # in the model's currency
    MILLISECONDS = "ms"
    PERCENT = "percent"  # already times one hundred: CPU, ROI
    MULTIPLE = "multiple"  # 17.1 is shown as 17.1×
    VALUE = "value"  # in the unit of what a regression predicts, which only its owners know


EVERY_TASK = frozenset(Task)
BINARY_ONLY = frozenset({Task.BINARY})
MULTICLASS_ONLY = frozenset({Task.MULTICLASS})
CLASSIFIERS = frozenset({Task.BINARY, Task.MULTICLASS})
REGRESSION_ONLY = frozenset({Task.REGRESSION})


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"
    NONE = "none"


class Source(StrEnum):
    """Which part of the evidence a metric reads; what is not needed is not fetched."""

    COUNTS = "counts"  # scalar columns only
    SCORES = "scores"  # the score histogram
    ANSWERS = "answers"  # classes against classes, or the errors of numbers
    LATENCY = "latency"  # the response-time histogram
    FEATURES = "features"  # feature histograms against the baseline
    GAUGES = "gauges"  # measurements
    NEWEST = "newest"  # when the newest event happened


@dataclass(frozen=True, slots=True)
class Value:
    """A number with its evidence. `value` is None where it is undefined, and then `reason` says why; never NaN."""

    value: float | None
    sample_count: int = 0
    low: float | None = None  # 95 % interval, where there is one
    high: float | None = None
    coverage: float | None = None  # share of predictions whose outcome is known
    reason: str | None = None
    provisional: bool = False
    note: str | None = None  # an assumption or the culprit, e.g. the feature that drifts most


def undefined(reason: str, *, sample_count: int = 0, coverage: float | None = None) -> Value:
    return Value(None, sample_count=sample_count, coverage=coverage, reason=reason)


@dataclass(frozen=True, slots=True, eq=False)  # There is one of each; what is kept by metric need not hash its parts.
class Metric:
    name: str
    label: str
    unit: Unit
    better: Better
    source: Source
    group: str  # performance | drift | quality | service | business
    formula: str  # as the screen shows it under "how was this computed?"
    compute: Callable[["Evidence"], Value]
    minimum_sample_count: int = 1
    decimals: int | None = None
    tasks: frozenset[Task] = EVERY_TASK
    needs_baseline: bool = False  # metrics of drift do without saying so


@dataclass(frozen=True, slots=True)
class Point:
    """A metric's value over one step that starts at `at`."""

    at: datetime
    value: Value


@dataclass(frozen=True, slots=True)
class MetricSeries:
    metric: Metric
    points: tuple[Point, ...]
