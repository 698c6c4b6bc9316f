"""F1 score (estimated): precision and recall as they are likely to be, before outcomes arrive."""

from webapp.metrics.cbpe import MINIMUM, estimated_ratio
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return estimated_ratio(evidence, "f1", empty="no positives, neither flagged nor to be expected")


METRIC = Metric(
    name="estimated_f1",
    label="F1 score (estimated)",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.SCORES,
    group="performance",
    formula="2·TP / (2·TP + FP + FN), of the confusion to be expected from calibrated scores (CBPE)",
    compute=compute,
    minimum_sample_count=MINIMUM,
    tasks=BINARY_ONLY,
    needs_baseline=True,
)
