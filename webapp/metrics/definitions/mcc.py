"""Matthews correlation: how closely the decision follows the outcome, from −1 to 1, whatever the share of positives."""

import math

from webapp.metrics.evidence import Evidence
from webapp.metrics.intervals import clipped, deviation_of
from webapp.metrics.metric import BINARY_ONLY, Better, Metric, Source, Unit, Value, undefined
from webapp.metrics.shares import confusion, coverage, decided, labelled, smoothed, without_outcomes


def compute(evidence: Evidence) -> Value:
    missing = without_outcomes(evidence)
    if missing is not None:
        return missing
    tp, fp, fn, tn = confusion(evidence)
    if not all((tp + fp, tp + fn, tn + fp, tn + fn)):
        reason = "one class only" if not tp + fn or not tn + fp else "one decision only"
        return undefined(reason, sample_count=decided(evidence), coverage=coverage(evidence))
    value, _ = _correlation(tp, fp, fn, tn)
    cells = smoothed((tp, fp, fn, tn))
    deviation = deviation_of(cells, _correlation(*cells)[1])
    return labelled(evidence, value, decided(evidence), clipped(value, deviation, least=-1.0))


def _correlation(tp: float, fp: float, fn: float, tn: float) -> tuple[float, tuple[float, float, float, float]]:
    """Return the correlation, and its slope by one more of each cell."""
    flagged, positives, negatives, left = tp + fp, tp + fn, tn + fp, tn + fn
    scale = math.sqrt(flagged) * math.sqrt(positives) * math.sqrt(negatives) * math.sqrt(left)
    value = (tp * tn - fp * fn) / scale
    return value, (
        tn / scale - value / 2 * (1 / flagged + 1 / positives),
        -fn / scale - value / 2 * (1 / flagged + 1 / negatives),
        -fp / scale - value / 2 * (1 / left + 1 / positives),
        tp / scale - value / 2 * (1 / left + 1 / negatives),
    )


METRIC = Metric(
    name="mcc",
    label="Matthews correlation (MCC)",
    unit=Unit.SCORE,
    better=Better.HIGHER,
    source=Source.COUNTS,
    group="performance",
    formula="(TP·TN − FP·FN) / √((TP + FP)·(TP + FN)·(TN + FP)·(TN + FN))",
    compute=compute,
    decimals=3,
    tasks=BINARY_ONLY,
)
