"""F0.5: precision and recall together, where precision counts twice as much."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.shares import f_beta


def compute(evidence: Evidence) -> Value:
    return f_beta(evidence, 0.5, empty="no positives, neither real nor flagged")


METRIC = Metric(
    name="f_half",
    label="F0.5 score (precision first)",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="performance",
    formula="1.25·TP / (1.25·TP + 0.25·FN + FP)",
    compute=compute,
    tasks=BINARY_ONLY,
)
