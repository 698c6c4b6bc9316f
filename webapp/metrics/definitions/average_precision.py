"""Average precision: the area under the precision–recall curve, which a rare class does not flatter."""

from webapp.metrics.calibration import known
from webapp.metrics.curves import average_precision
from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import clipped
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value, undefined
from webapp.metrics.shares import ONE_CLASS, labelled, labelled_scores


def compute(evidence: Evidence) -> Value:
    scores = labelled_scores(evidence)
    if isinstance(scores, Value):
        return scores
    found = average_precision(scores)
    if found is None:
        return undefined(ONE_CLASS, sample_count=known(scores))
    note = f"binned: at most {found.bound:.1g} off"
    return labelled(evidence, found.value, known(scores), clipped(found.value, found.deviation), note=note)


METRIC = Metric(
    name="average_precision",
    label="Average precision (PR AUC)",
    unit=Unit.SCORE,
    better=Better.HIGHER,
    source=Source.SCORES,
    group="performance",
    formula="Σ (R_k − R_(k−1))·P_k over the scores from the highest down; evenly spread within a bin",
    compute=compute,
    minimum_sample_count=30,
    decimals=3,
    tasks=BINARY_ONLY,
)
