"""Gain in the top 10 %: which share of all positives is among the tenth with the highest scores."""

from webapp.core.formatting import share
from webapp.metrics.calibration import known
from webapp.metrics.curves import gain
from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import clipped
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value, undefined
from webapp.metrics.shares import ONE_CLASS, labelled, labelled_scores


def compute(evidence: Evidence) -> Value:
    scores = labelled_scores(evidence)
    if isinstance(scores, Value):
        return scores
    found = gain(scores, 0.1)
    if found is None:
        return undefined(ONE_CLASS, sample_count=known(scores))
    note = f"binned: at most {share(found.bound)} off"
    return labelled(evidence, found.value, known(scores), clipped(found.value, found.deviation), note=note)


METRIC = Metric(
    name="gain_at_10",
    label="Gain in the top 10 %",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    source=Source.SCORES,
    group="performance",
    formula="positives among the 10 % with the highest scores / positives",
    compute=compute,
    minimum_sample_count=100,
    tasks=BINARY_ONLY,
)
