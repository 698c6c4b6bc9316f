"""Evidence put together by hand, for metrics that need no database."""

from datetime import UTC, datetime

import numpy as np

from webapp.catalog import targets
from webapp.catalog.binning import score_edges
from webapp.catalog.models import Business, Model, Task
from webapp.core.periods import Window
from webapp.metrics.evidence import Evidence, MoneyPeriod
from webapp.telemetry.aggregate import Aggregate, ScoreHistogram, Tally

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


def histogram(score, actual, *, threshold=0.5):
    score, actual = np.asarray(score, dtype=float), np.asarray(actual)
    edges = np.asarray(score_edges(score, threshold=threshold))
    slots = (np.searchsorted(edges, score, side="right") - 1).clip(0, len(edges) - 2)
    counts = [
        np.bincount(slots[chosen], minlength=len(edges) - 1) for chosen in (actual >= 0, actual == 1, actual == 0)
    ]
    return ScoreHistogram(edges, np.stack(counts).astype(np.int64), np.zeros(10))
