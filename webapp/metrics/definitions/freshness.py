"""Freshness: how old the newest prediction is."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import Better, Metric, Source, Unit, Value, undefined


def compute(evidence: Evidence) -> Value:
    if evidence.newest is None:
        return undefined("no predictions yet")
    age = max((evidence.window.end - evidence.newest).total_seconds(), 0)
    return Value(age * 1000, sample_count=evidence.aggregate.tally.predictions)


METRIC = Metric(
    name="freshness",
    label="Freshness",
    unit=Unit.MILLISECONDS,
    better=Better.LOWER,
    source=Source.NEWEST,
    group="quality",
    formula="time since the newest prediction, to the minute",
    compute=compute,
)
