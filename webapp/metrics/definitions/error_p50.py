"""The error that half of the predictions stay within."""

from webapp.metrics.answers import error_quantile
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import REGRESSION_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return error_quantile(evidence, 0.5)


METRIC = Metric(
    name="error_p50",
    label="Absolute error p50",
    unit=Unit.VALUE,
    better=Better.LOWER,
    source=Source.ANSWERS,
    group="performance",
    formula="50 % of |predicted − actual| are at most this (binned, at most 1 % off)",
    compute=compute,
    minimum_sample_count=10,
    tasks=REGRESSION_ONLY,
)
