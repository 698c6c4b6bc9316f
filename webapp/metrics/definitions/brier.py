"""Brier score: the mean squared distance between score and outcome."""

from webapp.metrics import calibration
from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import clipped
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.shares import labelled, labelled_scores


def compute(evidence: Evidence) -> Value:
    scores = labelled_scores(evidence, both_classes=False)
    if isinstance(scores, Value):
        return scores
    found = calibration.brier(scores)
    return labelled(evidence, found.value, calibration.known(scores), clipped(found.value, found.deviation))


METRIC = Metric(
    name="brier",
    label="Brier score",
    unit=Unit.SCORE,
    better=Better.LOWER,
    source=Source.SCORES,
    group="performance",
    formula="mean of (score − outcome)², the outcome being 0 or 1",
    compute=compute,
    minimum_sample_count=30,
    decimals=3,
    tasks=BINARY_ONLY,
)
