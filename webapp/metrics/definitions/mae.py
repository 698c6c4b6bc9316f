"""MAE: how far a prediction is off, on the mean."""

from webapp.metrics import regression
from webapp.metrics.answers import of_errors
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import REGRESSION_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return of_errors(evidence, regression.mean_absolute, low=0.0)


METRIC = Metric(
    name="mae",
    label="MAE",
    unit=Unit.VALUE,
    better=Better.LOWER,
    source=Source.ANSWERS,
    group="performance",
    formula="mean of |predicted − actual|",
    compute=compute,
    minimum_sample_count=2,
    tasks=REGRESSION_ONLY,
)
