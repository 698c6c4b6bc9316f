"""Evidence put together by hand, for metrics that need no database."""

from datetime import UTC, datetime

import numpy as np

from webapp.catalog import targets
from webapp.catalog.binning import score_edges
from webapp.catalog.models import Business, Model, Task
from webapp.core.periods import Window
from webapp.metrics.evidence import Evidence, MoneyPeriod
from webapp.telemetry.aggregate import Aggregate, ScoreHistogram, Tally

EPSILON = np.finfo(np.float64).eps
MARCH = Window(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
EXAMPLE = Tally(predictions=2500, known=2500, tp=450, fp=180, fn=120, tn=1750, flagged=630)
BUSINESS = Business(datetime(2025, 1, 1, tzinfo=UTC), customer_value=1200, contact_cost=50)
MODEL = Model(
    id=1,
    name="churn",
    title="Churn",
    task=Task.BINARY,
    status="active",
    positive_class="1",
    threshold=0.5,
    targets=targets.DEFAULTS,
    owners=(),
    drift_method="jensen_shannon",
    created_at=datetime(2025, 1, 1, tzinfo=UTC),
)


def evidence(tally=EXAMPLE, *, business=BUSINESS, scores=None, **parts):
    money = (MoneyPeriod(business, MARCH, tally),) if business else ()
    aggregate = Aggregate(tally=tally, scores=scores, latencies=parts.pop("latencies", None))
    return Evidence(MODEL, MARCH, aggregate=aggregate, money=money, **parts)


def labelled(score, actual, *, threshold=0.5, edges=None):
    """Return the evidence of scored predictions with their outcomes (−1: not known), decided at the threshold."""
    score, actual = np.asarray(score, dtype=float), np.asarray(actual)
    decided = score >= threshold
    cells = {
        name: int(np.count_nonzero((decided == predicted) & (actual == real)))
        for name, predicted, real in (("tp", 1, 1), ("fp", 1, 0), ("fn", 0, 1), ("tn", 0, 0))
    }
    known, flagged = int(np.count_nonzero(actual >= 0)), int(np.count_nonzero(decided))
    tally = Tally(predictions=len(score), known=known, flagged=flagged, **cells)
    return evidence(tally, scores=histogram(score, actual, threshold=threshold, edges=edges))


def histogram(score, actual, *, threshold=0.5, edges=None):
    score, actual = np.asarray(score, dtype=float), np.asarray(actual)
    edges = np.asarray(score_edges(score, threshold=threshold)) if edges is None else edges
    slots = (np.searchsorted(edges, score, side="right") - 1).clip(0, len(edges) - 2)
    counts = [
        np.bincount(slots[chosen], minlength=len(edges) - 1) for chosen in (actual >= -1, actual == 1, actual == 0)
    ]
    return ScoreHistogram(edges, np.stack(counts).astype(np.int64), _sums(score, actual))


def _sums(score, actual):
    """Return the running sums of a histogram by plain means."""
    inside = score.clip(EPSILON, 1 - EPSILON)
    terms = np.stack([score, score**2, np.log(inside), np.log1p(-inside)])
    return np.concatenate([terms[:2].sum(axis=1), terms[:, actual == 0].sum(axis=1), terms[:, actual == 1].sum(axis=1)])
