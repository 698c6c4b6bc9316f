"""Forecast cost: what predicting too much and too little has cost."""

from webapp.metrics.answers import of_errors
from webapp.metrics.estimate import Estimate
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import REGRESSION_ONLY, Better, Metric, Source, Unit, Value, undefined
from webapp.metrics.money import NO_FORECAST_COSTS, forecast_costs, gaps


def compute(evidence: Evidence) -> Value:
    if not any(period.business.costs.of_numbers for period in evidence.money):
        return undefined(NO_FORECAST_COSTS)
    costs = forecast_costs(evidence)
    note = "; ".join(gaps(evidence)) or None
    total = None if costs is None else costs.over + costs.under
    return of_errors(
        evidence, lambda errors: None if total is None else Estimate(total, None, round(errors.count), note)
    )


METRIC = Metric(
    name="forecast_cost",
    label="Forecast cost",
    unit=Unit.MONEY,
    better=Better.LOWER,
    source=Source.ANSWERS,
    group="business",
    formula="Σ (predicted − actual) where too high × cost of a unit too much"
    " + Σ (actual − predicted) where too low × cost of a unit too little",
    compute=compute,
    decimals=0,
    tasks=REGRESSION_ONLY,
)
