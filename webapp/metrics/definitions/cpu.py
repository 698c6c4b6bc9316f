"""CPU in use, in percent."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.gauge import mean
from webapp.metrics.metric import Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return mean(evidence, "cpu")


METRIC = Metric(
    name="cpu",
    label="CPU",
    unit=Unit.PERCENT,
    better=Better.LOWER,
    source=Source.GAUGES,
    group="service",
    formula="mean of the measurements cpu_percent",
    compute=compute,
)
