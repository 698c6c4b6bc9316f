"""ROC AUC (estimated): how often a positive is likely to outrank a negative, before outcomes arrive."""

from webapp.metrics.cbpe import MINIMUM, estimated_area
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return estimated_area(evidence)


METRIC = Metric(
    name="estimated_roc_auc",
    label="ROC AUC (estimated)",
    unit=Unit.SCORE,
    better=Better.HIGHER,
    source=Source.SCORES,
    group="performance",
    formula="P(score of a positive > score of a negative), expected from calibrated scores (CBPE)",
    compute=compute,
    minimum_sample_count=MINIMUM,
    decimals=3,
    tasks=BINARY_ONLY,
    needs_baseline=True,
)
