"""Log loss of all classes: how surprised the scores were by the class that happened."""

from webapp.metrics import multiclass
from webapp.metrics.answers import NO_SCORES, of_classes
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import MULTICLASS_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return of_classes(evidence, multiclass.log_loss, empty=NO_SCORES, high=None)


METRIC = Metric(
    name="log_loss_multiclass",
    label="Log loss, all classes",
    unit=Unit.SCORE,
    better=Better.LOWER,
    source=Source.ANSWERS,
    group="performance",
    formula="mean of −ln(score of the class that happened)",
    compute=compute,
    minimum_sample_count=30,
    decimals=3,
    tasks=MULTICLASS_ONLY,
)
