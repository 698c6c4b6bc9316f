"""Over-forecast share: how often a prediction was too high."""

from webapp.metrics.answers import over_share
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import REGRESSION_ONLY, Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return over_share(evidence)


METRIC = Metric(
    name="over_forecast_share",
    label="Over-forecast share",
    unit=Unit.SHARE,
    better=Better.NONE,
    source=Source.ANSWERS,
    group="performance",
    formula="predictions above the actual value / predictions with a known outcome",
    compute=compute,
    tasks=REGRESSION_ONLY,
)
