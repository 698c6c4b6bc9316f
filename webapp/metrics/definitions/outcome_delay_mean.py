"""Outcome delay: how long outcomes took to become known, from the prediction on."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import Better, Metric, Source, Unit, Value, undefined
from webapp.metrics.shares import NO_OUTCOMES, NO_PREDICTIONS, coverage


def compute(evidence: Evidence) -> Value:
    tally = evidence.aggregate.tally
    if tally.known <= 0:
        return undefined(NO_OUTCOMES if tally.predictions > 0 else NO_PREDICTIONS, coverage=coverage(evidence))
    note = "of outcomes that are known so far; slow ones are still missing" if tally.known < tally.predictions else None
    value = 1000 * max(tally.delay_sum_s, 0.0) / tally.known
    return Value(value, sample_count=tally.known, coverage=coverage(evidence), note=note)


METRIC = Metric(
    name="outcome_delay_mean",
    label="Outcome delay (mean)",
    unit=Unit.MILLISECONDS,
    better=Better.LOWER,
    source=Source.COUNTS,
    group="quality",
    formula="time from the prediction to its outcome, summed / predictions with a known outcome",
    compute=compute,
)
