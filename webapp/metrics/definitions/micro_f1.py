"""Micro F1: all classes counted together, which with one answer a case is the accuracy."""

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import MULTICLASS_ONLY, Better, Metric, Source, Unit, Value
from webapp.metrics.shares import NO_OUTCOMES, decided, labelled_share


def compute(evidence: Evidence) -> Value:
    return labelled_share(evidence, evidence.aggregate.tally.tp, decided(evidence), empty=NO_OUTCOMES)


METRIC = Metric(
    name="micro_f1",
    label="Micro F1",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="performance",
    formula="2·ΣTP / (2·ΣTP + ΣFP + ΣFN) over the classes; with one answer a case it is the accuracy",
    compute=compute,
    minimum_sample_count=10,
    tasks=MULTICLASS_ONLY,
)
