"""Return multiple: returns over what was invested."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.money import Books, amount, saving_notes


def compute(evidence: Evidence) -> Value:
    return amount(evidence, _multiple, notes=saving_notes(evidence), empty="nothing was invested")


def _multiple(books: Books) -> float | None:
    return books.revenue_protected / books.investment if books.investment > 0 else None


METRIC = Metric(
    name="return_multiple",
    label="Return multiple",
    unit=Unit.MULTIPLE,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="business",
    formula="returns / investment",
    compute=compute,
    decimals=1,
    tasks=BINARY_ONLY,
)
