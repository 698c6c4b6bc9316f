"""Brier score of all classes: the squared distance of the scores from what happened."""

from webapp.metrics import multiclass
from webapp.metrics.answers import NO_SCORES, of_classes
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import MULTICLASS_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return of_classes(evidence, multiclass.brier, empty=NO_SCORES, high=2.0)


METRIC = Metric(
    name="brier_multiclass",
    label="Brier score, all classes",
    unit=Unit.SCORE,
    better=Better.LOWER,
    source=Source.ANSWERS,
    group="performance",
    formula="mean over the predictions of Σ over the classes of (score − 1 if it happened, else 0)²",
    compute=compute,
    minimum_sample_count=30,
    decimals=3,
    tasks=MULTICLASS_ONLY,
)
