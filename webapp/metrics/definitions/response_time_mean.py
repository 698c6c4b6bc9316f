"""Mean response time."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.latency import NO_TIMES
from webapp.metrics.metric import Better, Metric, Source, Unit, Value, undefined


def compute(evidence: Evidence) -> Value:
    tally = evidence.aggregate.tally
    if tally.latency_count <= 0:
        return undefined(NO_TIMES)
    return Value(tally.latency_sum_ms / tally.latency_count, sample_count=tally.latency_count)


METRIC = Metric(
    name="response_time_mean",
    label="Response time, mean",
    unit=Unit.MILLISECONDS,
    better=Better.LOWER,
    source=Source.COUNTS,
    group="service",
    formula="sum of response times / predictions with a response time",
    compute=compute,
)
