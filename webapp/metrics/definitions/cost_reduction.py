"""Cost reduction: what is saved by not contacting everybody."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.money import ALL_CONTACTED, Books, amount


def compute(evidence: Evidence) -> Value:
    return amount(evidence, _reduction, notes=(ALL_CONTACTED,), empty="contacting costs nothing")


def _reduction(books: Books) -> float | None:
    return 1 - books.retention_cost / books.cost_of_all if books.cost_of_all > 0 else None


METRIC = Metric(
    name="cost_reduction",
    label="Cost reduction",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="business",
    formula="1 − retention cost / (all predictions × contact cost)",
    compute=compute,
    tasks=BINARY_ONLY,
)
