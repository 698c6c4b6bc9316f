"""Accuracy (estimated): how often decisions are likely to be right, before outcomes arrive."""

from webapp.metrics.cbpe import MINIMUM, estimated_ratio
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import CLASSIFIERS, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return estimated_ratio(evidence, "accuracy", empty="no predictions in this window")


METRIC = Metric(
    name="estimated_accuracy",
    label="Accuracy (estimated)",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.SCORES,
    group="performance",
    formula="(TP + TN) / all, of the confusion to be expected from calibrated scores (CBPE); of several classes"
    " the mean calibrated score of the answers",
    compute=compute,
    minimum_sample_count=MINIMUM,
    tasks=CLASSIFIERS,
    needs_baseline=True,
)
