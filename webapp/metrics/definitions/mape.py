"""MAPE: how far a prediction is off, as a share of what happened."""

from webapp.metrics import regression
from webapp.metrics.answers import of_errors
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import REGRESSION_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return of_errors(evidence, regression.mean_relative, empty="every actual value was 0")


METRIC = Metric(
    name="mape",
    label="MAPE",
    unit=Unit.SHARE,
    better=Better.LOWER,
    source=Source.ANSWERS,
    group="performance",
    formula="mean of |predicted − actual| / |actual|, where actual ≠ 0",
    compute=compute,
    minimum_sample_count=2,
    tasks=REGRESSION_ONLY,
)
