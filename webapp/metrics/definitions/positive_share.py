"""Positive share: how many of the known outcomes are positive."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.shares import NO_OUTCOMES, confusion, decided, labelled_share


def compute(evidence: Evidence) -> Value:
    tp, _, fn, _ = confusion(evidence)
    return labelled_share(evidence, tp + fn, decided(evidence), empty=NO_OUTCOMES)


METRIC = Metric(
    name="positive_share",
    label="Positive share",
    unit=Unit.SHARE,
    better=Better.NONE,
    source=Source.COUNTS,
    group="quality",
    formula="(TP + FN) / (TP + FP + FN + TN)",
    compute=compute,
    tasks=BINARY_ONLY,
)
