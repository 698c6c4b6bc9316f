"""Calibration bias: how much higher the scores are, on average, than positives are frequent."""

from webapp.metrics import calibration
from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import clipped
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.shares import labelled, labelled_scores


def compute(evidence: Evidence) -> Value:
    scores = labelled_scores(evidence, both_classes=False)
    if isinstance(scores, Value):
        return scores
    found = calibration.bias(scores)
    interval = clipped(found.value, found.deviation, least=-1.0)
    return labelled(evidence, found.value, calibration.known(scores), interval)


METRIC = Metric(
    name="calibration_bias",
    label="Calibration bias",
    unit=Unit.SCORE,
    better=Better.NONE,
    source=Source.SCORES,
    group="performance",
    formula="mean score − share of positives; above 0 the model promises too many",
    compute=compute,
    minimum_sample_count=30,
    decimals=3,
    tasks=BINARY_ONLY,
)
