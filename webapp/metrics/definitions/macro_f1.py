"""Macro F1: how well every class does, each counting the same."""

from webapp.metrics import multiclass
from webapp.metrics.answers import of_classes
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import MULTICLASS_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return of_classes(evidence, multiclass.macro_f1)


METRIC = Metric(
    name="macro_f1",
    label="Macro F1",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.ANSWERS,
    group="performance",
    formula="mean over the classes of 2·TP / (2·TP + FP + FN)",
    compute=compute,
    minimum_sample_count=10,
    tasks=MULTICLASS_ONLY,
)
