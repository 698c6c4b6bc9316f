"""Availability: how many checks found the service up."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.gauge import GAUGES
from webapp.metrics.metric import Better, Metric, Source, Unit, Value, undefined
from webapp.metrics.shares import share


def compute(evidence: Evidence) -> Value:
    checks = evidence.gauges.get(GAUGES["availability"])
    if checks is None:
        return undefined("no checks in this window")
    return share(checks.total, checks.sample_count, empty="no checks in this window")


METRIC = Metric(
    name="availability",
    label="Availability",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.GAUGES,
    group="service",
    formula="successful checks / checks (measurements up: 1 or 0)",
    compute=compute,
    decimals=2,
)
