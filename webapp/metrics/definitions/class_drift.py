"""Class share drift: how far the shares of the predicted classes moved from the baseline."""

from webapp.drift.registry import method_named
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import MULTICLASS_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.multiclass_drift import class_drift


def compute(evidence: Evidence) -> Value:
    return class_drift(evidence.aggregate, evidence.baseline, method_named(evidence.model.drift_method))


METRIC = Metric(
    name="class_drift",
    label="Class share drift",
    unit=Unit.SCORE,
    better=Better.LOWER,
    source=Source.ANSWERS,
    group="drift",
    formula="distance of the shares of the predicted classes from the baseline's, 0 below the noise floor",
    compute=compute,
    decimals=3,
    tasks=MULTICLASS_ONLY,
)
