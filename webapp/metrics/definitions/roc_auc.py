"""ROC AUC: how often a positive outranks a negative."""

from webapp.metrics.curves import area
from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import clipped
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value, undefined
from webapp.metrics.shares import coverage, is_provisional, without_outcomes


def compute(evidence: Evidence) -> Value:
    missing = without_outcomes(evidence)
    if missing is not None:
        return missing
    scores = evidence.aggregate.scores
    if scores is None or scores.everything.sum() == 0:
        return undefined("no scores in this window", coverage=coverage(evidence))
    found = area(scores)
    size = int(scores.positives.sum() + scores.negatives.sum())
    if found is None:
        return undefined("one class only", sample_count=size, coverage=coverage(evidence))
    low, high = clipped(found.value, found.deviation)
    return Value(
        found.value,
        sample_count=size,
        low=low,
        high=high,
        coverage=coverage(evidence),
        provisional=is_provisional(evidence),
        note=f"binned: at most {found.bound:.1g} off",
    )


METRIC = Metric(
    name="roc_auc",
    label="ROC AUC",
    unit=Unit.SCORE,
    better=Better.HIGHER,
    source=Source.SCORES,
    group="performance",
    formula="P(score of a positive > score of a negative), ties count one half",
    compute=compute,
    decimals=3,
    tasks=BINARY_ONLY,
)
