"""F2: precision and recall together, where recall counts twice as much."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.shares import f_beta


def compute(evidence: Evidence) -> Value:
    return f_beta(evidence, 2, empty="no positives, neither real nor flagged")


METRIC = Metric(
    name="f2",
    label="F2 score (recall first)",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="performance",
    formula="5·TP / (5·TP + 4·FN + FP)",
    compute=compute,
    tasks=BINARY_ONLY,
)
