"""Net benefit: what is left of the returns."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.money import amount, saving_notes


def compute(evidence: Evidence) -> Value:
    return amount(evidence, lambda books: books.net_benefit, notes=saving_notes(evidence), empty="")


METRIC = Metric(
    name="net_benefit",
    label="Net benefit",
    unit=Unit.MONEY,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="business",
    formula="revenue protected − retention cost − running cost",
    compute=compute,
    decimals=0,
    tasks=BINARY_ONLY,
)
