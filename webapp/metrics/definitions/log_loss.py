"""Log loss: how surprised the scores were by what happened; one confident mistake costs much."""

import math

from webapp.metrics import calibration
from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import clipped
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.shares import labelled, labelled_scores


def compute(evidence: Evidence) -> Value:
    scores = labelled_scores(evidence, both_classes=False)
    if isinstance(scores, Value):
        return scores
    found = calibration.log_loss(scores)
    interval = clipped(found.value, found.deviation, most=math.inf)
    return labelled(evidence, found.value, calibration.known(scores), interval)


METRIC = Metric(
    name="log_loss",
    label="Log loss",
    unit=Unit.SCORE,
    better=Better.LOWER,
    source=Source.SCORES,
    group="performance",
    formula="mean of −ln(score) of positives and −ln(1 − score) of negatives",
    compute=compute,
    minimum_sample_count=30,
    decimals=3,
    tasks=BINARY_ONLY,
)
