"""Prediction drift: how far the scores moved from the baseline."""

from webapp.drift.registry import method_named
from webapp.metrics.evidence import Evidence
from webapp.metrics.feature_drift import prediction_drift
from webapp.metrics.metric import Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return prediction_drift(evidence.aggregate, evidence.baseline, method_named(evidence.model.drift_method))


METRIC = Metric(
    name="prediction_drift",
    label="Prediction drift",
    unit=Unit.SCORE,
    better=Better.LOWER,
    source=Source.SCORES,
    group="drift",
    formula="distance of the scores from the baseline, 0 below the noise floor",
    compute=compute,
    decimals=3,
)
