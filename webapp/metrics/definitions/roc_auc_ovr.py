"""ROC AUC one against the rest: how often a class's own cases outrank the others."""

from webapp.metrics import multiclass
from webapp.metrics.answers import NO_SCORES, of_classes
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import MULTICLASS_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return of_classes(evidence, multiclass.macro_area, empty=NO_SCORES)


METRIC = Metric(
    name="roc_auc_ovr",
    label="ROC AUC, one vs rest",
    unit=Unit.SCORE,
    better=Better.HIGHER,
    source=Source.ANSWERS,
    group="performance",
    formula="mean over the classes of P(score of one that is of the class > score of another), ties count one half",
    compute=compute,
    minimum_sample_count=30,
    decimals=3,
    tasks=MULTICLASS_ONLY,
)
