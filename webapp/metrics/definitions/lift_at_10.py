"""Lift in the top 10 %: how many times more frequent positives are among the tenth with the highest scores."""

from webapp.metrics.calibration import known
from webapp.metrics.curves import gain
from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import clipped
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value, undefined
from webapp.metrics.shares import ONE_CLASS, labelled, labelled_scores

TOP = 0.1


def compute(evidence: Evidence) -> Value:
    scores = labelled_scores(evidence)
    if isinstance(scores, Value):
        return scores
    found = gain(scores, TOP)
    if found is None:
        return undefined(ONE_CLASS, sample_count=known(scores))
    interval = clipped(found.value / TOP, found.deviation / TOP, most=1 / TOP)
    note = f"binned: at most {found.bound / TOP:.1g} off"
    return labelled(evidence, found.value / TOP, known(scores), interval, note=note)


METRIC = Metric(
    name="lift_at_10",
    label="Lift in the top 10 %",
    unit=Unit.MULTIPLE,
    better=Better.HIGHER,
    source=Source.SCORES,
    group="performance",
    formula="share of positives among the 10 % with the highest scores / share of positives",
    compute=compute,
    minimum_sample_count=100,
    tasks=BINARY_ONLY,
)
