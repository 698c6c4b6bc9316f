"""Metrics of several classes beside scikit-learn's on the same rows, and how often their intervals hold."""

import time

import numpy as np
import pytest
from sklearn import metrics as reference

from tests.unit.metrics.answered import class_counts, of_classes
from webapp.metrics.metric import MULTICLASS_ONLY
from webapp.metrics.queries import value_of
from webapp.metrics.registry import METRICS

NAMES = ("billing", "hardware", "network", "software", "access")
OURS = [each for each in METRICS.values() if each.tasks == MULTICLASS_ONLY and each.group == "performance"]


def rows(count=4_000, seed=1, sharpness=2.0):
    rng = np.random.default_rng(seed)
    actual = rng.choice(5, count, p=[0.4, 0.3, 0.2, 0.08, 0.02])
    logits = rng.normal(0, 1, (count, 5)) + sharpness * np.eye(5)[actual]
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return actual, scores.argmax(axis=1), scores


def value(name, counts):
    return METRICS[name].compute(of_classes(counts))


def test_each_agrees_with_scikit_learn():
    actual, predicted, scores = rows()
    counts = class_counts(actual, predicted, names=NAMES, scores=scores)

    assert value("macro_f1", counts).value == pytest.approx(
        reference.f1_score(actual, predicted, average="macro"), 1e-9
    )
    for name, average in (("weighted_f1", "weighted"), ("micro_f1", "micro")):
        assert value(name, counts).value == pytest.approx(reference.f1_score(actual, predicted, average=average), 1e-9)
    assert value("macro_precision", counts).value == pytest.approx(
        reference.precision_score(actual, predicted, average="macro"), 1e-9
    )
    assert value("macro_recall", counts).value == pytest.approx(
        reference.balanced_accuracy_score(actual, predicted), 1e-9
    )


def test_losses_and_correlation_agree_with_scikit_learn():
    actual, predicted, scores = rows()
    counts = class_counts(actual, predicted, names=NAMES, scores=scores)

    loss, brier, correlation = (value(f"{name}_multiclass", counts) for name in ("log_loss", "brier", "mcc"))

    assert loss.value == pytest.approx(reference.log_loss(actual, scores), 1e-9)
    assert brier.value == pytest.approx(reference.brier_score_loss(actual, scores, scale_by_half=False), 1e-9)
    assert correlation.value == pytest.approx(reference.matthews_corrcoef(actual, predicted), 1e-9)
    for found in (loss, brier, correlation):
        assert found.low < found.value < found.high


def test_the_area_is_within_its_bound():
    actual, predicted, scores = rows()

    found = value("roc_auc_ovr", class_counts(actual, predicted, names=NAMES, scores=scores))

    truth = reference.roc_auc_score(actual, scores, multi_class="ovr", average="macro")
    bound = float(found.note.split("at most ")[1].split()[0])
    assert abs(found.value - truth) <= bound * 1.05
    assert abs(found.value - truth) < 1e-3
    assert found.low < truth < found.high


def test_a_class_that_is_never_predicted_has_no_precision_and_is_named():
    actual, predicted = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2], [0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 1]
    counts = class_counts(actual, predicted, names=NAMES)

    found = value("macro_precision", counts)

    assert found.value == pytest.approx(
        reference.precision_score(actual, predicted, average="macro", zero_division=np.nan)
    )
    assert found.note == "without network, never predicted"
    assert value("macro_f1", counts).value == pytest.approx(reference.f1_score(actual, predicted, average="macro"))


@pytest.mark.parametrize("metric", OURS, ids=lambda metric: metric.name)
def test_too_few_samples_and_no_outcomes_are_reasons(metric):
    nothing = class_counts([], [], names=NAMES)
    few = class_counts([0, 1, 2], [0, 1, 1], names=NAMES, scores=np.full((3, 5), 0.2))

    assert value_of(metric, of_classes(nothing, predictions=5)).reason == "no outcomes yet"
    assert "too few samples (3 of at least" in value_of(metric, of_classes(few)).reason


def test_scores_that_were_not_sent_are_a_reason():
    actual, predicted, _ = rows(100)

    found = value("roc_auc_ovr", class_counts(actual, predicted, names=NAMES))

    assert found.reason == "no scores of all classes with known outcomes"


def test_of_one_class_only_there_is_no_area_and_everything_else():
    counts = class_counts([0] * 40, [0] * 40, names=NAMES, scores=np.tile([0.6, 0.1, 0.1, 0.1, 0.1], (40, 1)))

    assert value("roc_auc_ovr", counts).value is None
    assert value("macro_f1", counts).value == 1


@pytest.mark.parametrize("name", ["macro_f1", "weighted_f1", "macro_precision", "macro_recall"])
def test_intervals_hold_about_as_often_as_they_say(name):
    actual, predicted, scores = rows(200_000, seed=2)
    truth = value(name, class_counts(actual, predicted, names=NAMES, scores=scores)).value
    held = 0
    for seed in range(200):
        chosen = np.random.default_rng(seed).choice(len(actual), 400)
        found = value(name, class_counts(actual[chosen], predicted[chosen], names=NAMES, scores=scores[chosen]))
        held += found.low <= truth <= found.high

    assert held >= 180


@pytest.mark.parametrize("name", ["macro_f1", "macro_recall", "macro_precision", "weighted_f1"])
def test_a_perfect_week_leaves_room_for_a_mistake(name):
    counts = class_counts(np.arange(20) % 5, np.arange(20) % 5, names=NAMES)

    found = value(name, counts)

    assert found.value == 1
    assert 0.5 < found.low < 1


def test_fifty_classes_take_no_time():
    rng = np.random.default_rng(3)
    actual = rng.integers(0, 50, 20_000)
    predicted = np.where(rng.random(20_000) < 0.7, actual, rng.integers(0, 50, 20_000))
    counts = class_counts(actual, predicted, names=tuple(f"c{number}" for number in range(50)))
    began = time.perf_counter()

    for metric in OURS:
        metric.compute(of_classes(counts))

    assert time.perf_counter() - began < 0.1
