"""ROI: the gain over what was invested, in percent."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.money import Books, amount, saving_notes


def compute(evidence: Evidence) -> Value:
    return amount(evidence, _roi, notes=saving_notes(evidence), empty="nothing was invested")


def _roi(books: Books) -> float | None:
    return 100 * books.net_benefit / books.investment if books.investment > 0 else None


METRIC = Metric(
    name="roi",
    label="ROI",
    unit=Unit.PERCENT,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="business",
    formula="(returns − investment) / investment; investment = retention cost + running cost",
    compute=compute,
    decimals=1,
    tasks=BINARY_ONLY,
)
