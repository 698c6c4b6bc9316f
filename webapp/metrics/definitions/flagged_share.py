"""Flagged share: how many predictions were positive."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.shares import NO_PREDICTIONS, share


def compute(evidence: Evidence) -> Value:
    tally = evidence.aggregate.tally
    return share(tally.flagged, tally.predictions - tally.errors, empty=NO_PREDICTIONS)


METRIC = Metric(
    name="flagged_share",
    label="Flagged share",
    unit=Unit.SHARE,
    better=Better.NONE,
    source=Source.COUNTS,
    group="quality",
    formula="predictions of the positive class / predictions without an error",
    compute=compute,
    tasks=BINARY_ONLY,
)
