"""Accuracy: how often the decision was right."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import CLASSIFIERS, Better, Metric, Source, Unit, Value
from webapp.metrics.shares import NO_OUTCOMES, decided, labelled_share


def compute(evidence: Evidence) -> Value:
    tally = evidence.aggregate.tally
    return labelled_share(evidence, tally.tp + tally.tn, decided(evidence), empty=NO_OUTCOMES)


METRIC = Metric(
    name="accuracy",
    label="Accuracy",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="performance",
    formula="(TP + TN) / (TP + FP + FN + TN)",
    compute=compute,
    tasks=CLASSIFIERS,
)
