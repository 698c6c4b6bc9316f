"""Balanced accuracy: the mean of recall and specificity, so that a rare class counts as much as the other."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import mean_of_shares
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value, undefined
from webapp.metrics.shares import NO_NEGATIVES, NO_POSITIVES, confusion, coverage, decided, labelled, without_outcomes


def compute(evidence: Evidence) -> Value:
    missing = without_outcomes(evidence)
    if missing is not None:
        return missing
    tp, fp, fn, tn = confusion(evidence)
    if not tp + fn or not tn + fp:
        reason = NO_NEGATIVES if tp + fn else NO_POSITIVES
        return undefined(reason, sample_count=decided(evidence), coverage=coverage(evidence))
    value = (tp / (tp + fn) + tn / (tn + fp)) / 2
    return labelled(evidence, value, decided(evidence), mean_of_shares([(tp, tp + fn), (tn, tn + fp)]))


METRIC = Metric(
    name="balanced_accuracy",
    label="Balanced accuracy",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="performance",
    formula="½·(TP / (TP + FN) + TN / (TN + FP))",
    compute=compute,
    tasks=BINARY_ONLY,
)
