"""Error rate: how many predictions failed."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import Better, Metric, Source, Unit, Value
from webapp.metrics.shares import NO_PREDICTIONS, share


def compute(evidence: Evidence) -> Value:
    tally = evidence.aggregate.tally
    return share(tally.errors, tally.predictions, empty=NO_PREDICTIONS)


METRIC = Metric(
    name="error_rate",
    label="Error rate",
    unit=Unit.SHARE,
    better=Better.LOWER,
    source=Source.COUNTS,
    group="service",
    formula="failed predictions / predictions",
    compute=compute,
    decimals=2,
)
