"""Revenue protected: what the saved customers are worth."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.money import amount, saving_notes


def compute(evidence: Evidence) -> Value:
    return amount(evidence, lambda books: books.revenue_protected, notes=saving_notes(evidence)[1:], empty="")


METRIC = Metric(
    name="revenue_protected",
    label="Revenue protected",
    unit=Unit.MONEY,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="business",
    formula="customers saved × customer value × horizon in months / 12",
    compute=compute,
    decimals=0,
    tasks=BINARY_ONLY,
)
