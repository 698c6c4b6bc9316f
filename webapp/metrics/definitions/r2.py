"""R²: the share of the variation that the predictions explain."""

from webapp.metrics import regression
from webapp.metrics.answers import of_errors
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import REGRESSION_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return of_errors(evidence, regression.determination, empty="the actual values do not vary", high=1.0)


METRIC = Metric(
    name="r2",
    label="R²",
    unit=Unit.SCORE,
    better=Better.HIGHER,
    source=Source.ANSWERS,
    group="performance",
    formula="1 − Σ(predicted − actual)² / Σ(actual − mean of actual)²; its interval takes the actual values as given",
    compute=compute,
    minimum_sample_count=10,
    decimals=3,
    tasks=REGRESSION_ONLY,
)
