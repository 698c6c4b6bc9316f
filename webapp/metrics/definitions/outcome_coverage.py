"""Outcome coverage: of how many predictions the outcome is known."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import Better, Metric, Source, Unit, Value
from webapp.metrics.shares import NO_PREDICTIONS, share


def compute(evidence: Evidence) -> Value:
    tally = evidence.aggregate.tally
    return share(tally.known, tally.predictions, empty=NO_PREDICTIONS)


METRIC = Metric(
    name="outcome_coverage",
    label="Outcome coverage",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="quality",
    formula="predictions with a known outcome / predictions",
    compute=compute,
)
