"""Bias: whether predictions are too high or too low on the whole."""

from webapp.metrics import regression
from webapp.metrics.answers import of_errors
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import REGRESSION_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return of_errors(evidence, regression.bias)


METRIC = Metric(
    name="bias",
    label="Bias",
    unit=Unit.VALUE,
    better=Better.NONE,
    source=Source.ANSWERS,
    group="performance",
    formula="mean of (predicted − actual): above 0 too high, below 0 too low",
    compute=compute,
    minimum_sample_count=2,
    tasks=REGRESSION_ONLY,
)
