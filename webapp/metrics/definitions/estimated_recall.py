"""Recall (estimated): how many of the positives are likely to be flagged, before outcomes arrive."""

from webapp.metrics.cbpe import MINIMUM, estimated_ratio
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return estimated_ratio(evidence, "recall", empty="no positives are to be expected")


METRIC = Metric(
    name="estimated_recall",
    label="Recall (estimated)",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.SCORES,
    group="performance",
    formula="TP / (TP + FN), of the confusion to be expected from calibrated scores (CBPE)",
    compute=compute,
    minimum_sample_count=MINIMUM,
    tasks=BINARY_ONLY,
    needs_baseline=True,
)
