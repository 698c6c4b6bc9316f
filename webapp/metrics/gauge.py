"""The mean of a gauge over the window, with the highest value beside it. Pure."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import Value, undefined

# The measurement that each metric of a machine is made from.
GAUGES = {"cpu": "cpu_percent", "memory": "memory_percent", "disk": "disk_percent", "availability": "up"}


def mean(evidence: Evidence, metric: str) -> Value:
    gauge = evidence.gauges.get(GAUGES[metric])
    if gauge is None or gauge.mean is None:
        return undefined("no measurements in this window")
    return Value(gauge.mean, sample_count=gauge.sample_count, note=f"highest {gauge.largest:.0f}%")
