"""Matthews correlation of all classes: how far answers and outcomes go together, 0 where only by chance."""

from webapp.metrics import multiclass
from webapp.metrics.answers import of_classes
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import MULTICLASS_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return of_classes(evidence, multiclass.correlation, empty="one class only", low=-1.0)


METRIC = Metric(
    name="mcc_multiclass",
    label="Matthews correlation, all classes",
    unit=Unit.SCORE,
    better=Better.HIGHER,
    source=Source.ANSWERS,
    group="performance",
    formula="(N·ΣTP − Σ predicted·actual) / √((N² − Σ predicted²)·(N² − Σ actual²)), sums over the classes",
    compute=compute,
    minimum_sample_count=30,
    decimals=3,
    tasks=MULTICLASS_ONLY,
)
