"""What may have changed a metric: a sentence, what it contributed, and the numbers that speak for it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from webapp.catalog.models import Deployment
from webapp.metrics.difference import Difference
from webapp.metrics.display import number_text
from webapp.metrics.feature_drift import FeatureDrift, Lines
from webapp.metrics.metric import Metric, Unit, Value
from webapp.telemetry.aggregate import EMPTY, Aggregate, FeatureHistogram


class Kind(StrEnum):
    COVERAGE = "coverage"  # too few outcomes are known
    VERSION = "version"  # another version decides, or one of them got worse
    SEGMENT = "segment"  # a segment weighs more, or got worse
    INPUTS = "inputs"  # the scores foretold it: other cases came
    RELATION = "relation"  # the same scores mean something else
    MISSING = "missing"  # values of a feature stopped coming
    FEATURE = "feature"  # a feature moved


@dataclass(frozen=True, slots=True)
class Fact:
    """A number that speaks for a cause, now and before; without a unit it is in that of the metric."""

    label: str
    now: float | None
    before: float | None = None
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause. Its contribution is in the metric's unit, None where nothing can be attributed.

    `weight` ranks it, from 0 to 1: the share of the change that it stands for, or drift times importance. What is not
    `clear` may be chance.
    """

    kind: Kind
    title: str
    weight: float
    contribution: float | None = None
    clear: bool = True
    facts: tuple[Fact, ...] = ()
    feature: str | None = None  # what it is about, for whoever wants to look closer
    segment: str | None = None
    version: str | None = None
    at: datetime | None = None  # when it began, where that is known


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a window's predictions: their counts, and the metric of them."""

    aggregate: Aggregate = EMPTY
    value: Value = field(default_factory=lambda: Value(None))


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two windows: as a whole, by version, and by segment (key → value)."""

    whole: Part
    versions: Mapping[str, Part] = field(default_factory=dict)
    segments: Mapping[str, Mapping[str, Part]] = field(default_factory=dict)
    estimate: Value | None = None  # what the scores alone foretell


@dataclass(frozen=True, slots=True)
class Clues:
    """All that is known of a metric's change."""

    metric: Metric
    before: Side
    now: Side
    change: Difference
    drifts: Sequence[FeatureDrift] = ()  # of what is now against what the features are compared with
    reference: Mapping[str, FeatureHistogram] = field(default_factory=dict)
    against: str = "the time before"
    lines: Lines = field(default_factory=lambda: Lines(0.3, 0.6))
    deployments: Sequence[Deployment] = ()

    @property
    def size(self) -> float:
        """Return by how much the metric changed; 0 where nobody knows."""
        return self.change.difference or 0.0

    @property
    def noun(self) -> str:
        return "drop" if self.size < 0 else "rise"

    def towards(self, contribution: float) -> float:
        """Return what share of the change a contribution is; negative where it goes the other way."""
        return contribution / self.size if self.size else 0.0


def value_text(value: Value, metric: Metric) -> str:
    return value.reason or "unknown" if value.value is None else number_text(value.value, metric)


def in_sentence(metric: Metric) -> str:
    """Return the metric's name as it stands within a sentence: `accuracy`, but `ROC AUC`."""
    first = metric.label.split(" ")[0]
    return metric.label if not first[1:].islower() else metric.label[:1].lower() + metric.label[1:]
