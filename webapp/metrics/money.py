"""What predictions were worth: sums over the parts of the window in which one set of money parameters was in force.

Money is realised: only predictions whose outcome is known count, never an extrapolation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from webapp.catalog.models import Costs
from webapp.core.periods import Window
from webapp.metrics.evidence import Evidence, MoneyPeriod
from webapp.metrics.metric import Value, undefined
from webapp.metrics.shares import coverage, is_provisional, without_outcomes
from webapp.telemetry.aggregate import ClassCounts

NO_FORECAST_COSTS = (
    "no cost of over- or under-forecasting is set in this window; set it among the business parameters of the model"
)
NO_ANSWER_VALUES = (
    "no worth of right or wrong answers is set in this window; set it among the business parameters of the model"
)
NO_PARAMETERS = "no business parameters in this window"
ALL_CONTACTED = "assumes that all flagged were contacted"
ALL_SAVED = "assumes that every flagged churner is saved"


@dataclass(frozen=True, slots=True)
class Books:
    """Returns and costs over the window, in the model's currency."""

    revenue_protected: float = 0.0
    retention_cost: float = 0.0
    running_cost: float = 0.0
    cost_of_all: float = 0.0  # had everybody been contacted
    missed_revenue: float = 0.0
    saved: float = 0.0

    @property
    def investment(self) -> float:
        return self.retention_cost + self.running_cost

    @property
    def net_benefit(self) -> float:
        return self.revenue_protected - self.investment

    def __add__(self, other: "Books") -> "Books":
        return Books(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def books(evidence: Evidence) -> Books:
    total = Books()
    for period in evidence.money:
        total = total + _of_period(period)
    return total


def amount(
    evidence: Evidence, compute: Callable[[Books], float | None], *, notes: tuple[str, ...], empty: str
) -> Value:
    """Return a figure of the books, with what it assumes; undefined without parameters or outcomes."""
    missing = unaccounted(evidence)
    if missing is not None:
        return missing
    figure = compute(books(evidence))
    if figure is None:
        return undefined(empty, coverage=coverage(evidence))
    return accounted(evidence, figure, notes)


def unaccounted(evidence: Evidence) -> Value | None:
    """Return why there are no books, or None where there are."""
    if not evidence.money:
        return undefined(NO_PARAMETERS)
    return without_outcomes(evidence)


def accounted(evidence: Evidence, figure: float, notes: tuple[str, ...]) -> Value:
    tally = evidence.aggregate.tally
    return Value(
        figure,
        sample_count=tally.known,
        coverage=coverage(evidence),
        provisional=is_provisional(evidence),
        note="; ".join([*notes, *gaps(evidence)]) or None,
    )


@dataclass(frozen=True, slots=True)
class ForecastCosts:
    """What predictions that were too high and too low have cost."""

    over: float
    under: float


def forecast_costs(evidence: Evidence) -> ForecastCosts | None:
    """Return what the errors of a model of numbers have cost; None where no costs are set, or nothing is known."""
    costed = [(period.business.costs, period.errors) for period in evidence.money if period.business.costs.of_numbers]
    known = [(costs, errors) for costs, errors in costed if errors is not None and errors.count > 0]
    if not known:
        return None
    over = sum((costs.over or 0.0) * errors.over for costs, errors in known)
    under = sum((costs.under or 0.0) * errors.under for costs, errors in known)
    return ForecastCosts(over, under)


def answers_worth(evidence: Evidence) -> float | None:
    """Return what the answers of several classes were worth; None where no worth is set, or nothing is known."""
    valued = [(period.business.costs, period.classes) for period in evidence.money if period.business.costs.of_classes]
    known = [(costs, classes) for costs, classes in valued if classes is not None and classes.known > 0]
    return sum(_worth(costs, classes) for costs, classes in known) if known else None


def _worth(costs: Costs, classes: ClassCounts) -> float:
    worth = np.array([[costs.worth(actual, named) for named in classes.names] for actual in classes.names])
    return float((worth * classes.confusion).sum())


def saving_notes(evidence: Evidence) -> tuple[str, ...]:
    """Return what a figure of saved customers rests on."""
    everyone = all(period.business.save_rate == 1 for period in evidence.money)
    return (ALL_CONTACTED, ALL_SAVED) if everyone else (ALL_CONTACTED,)


def months_in(window: Window) -> float:
    """Return how many calendar months (UTC) the window is, a part of one as the share of its length."""
    total, at = 0.0, window.start
    while at < window.end:
        first = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        following = (first + timedelta(days=32)).replace(day=1)
        end = min(window.end, following)
        total += (end - at) / (following - first)
        at = end
    return total


def _of_period(period: MoneyPeriod) -> Books:
    business, tally = period.business, period.tally
    saved = tally.tp * business.save_rate
    contacted = tally.tp + tally.fp
    return Books(
        revenue_protected=saved * business.customer_value * business.horizon_months / 12,
        retention_cost=contacted * business.contact_cost,
        running_cost=business.running_cost_monthly * months_in(period.window),
        cost_of_all=(contacted + tally.fn + tally.tn) * business.contact_cost,
        missed_revenue=tally.fn * business.save_rate * business.customer_value,
        saved=saved,
    )


def gaps(evidence: Evidence) -> list[str]:
    """Return what a figure of money leaves out: outcomes to come, days before the parameters begin."""
    share, gaps = coverage(evidence), []
    if share is not None and share < 1:
        gaps.append(f"realised: from the {share:.0%} of predictions whose outcome is known")
    if evidence.money and evidence.money[0].window.start > evidence.window.start:
        gaps.append(f"from {_day(evidence.money[0].window.start)} on, when the business parameters begin")
    return gaps


def _day(at: datetime) -> str:
    return f"{at:%-d %b %Y}"
