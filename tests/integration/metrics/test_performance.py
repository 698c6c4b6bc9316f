"""Performance at any threshold, from stored events, beside scikit-learn."""

from datetime import timedelta

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, roc_auc_score

from tests.factories import NOW, make_business, make_model, make_outcomes, make_predictions, outcome, prediction
from webapp.core.periods import Window
from webapp.metrics import queries
from webapp.metrics.performance import performance

WINDOW = Window(NOW - timedelta(days=2), NOW)
SIZE = 1500


@pytest.fixture
def truth():
    rng = np.random.default_rng(5)
    actual = rng.random(SIZE) < 0.3
    score = np.round(1 / (1 + np.exp(-(rng.normal(size=SIZE) + 1.6 * actual - 1))), 6)
    return actual.astype(int), score


@pytest.fixture
def model(session, truth):
    made = make_model(session)
    make_business(session, made)
    actual, score = truth
    sent = [
        prediction(f"c-{number}", at=NOW - timedelta(minutes=number % 2000 + 1), score=float(value), features={})
        for number, value in enumerate(score)
    ]
    make_predictions(session, sent)
    make_outcomes(session, [outcome(f"c-{number}", int(told), at=NOW) for number, told in enumerate(actual)])
    return made


def test_confusion_and_auc_agree_with_scikit_learn(session, model, truth):
    actual, score = truth

    found = performance(session, model, WINDOW, now=NOW)

    tn, fp, fn, tp = confusion_matrix(actual, score >= 0.5).ravel().tolist()
    confusion = found.confusion
    assert (confusion.tn, confusion.fp, confusion.fn, confusion.tp) == (tn, fp, fn, tp)
    assert found.accuracy.value == (tp + tn) / SIZE
    assert found.auc_bound < 0.01
    assert abs(found.auc.value - roc_auc_score(actual, score)) <= found.auc_bound
    assert found.auc.low < found.auc.value < found.auc.high
    assert found.coverage == 1


def test_any_threshold_on_the_grid_is_exact(session, model, truth):
    actual, score = truth

    for wanted in (0.1, 0.25, 0.61, 0.9):
        found = performance(session, model, WINDOW, now=NOW, threshold=wanted)
        tn, fp, fn, tp = confusion_matrix(actual, score >= found.threshold).ravel().tolist()
        assert abs(found.threshold - wanted) < 0.005
        assert (found.confusion.tn, found.confusion.fp, found.confusion.fn, found.confusion.tp) == (tn, fp, fn, tp)
        assert found.precision.value == tp / (tp + fp)


def test_curves_begin_and_end_where_they_must(session, model):
    found = performance(session, model, WINDOW, now=NOW)

    assert (found.roc[0].fpr, found.roc[0].tpr) == (0, 0)
    assert (found.roc[-1].fpr, found.roc[-1].tpr) == (1, 1)
    assert all(a.fpr <= b.fpr and a.tpr <= b.tpr for a, b in zip(found.roc, found.roc[1:], strict=False))
    assert found.precision_recall[-1].recall == 1
    assert sum(part.count for part in found.scores) == SIZE
    assert sum(part.positives + part.negatives for part in found.scores) == SIZE
    assert sum(part.count for part in found.calibration) == SIZE


def test_the_row_of_the_models_threshold_says_what_the_metrics_say(session, model):
    found = performance(session, model, WINDOW, now=NOW)

    (own,) = [row for row in found.thresholds if row.threshold == 0.5]
    values = queries.values(session, [model], ["net_benefit", "precision"], WINDOW, now=NOW)["churn"]
    assert own.precision == values["precision"].value
    assert own.net_benefit == values["net_benefit"].value


def test_without_outcomes_there_is_a_reason_and_no_curve(session):
    model = make_model(session, "quiet")
    make_predictions(session, [prediction("a", model="quiet")])

    found = performance(session, model, WINDOW, now=NOW)

    assert (found.accuracy.value, found.accuracy.reason) == (None, "no outcomes yet")
    assert found.roc == ()
    assert found.auc_bound is None
    assert [row.net_benefit for row in found.thresholds] == [None] * len(found.thresholds)


def test_one_class_only_is_a_reason(session):
    model = make_model(session, "calm")
    make_predictions(session, [prediction(f"{n}", model="calm", score=0.2) for n in range(20)])
    make_outcomes(session, [outcome(f"{n}", 0, model="calm") for n in range(20)])

    found = performance(session, model, WINDOW, now=NOW)

    assert found.auc.reason == "one class only"
    assert found.recall.reason == "one class only: no positives"
    assert found.precision.reason == "nothing was flagged"
    assert found.accuracy.value == 1
