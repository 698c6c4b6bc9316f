"""The mean of a gauge over the window, with the highest value beside it. Pure."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import Value, undefined


def mean(evidence: Evidence, name: str) -> Value:
    gauge = evidence.gauges.get(name)
    if gauge is None or gauge.mean is None:
        return undefined("no measurements in this window")
    return Value(gauge.mean, sample_count=gauge.sample_count, note=f"highest {gauge.largest:.0f}%")
