"""Drift share: how many features stand over their warning line."""

from webapp.drift.registry import method_named
from webapp.metrics.evidence import Evidence
from webapp.metrics.feature_drift import drifted_share, drifts, lines
from webapp.metrics.metric import Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    method = method_named(evidence.model.drift_method)
    limits = lines(evidence.model, method)
    return drifted_share(drifts(evidence.aggregate.features, evidence.baseline, method, limits))


METRIC = Metric(
    name="drift_share",
    label="Drifted features",
    unit=Unit.SHARE,
    better=Better.LOWER,
    source=Source.FEATURES,
    group="drift",
    formula="features over their warning line and noise floor, with q < 0.05 (Benjamini–Hochberg) / features",
    compute=compute,
)
