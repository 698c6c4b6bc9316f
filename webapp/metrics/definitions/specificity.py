"""Specificity: how many of the negatives were left alone."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.shares import labelled_share


def compute(evidence: Evidence) -> Value:
    tally = evidence.aggregate.tally
    return labelled_share(evidence, tally.tn, tally.tn + tally.fp, empty="one class only: no negatives")


METRIC = Metric(
    name="specificity",
    label="Specificity",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="performance",
    formula="TN / (TN + FP)",
    compute=compute,
    tasks=BINARY_ONLY,
)
