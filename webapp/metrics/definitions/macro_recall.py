"""Macro recall: how many of each class are found, each class counting the same."""

from webapp.metrics import multiclass
from webapp.metrics.answers import of_classes
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import MULTICLASS_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return of_classes(evidence, multiclass.macro_recall)


METRIC = Metric(
    name="macro_recall",
    label="Macro recall",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.ANSWERS,
    group="performance",
    formula="mean over the classes that happened of TP / (TP + FN): the balanced accuracy",
    compute=compute,
    minimum_sample_count=10,
    tasks=MULTICLASS_ONLY,
)
