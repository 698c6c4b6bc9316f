"""Precision (estimated): how many of the flagged are likely to be positive, before outcomes arrive."""

from webapp.metrics.cbpe import MINIMUM, estimated_ratio
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return estimated_ratio(evidence, "precision", empty="nothing is flagged")


METRIC = Metric(
    name="estimated_precision",
    label="Precision (estimated)",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.SCORES,
    group="performance",
    formula="TP / (TP + FP), of the confusion to be expected from calibrated scores (CBPE)",
    compute=compute,
    minimum_sample_count=MINIMUM,
    tasks=BINARY_ONLY,
    needs_baseline=True,
)
