"""Macro precision: how often a predicted class is right, each class counting the same."""

from webapp.metrics import multiclass
from webapp.metrics.answers import of_classes
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import MULTICLASS_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return of_classes(evidence, multiclass.macro_precision)


METRIC = Metric(
    name="macro_precision",
    label="Macro precision",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.ANSWERS,
    group="performance",
    formula="mean over the predicted classes of TP / (TP + FP)",
    compute=compute,
    minimum_sample_count=10,
    tasks=MULTICLASS_ONLY,
)
