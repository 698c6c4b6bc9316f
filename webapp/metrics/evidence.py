"""What a metric is computed from: counts of a window, the baseline, gauges, money parameters with their counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from webapp.catalog.models import Business, Model
from webapp.core.periods import Window
from webapp.telemetry.aggregate import EMPTY, Aggregate, Tally
from webapp.telemetry.baselines import BaselineInfo
from webapp.telemetry.gauges import Gauge


@dataclass(frozen=True, slots=True)
class Baseline:
    """The reference: its features and scores, counted in its own binning."""

    info: BaselineInfo
    aggregate: Aggregate


@dataclass(frozen=True, slots=True)
class MoneyPeriod:
    """A part of the window in which one set of money parameters was in force, and what was counted in it."""

    business: Business
    window: Window
    tally: Tally


@dataclass(frozen=True, slots=True)
class Evidence:
    model: Model
    window: Window
    aggregate: Aggregate = EMPTY
    baseline: Baseline | None = None
    gauges: Mapping[str, Gauge] = field(default_factory=dict)
    money: tuple[MoneyPeriod, ...] = ()
    newest: datetime | None = None  # the newest event before the window's end
    drift_method: str = "jensen_shannon"
    minimum_coverage: float = 0.6
