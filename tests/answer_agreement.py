"""Models of several classes and of numbers beside scikit-learn on the same rows, line by line.

The tests assert the lines, the bench prints them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sklearn
from sqlalchemy.orm import Session

from tests.agreement import Line
from webapp.catalog.models import Business, Costs, Model, Task
from webapp.catalog.register import put_model, set_business
from webapp.core.periods import Window
from webapp.metrics import load
from webapp.metrics.evidence import Evidence
from webapp.metrics.multiclass import areas
from webapp.metrics.queries import value_of
from webapp.metrics.registry import METRICS
from webapp.telemetry.ingest import accept_outcomes, accept_predictions
from webapp.telemetry.wire import Outcome, Prediction

EXACT = 1e-9
CLASSES = ("billing", "hardware", "network", "software", "access")
COSTS = Costs(over=1.5, under=4.0, right=4.0, wrong=-9.0, matrix={"network": {"hardware": -16.0}})
SIZE = 6_000


@dataclass(frozen=True)
class Answers:
    """What a model said of each row, a row of scores or a number, and what really happened."""

    said: NDArray[np.float64]
    actual: NDArray[np.float64]


def classes() -> Answers:
    """Return rows of five classes, two of them rare, with scores that are rounded as clients round them."""
    rng = np.random.default_rng(5)
    actual = rng.choice(len(CLASSES), SIZE, p=[0.4, 0.3, 0.2, 0.08, 0.02])
    logits = rng.normal(0, 1, (SIZE, len(CLASSES))) + 1.8 * np.eye(len(CLASSES))[actual]
    raised = np.exp(logits)
    return Answers(raised / raised.sum(axis=1, keepdims=True), actual.astype(np.float64))


def numbers() -> Answers:
    """Return counts, some of them 0, with predictions that spread the more the larger they are."""
    rng = np.random.default_rng(6)
    actual = rng.poisson(rng.gamma(2, 14, SIZE)).astype(np.float64)
    return Answers(np.round(actual * rng.uniform(0.75, 1.3, SIZE) + rng.normal(1, 3, SIZE), 3), actual)


def store(session: Session, name: str, task: Task, rows: Answers, window: Window, *, now: datetime) -> Evidence:
    """Send the rows through the front door and return what is known of them."""
    model = put_model(session, name, now=now, task=task)
    set_business(session, model.id, Business(window.start, 0.0, 0.0, costs=COSTS), now=now)
    spacing = window.duration / (len(rows.actual) + 1)
    for first in range(0, len(rows.actual), 2000):
        chosen = range(first, min(first + 2000, len(rows.actual)))
        sent = [_prediction(name, task, rows, row, window.start + (row + 1) * spacing) for row in chosen]
        accept_predictions(session, sent, now=now)
        told = [Outcome(name, str(row), _happened(task, rows.actual[row]), now) for row in chosen]
        accept_outcomes(session, told, now=now)
    return _evidence(session, model, window, now=now)


def of_classes(of: str, found: Evidence, rows: Answers) -> Iterator[Line]:
    """Yield every metric of several classes beside scikit-learn."""
    actual, scores = rows.actual.astype(np.int64), rows.said
    predicted = scores.argmax(axis=1)
    counts = found.aggregate.classes
    assert counts is not None
    bound = float(np.mean([area.bound for area in areas(counts).values()]))
    worth = [COSTS.worth(CLASSES[real], CLASSES[named]) for real, named in zip(actual, predicted, strict=True)]
    truths = {
        "accuracy": sklearn.accuracy_score(actual, predicted),
        "macro_f1": sklearn.f1_score(actual, predicted, average="macro"),
        "micro_f1": sklearn.f1_score(actual, predicted, average="micro"),
        "weighted_f1": sklearn.f1_score(actual, predicted, average="weighted"),
        "macro_precision": sklearn.precision_score(actual, predicted, average="macro"),
        "macro_recall": sklearn.balanced_accuracy_score(actual, predicted),
        "mcc_multiclass": sklearn.matthews_corrcoef(actual, predicted),
        "log_loss_multiclass": sklearn.log_loss(actual, scores),
        "brier_multiclass": sklearn.brier_score_loss(actual, scores, scale_by_half=False),
        "decision_value": float(sum(worth)),
    }
    yield from (_line(of, name, found, truth) for name, truth in truths.items())
    truth = sklearn.roc_auc_score(actual, scores, multi_class="ovr", average="macro")
    yield Line(of, "roc_auc_ovr", value_of(METRICS["roc_auc_ovr"], found).value, truth, bound)
    cells = sklearn.confusion_matrix(actual, predicted)
    order = [counts.names.index(name) for name in CLASSES]
    apart = np.abs(counts.confusion[np.ix_(order, order)] - cells).max()
    yield Line(of, "largest difference of a confusion", float(apart), 0.0, 0.0)


def of_numbers(of: str, found: Evidence, rows: Answers) -> Iterator[Line]:
    """Yield every metric of numbers beside scikit-learn and numpy."""
    predicted, actual = rows.said, rows.actual
    error, known = predicted - actual, actual != 0
    truths = {
        "mae": sklearn.mean_absolute_error(actual, predicted),
        "rmse": sklearn.root_mean_squared_error(actual, predicted),
        "bias": float(error.mean()),
        "mape": sklearn.mean_absolute_percentage_error(actual[known], predicted[known]),
        "r2": sklearn.r2_score(actual, predicted),
        "over_forecast_share": float((error > 0).mean()),
        "forecast_cost": float(1.5 * error.clip(0).sum() + 4.0 * (-error).clip(0).sum()),
    }
    yield from (_line(of, name, found, truth) for name, truth in truths.items())
    for name, part in (("error_p50", 0.5), ("error_p90", 0.9)):
        truth = float(np.quantile(np.abs(error), part, method="inverted_cdf"))
        yield Line(of, name, value_of(METRICS[name], found).value, truth, 0.01 * truth)


def _line(of: str, name: str, found: Evidence, truth: float) -> Line:
    return Line(of, name, value_of(METRICS[name], found).value, float(truth), EXACT * max(abs(float(truth)), 1.0))


def _prediction(model: str, task: Task, rows: Answers, row: int, at: datetime) -> Prediction:
    if task is Task.REGRESSION:
        return Prediction(model, str(row), at, predicted=float(rows.said[row]))
    return Prediction(model, str(row), at, scores=dict(zip(CLASSES, rows.said[row].tolist(), strict=True)))


def _happened(task: Task, actual: float) -> float | str:
    return float(actual) if task is Task.REGRESSION else CLASSES[int(actual)]


def _evidence(session: Session, model: Model, window: Window, *, now: datetime) -> Evidence:
    names = ["ece", "decision_value"] if model.task is Task.MULTICLASS else ["mae", "forecast_cost"]
    needs = load.Needs.of([METRICS[name] for name in names])
    return load.evidence(session, [model], needs, window, now=now)[model.id]
