"""F1: the harmonic mean of precision and recall."""

from dataclasses import replace

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.shares import labelled_share


def compute(evidence: Evidence) -> Value:
    tally = evidence.aggregate.tally
    jaccard = labelled_share(
        evidence, tally.tp, tally.tp + tally.fp + tally.fn, empty="no positives, neither real nor flagged"
    )
    if jaccard.value is None or jaccard.low is None or jaccard.high is None:
        return jaccard
    # F1 grows with the share TP / (TP + FP + FN), whose interval is known, so the interval carries over.
    value, low, high = (2 * share / (1 + share) for share in (jaccard.value, jaccard.low, jaccard.high))
    return replace(jaccard, value=value, low=low, high=high)


METRIC = Metric(
    name="f1",
    label="F1 score",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="performance",
    formula="2·TP / (2·TP + FP + FN)",
    compute=compute,
    tasks=BINARY_ONLY,
)
