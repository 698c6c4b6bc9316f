"""Gini coefficient: how far the ranking is from chance (0) towards perfect (1)."""

from webapp.metrics.calibration import known
from webapp.metrics.curves import area
from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import clipped
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value, undefined
from webapp.metrics.shares import ONE_CLASS, labelled, labelled_scores


def compute(evidence: Evidence) -> Value:
    scores = labelled_scores(evidence)
    if isinstance(scores, Value):
        return scores
    found = area(scores)
    if found is None:
        return undefined(ONE_CLASS, sample_count=known(scores))
    value, note = 2 * found.value - 1, f"binned: at most {2 * found.bound:.1g} off"
    return labelled(evidence, value, known(scores), clipped(value, 2 * found.deviation, least=-1.0), note=note)


METRIC = Metric(
    name="gini",
    label="Gini coefficient",
    unit=Unit.SCORE,
    better=Better.HIGHER,
    source=Source.SCORES,
    group="performance",
    formula="2·ROC AUC − 1",
    compute=compute,
    minimum_sample_count=30,
    decimals=3,
    tasks=BINARY_ONLY,
)
