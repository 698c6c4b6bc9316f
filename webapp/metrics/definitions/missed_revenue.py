"""Missed revenue: what the churners that nobody flagged were worth."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.money import amount, saving_notes


def compute(evidence: Evidence) -> Value:
    notes = tuple(note.replace("flagged churner is", "churner would have been") for note in saving_notes(evidence)[1:])
    return amount(evidence, lambda books: books.missed_revenue, notes=notes, empty="")


METRIC = Metric(
    name="missed_revenue",
    label="Missed revenue",
    unit=Unit.MONEY,
    better=Better.LOWER,
    source=Source.COUNTS,
    group="business",
    formula="FN × save rate × customer value",
    compute=compute,
    decimals=0,
    tasks=BINARY_ONLY,
)
