"""Our figures beside those of scikit-learn, scipy and NannyML's definition, line by line, with what each may differ by.

The tests assert the lines, the bench prints them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy.orm import Session

from tests.sets import Rows
from tests.unit.metrics import reference
from webapp.catalog.models import Model
from webapp.core.periods import Window
from webapp.drift.registry import METHODS
from webapp.metrics import cbpe, curves, load
from webapp.metrics.comparison import compared
from webapp.metrics.evidence import Evidence
from webapp.metrics.feature_drift import drifts, lines
from webapp.metrics.queries import value_of
from webapp.metrics.registry import METRICS
from webapp.telemetry.ingest import accept_outcomes, accept_predictions
from webapp.telemetry.wire import Outcome, Prediction

ESTIMATED = ("accuracy", "precision", "recall", "f1", "roc_auc")


@dataclass(frozen=True)
class Line:
    """One figure of one set: ours, the reference's, and how far apart they may be."""

    of: str
    metric: str
    ours: float | None
    reference: float
    bound: float

    @property
    def difference(self) -> float:
        return float("inf") if self.ours is None else abs(self.ours - self.reference)

    @property
    def agrees(self) -> bool:
        return self.difference <= self.bound


def send(session: Session, model: Model, rows: Rows, window: Window, *, prefix: str, now: datetime) -> None:
    """Store the rows through the front door, evenly spread over the window, their outcomes with them."""
    spacing = window.duration / (len(rows.features) + 1)
    for first in range(0, len(rows.features), 2000):
        chosen = range(first, min(first + 2000, len(rows.features)))
        predictions = [
            Prediction(
                model=model.name,
                prediction_id=f"{prefix}-{row}",
                at=window.start + (row + 1) * spacing,
                version="v12",
                features=dict(rows.features[row]),
                score=float(rows.scores[row]),
            )
            for row in chosen
        ]
        accept_predictions(session, predictions, now=now)
        outcomes = [Outcome(model.name, f"{prefix}-{row}", int(rows.actual[row]), now) for row in chosen]
        accept_outcomes(session, outcomes, now=now)


def evidence(session: Session, model: Model, window: Window, *, now: datetime) -> Evidence:
    needs = load.Needs.of([METRICS["estimated_accuracy"], METRICS["drift_score"]])
    return load.evidence(session, [model], needs, window, now=now)[model.id]


def of_performance(of: str, found: Evidence, rows: Rows) -> Iterator[Line]:
    """Yield every metric of a binary model beside scikit-learn and scipy on the rows themselves."""
    scores, threshold = found.aggregate.scores, found.model.threshold
    assert scores is not None
    for name in reference.NAMES:
        ours = value_of(METRICS[name], found).value
        truth = reference.expected(name, rows.actual, rows.scores, scores=scores, threshold=threshold)
        yield Line(of, name, ours, truth, reference.bound(name, scores))


def of_estimates(of: str, found: Evidence, rows: Rows) -> Iterator[Line]:
    """Yield estimates without outcomes beside what came true; they may differ by half their interval."""
    scores = found.aggregate.scores
    assert scores is not None
    for name in ESTIMATED:
        value = value_of(METRICS[f"estimated_{name}"], found)
        truth = reference.expected(name, rows.actual, rows.scores, scores=scores, threshold=found.model.threshold)
        half = 0.0 if value.low is None or value.high is None else (value.high - value.low) / 2
        yield Line(of, f"estimated_{name}", value.value, truth, half)


def of_drift(of: str, found: Evidence) -> Iterator[Line]:
    """Yield every drift method beside scipy, or its formula, on the same bins of each feature."""
    assert found.baseline is not None
    for method in METHODS.values():
        for drift in drifts(found.aggregate.features, found.baseline, method, lines(found.model, method)):
            chosen = METHODS["total_variation"] if method.needs_order and drift.kind == "category" else method
            before, after = found.baseline.aggregate.features[drift.name], found.aggregate.features[drift.name]
            truth = reference.drift(chosen.name, compared(before, after, fine=chosen.needs_order))
            yield Line(of, f"{method.name} of {drift.name}", drift.score.value, truth, reference.EXACT)


def of_published_estimates() -> Iterator[Line]:
    """Yield what NannyML 0.13's functions say of eight predictions, calibrated shares and raw scores given."""
    shares = np.array([0.1, 0.2, 0.35, 0.4, 0.55, 0.6, 0.8, 0.9])
    found = cbpe.expected(np.ones(8), shares, np.array([0.05, 0.15, 0.3, 0.45, 0.5, 0.7, 0.75, 0.95]) >= 0.5)
    for name, published in (("accuracy", 0.725), ("precision", 0.7125), ("recall", 0.7307692308), ("f1", 0.7215189873)):
        yield Line("NannyML", f"estimated_{name}", cbpe.ratio(name, found), published, reference.EXACT)
    yield Line("NannyML", "estimated_roc_auc", float(cbpe.areas(np.ones(8), shares)), 0.7970606629, reference.EXACT)
    steps = curves.step_precision(shares, 1 - shares)
    yield Line("NannyML", "estimated average precision", steps, 0.7613324176, reference.EXACT)
    gain = 1150 * found.tp - 50 * found.fp - 1200 * found.fn
    yield Line("NannyML", "estimated value", gain, 1960, reference.EXACT)
