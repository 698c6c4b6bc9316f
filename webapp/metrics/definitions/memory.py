"""Memory in use, in percent."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.gauge import mean
from webapp.metrics.metric import Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return mean(evidence, "memory")


METRIC = Metric(
    name="memory",
    label="Memory",
    unit=Unit.PERCENT,
    better=Better.LOWER,
    source=Source.GAUGES,
    group="service",
    formula="mean of the measurements memory_percent",
    compute=compute,
)
