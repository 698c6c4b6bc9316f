"""Retention cost: what contacting the flagged customers cost."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.money import ALL_CONTACTED, amount


def compute(evidence: Evidence) -> Value:
    return amount(evidence, lambda books: books.retention_cost, notes=(ALL_CONTACTED,), empty="")


METRIC = Metric(
    name="retention_cost",
    label="Retention cost",
    unit=Unit.MONEY,
    better=Better.LOWER,
    source=Source.COUNTS,
    group="business",
    formula="(TP + FP) × contact cost",
    compute=compute,
    decimals=0,
    tasks=BINARY_ONLY,
)
