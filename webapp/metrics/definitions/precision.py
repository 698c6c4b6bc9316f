"""Precision: how many of the flagged were rightly flagged."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.shares import labelled_share


def compute(evidence: Evidence) -> Value:
    tally = evidence.aggregate.tally
    return labelled_share(evidence, tally.tp, tally.tp + tally.fp, empty="nothing was flagged")


METRIC = Metric(
    name="precision",
    label="Precision",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="performance",
    formula="TP / (TP + FP)",
    compute=compute,
    tasks=BINARY_ONLY,
)
