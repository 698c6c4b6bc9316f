"""RMSE: how far a prediction is off, large errors counting more."""

from webapp.metrics import regression
from webapp.metrics.answers import of_errors
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import REGRESSION_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return of_errors(evidence, regression.root_mean_square, low=0.0)


METRIC = Metric(
    name="rmse",
    label="RMSE",
    unit=Unit.VALUE,
    better=Better.LOWER,
    source=Source.ANSWERS,
    group="performance",
    formula="√ mean of (predicted − actual)²",
    compute=compute,
    minimum_sample_count=2,
    tasks=REGRESSION_ONLY,
)
