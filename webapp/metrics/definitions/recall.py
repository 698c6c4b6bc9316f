"""Recall: how many of the positives were flagged."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.shares import labelled_share


def compute(evidence: Evidence) -> Value:
    tally = evidence.aggregate.tally
    return labelled_share(evidence, tally.tp, tally.tp + tally.fn, empty="one class only: no positives")


METRIC = Metric(
    name="recall",
    label="Recall",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="performance",
    formula="TP / (TP + FN)",
    compute=compute,
    tasks=BINARY_ONLY,
)
