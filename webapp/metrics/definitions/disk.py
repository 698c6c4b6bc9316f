"""Disk in use, in percent."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.gauge import mean
from webapp.metrics.metric import Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    return mean(evidence, "disk")


METRIC = Metric(
    name="disk",
    label="Disk",
    unit=Unit.PERCENT,
    better=Better.LOWER,
    source=Source.GAUGES,
    group="service",
    formula="mean of the measurements disk_percent",
    compute=compute,
)
