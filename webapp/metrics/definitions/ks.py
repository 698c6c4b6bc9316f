"""KS statistic: the widest gap between the shares of positives and of negatives that score above a threshold."""

from webapp.metrics.calibration import known
from webapp.metrics.curves import widest_gap
from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import clipped
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value, undefined
from webapp.metrics.shares import ONE_CLASS, labelled, labelled_scores


def compute(evidence: Evidence) -> Value:
    scores = labelled_scores(evidence)
    if isinstance(scores, Value):
        return scores
    found = widest_gap(scores)
    if found is None:
        return undefined(ONE_CLASS, sample_count=known(scores))
    note = f"widest at {found.threshold:.3g}; binned: at most {found.bound:.1g} more"
    return labelled(evidence, found.value, known(scores), clipped(found.value, found.deviation), note=note)


METRIC = Metric(
    name="ks",
    label="KS statistic",
    unit=Unit.SCORE,
    better=Better.HIGHER,
    source=Source.SCORES,
    group="performance",
    formula="max |TPR − FPR| over the edges of the score bins",
    compute=compute,
    minimum_sample_count=30,
    decimals=3,
    tasks=BINARY_ONLY,
)
