"""Drift score: the feature that moved furthest from the baseline."""

from webapp.drift.registry import method_named
from webapp.metrics.evidence import Evidence
from webapp.metrics.feature_drift import drifts, lines, model_score
from webapp.metrics.metric import Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    method = method_named(evidence.model.drift_method)
    limits = lines(evidence.model, method)
    found = drifts(
        evidence.aggregate.features, evidence.baseline, method, limits, importances=evidence.model.importances
    )
    return model_score(found)


METRIC = Metric(
    name="drift_score",
    label="Drift score",
    unit=Unit.SCORE,
    better=Better.LOWER,
    source=Source.FEATURES,
    group="drift",
    formula="highest distance from the baseline among features above their noise floor;"
    " weighted by importance / largest where importances are given",
    compute=compute,
    decimals=3,
)
