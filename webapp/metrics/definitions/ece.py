"""Expected calibration error: how far scores are from the share of positives among predictions with such scores.

Of several classes it is about the score of the predicted class, and positives are the right answers.
"""

from webapp.metrics import calibration
from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import clipped
from webapp.metrics.metric import CLASSIFIERS, Better, Metric, Source, Unit, Value
from webapp.metrics.shares import labelled, labelled_scores


def compute(evidence: Evidence) -> Value:
    scores = labelled_scores(evidence, both_classes=False)
    if isinstance(scores, Value):
        return scores
    found = calibration.error(scores)
    note = f"binned: at most {found.bound:.1g} off; chance alone would show {found.by_chance:.2g}"
    interval = clipped(found.value, found.deviation)
    return labelled(evidence, found.value, calibration.known(scores), interval, note=note)


METRIC = Metric(
    name="ece",
    label="Calibration error (ECE)",
    unit=Unit.SCORE,
    better=Better.LOWER,
    source=Source.SCORES,
    group="performance",
    formula="Σ n_b/n·|mean score − share of positives| over ten bins of equal width, cut at the nearest edges;"
    " of several classes the score of the predicted one, and right answers as positives",
    compute=compute,
    minimum_sample_count=100,
    decimals=3,
    tasks=CLASSIFIERS,
)
