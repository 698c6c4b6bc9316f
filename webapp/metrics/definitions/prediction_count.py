"""How many predictions there were; none is a number too."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import Better, Metric, Source, Unit, Value


def compute(evidence: Evidence) -> Value:
    tally = evidence.aggregate.tally
    return Value(float(tally.predictions), sample_count=tally.predictions)


METRIC = Metric(
    name="prediction_count",
    label="Predictions",
    unit=Unit.COUNT,
    better=Better.NONE,
    source=Source.COUNTS,
    group="service",
    formula="number of predictions",
    compute=compute,
    decimals=0,
)
