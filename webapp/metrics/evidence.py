"""What a metric is computed from: counts of a window, the baseline, gauges, money parameters with their counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from webapp.catalog.models import Business, Model
from webapp.core.periods import Window
from webapp.telemetry.aggregate import EMPTY, Aggregate, ClassCounts, ErrorCounts, Tally
from webapp.telemetry.reference import Baseline

if TYPE_CHECKING:
    from webapp.telemetry.gauges import Gauge


@dataclass(frozen=True, slots=True)
class MoneyPeriod:
    """A part of the window in which one set of money parameters was in force, and what was counted in it."""

    business: Business
    window: Window
    tally: Tally
    classes: ClassCounts | None = None
    errors: ErrorCounts | None = None

    @classmethod
    def of(cls, business: Business, window: Window, aggregate: Aggregate) -> "MoneyPeriod":
        return cls(business, window, aggregate.tally, aggregate.classes, aggregate.errors)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything about one model and window that metrics may read; what was not asked for is empty."""

    model: Model
    window: Window  # ends now at the latest
    aggregate: Aggregate = EMPTY
    baseline: Baseline | None = None
    gauges: Mapping[str, "Gauge"] = field(default_factory=dict)
    money: tuple[MoneyPeriod, ...] = ()
    newest: datetime | None = None  # the newest event before the window's end
    minimum_coverage: float = 0.6
