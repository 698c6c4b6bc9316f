"""Weighted F1: how well the classes do, each counting as often as it happens."""

from webapp.metrics import multiclass
from webapp.metrics.answers import of_classes
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import MULTICLASS_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return of_classes(evidence, multiclass.weighted_f1)


METRIC = Metric(
    name="weighted_f1",
    label="Weighted F1",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.ANSWERS,
    group="performance",
    formula="mean over the classes of 2·TP / (2·TP + FP + FN), weighted by how often each happened",
    compute=compute,
    minimum_sample_count=10,
    tasks=MULTICLASS_ONLY,
)
