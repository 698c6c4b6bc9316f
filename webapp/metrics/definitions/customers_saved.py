"""Customers saved."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.money import amount, saving_notes


def compute(evidence: Evidence) -> Value:
    return amount(evidence, lambda books: books.saved, notes=saving_notes(evidence)[1:], empty="")


METRIC = Metric(
    name="customers_saved",
    label="Customers saved",
    unit=Unit.COUNT,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="business",
    formula="TP × save rate",
    compute=compute,
    decimals=0,
    tasks=BINARY_ONLY,
)
