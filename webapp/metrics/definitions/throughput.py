"""Throughput: predictions an hour."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import Better, Metric, Source, Unit, Value, undefined


def compute(evidence: Evidence) -> Value:
    tally = evidence.aggregate.tally
    hours = evidence.window.duration.total_seconds() / 3600
    if hours <= 0:
        return undefined("the window is empty")
    return Value(tally.predictions / hours, sample_count=tally.predictions)


METRIC = Metric(
    name="throughput",
    label="Predictions per hour",
    unit=Unit.COUNT,
    better=Better.NONE,
    source=Source.COUNTS,
    group="service",
    formula="predictions / hours of the window",
    compute=compute,
    decimals=1,
)
