"""Customers at risk: whom the model flagged."""

from dataclasses import replace

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.money import ALL_CONTACTED, accounted
from webapp.metrics.shares import without_outcomes


def compute(evidence: Evidence) -> Value:
    tally = evidence.aggregate.tally
    missing = without_outcomes(evidence)
    # Flagged is flagged, whenever the business parameters begin.
    return missing or accounted(replace(evidence, money=()), float(tally.tp + tally.fp), (ALL_CONTACTED,))


METRIC = Metric(
    name="customers_at_risk",
    label="Customers at risk",
    unit=Unit.COUNT,
    better=Better.NONE,
    source=Source.COUNTS,
    group="business",
    formula="TP + FP",
    compute=compute,
    decimals=0,
    tasks=BINARY_ONLY,
)
