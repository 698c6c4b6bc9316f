"""Response time that 99 % of the predictions stay within."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.latency import percentile
from webapp.metrics.metric import Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return percentile(evidence, 0.99)


METRIC = Metric(
    name="response_time_p99",
    label="Response time, p99",
    unit=Unit.MILLISECONDS,
    better=Better.LOWER,
    source=Source.LATENCY,
    group="service",
    formula="the smallest response time that at least 99 % stay within (bins of 4 %)",
    compute=compute,
)
