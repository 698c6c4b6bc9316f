"""Performance at any threshold, from stored events, beside scikit-learn."""

from datetime import timedelta

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, roc_auc_score

from tests.factories import NOW, make_business, make_model, make_outcomes, make_predictions, outcome, prediction
from webapp.catalog.models import Task
from webapp.core.periods import Window
from webapp.metrics import queries
from webapp.metrics.performance import best_threshold, confusion_by_version, performance, performance_metrics

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


def test_the_gain_is_what_the_highest_scores_hold(session, model, truth):
    actual, score = truth

    found = performance(session, model, WINDOW, now=NOW)

    assert (found.gain[0].flagged, found.gain[0].found) == (0, 0)
    assert (found.gain[-1].flagged, found.gain[-1].found) == (1, 1)
    for point in found.gain[::10]:
        flagged = score >= point.threshold
        assert point.flagged == flagged.mean()
        assert point.found == actual[flagged].sum() / actual.sum()


def test_the_best_threshold_is_the_one_that_brings_most(session, model, truth):
    actual, score = truth

    found = performance(session, model, WINDOW, now=NOW, threshold=0.61)

    def brings(threshold):
        flagged = score >= threshold
        return 1200 * actual[flagged].sum() - 50 * flagged.sum()

    best = best_threshold(found)
    assert best.net_benefit == max(brings(row.threshold) for row in found.thresholds)
    assert found.threshold in {row.threshold for row in found.thresholds}


def test_without_money_no_threshold_is_best(session, truth):
    other = make_model(session, "plain")
    make_predictions(session, [prediction("a", model="plain", score=0.7)])
    make_outcomes(session, [outcome("a", 1, model="plain")])

    assert best_threshold(performance(session, other, WINDOW, now=NOW)) is None


def test_each_version_has_a_confusion_of_its_own(session, model):
    make_predictions(session, [prediction(f"n-{n}", version="v13", score=0.9) for n in range(5)])
    make_outcomes(session, [outcome(f"n-{n}", n % 2) for n in range(5)])
    make_predictions(session, [prediction("open", version="v14")])

    found = confusion_by_version(session, model, WINDOW, now=NOW)

    assert list(found) == ["v12", "v13"]
    assert (found["v13"].tp, found["v13"].fp, found["v13"].fn, found["v13"].tn) == (2, 3, 0, 0)


def test_the_usual_metrics_come_first_and_estimates_last():
    names = performance_metrics(Task.BINARY)

    assert names[:3] == ["accuracy", "precision", "recall"]
    assert names[-1].startswith("estimated_")
    assert len(set(names)) == len(names)
