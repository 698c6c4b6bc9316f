"""Every metric of a binary model beside scikit-learn and scipy on the same rows: exact, or within its own bound."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.metrics import reference
from tests.unit.metrics.evidence import labelled
from webapp.catalog.binning import score_edges
from webapp.metrics import calibration, curves
from webapp.metrics.queries import value_of
from webapp.metrics.registry import METRICS

EDGES = np.asarray(score_edges(np.empty(0), threshold=0.5))


def rows(size, share, seed, *, sharpness=1.0):
    """Return scores and outcomes: positives, of that share, tend to score higher."""
    rng = np.random.default_rng(seed)
    actual = (rng.random(size) < share).astype(int)
    score = np.clip(rng.beta(2, 8, size) + sharpness * actual * rng.beta(2, 3, size) * 0.6, 0, 1)
    return score, actual


BALANCED = rows(20_000, 0.45, 1)
IMBALANCED = rows(50_000, 0.008, 2)
COARSE = (np.round(BALANCED[0], 1), BALANCED[1])  # scores of one decimal: most of them tie
SURE = (np.where(BALANCED[0] > 0.45, 1.0, 0.0), BALANCED[1])  # scores of nothing but 0 and 1
SETS = {"balanced": BALANCED, "imbalanced": IMBALANCED, "coarse": COARSE, "sure": SURE}


@pytest.mark.parametrize("which", SETS)
@pytest.mark.parametrize("name", reference.NAMES)
def test_a_metric_agrees_within_its_bound(name, which):
    score, actual = SETS[which]
    found = labelled(score, actual)

    value = value_of(METRICS[name], found)

    truth = reference.expected(name, actual, score, scores=found.aggregate.scores)
    assert abs(value.value - truth) <= reference.bound(name, found.aggregate.scores)
    assert value.low is None or value.low <= value.value <= value.high


@settings(max_examples=40, deadline=None)
@given(
    size=st.integers(100, 1500),
    share=st.floats(0.02, 0.98),
    seed=st.integers(0, 10_000),
    decimals=st.sampled_from([1, 2, 17]),
)
def test_bounds_hold_whatever_the_scores_are(size, share, seed, decimals):
    score, actual = rows(size, share, seed)
    score = score.round(decimals)
    if 0 < actual.sum() < size:
        scores = labelled(score, actual).aggregate.scores
        for name in reference.BOUNDS:
            value = METRICS[name].compute(labelled(score, actual)).value
            truth = reference.expected(name, actual, score, scores=scores)
            assert abs(value - truth) <= reference.bound(name, scores), name


def test_bounds_are_small_enough_to_be_of_use():
    for score, actual in (BALANCED, IMBALANCED):
        scores = labelled(score, actual).aggregate.scores
        assert reference.bound("ece", scores) < 4e-3
        assert reference.bound("average_precision", scores) < 0.02
        assert reference.bound("ks", scores) < 0.02
        assert reference.bound("gain_at_10", scores) < 0.02


def test_average_precision_is_nearer_than_its_step_sum():
    for score, actual in (BALANCED, IMBALANCED):
        scores = labelled(score, actual).aggregate.scores
        truth = reference.expected("average_precision", actual, score, scores=scores)
        steps = curves.step_precision(scores.positives.astype(float), scores.negatives.astype(float))

        assert abs(curves.average_precision(scores).value - truth) < abs(steps - truth) / 3


@settings(max_examples=25, deadline=None)
@given(size=st.integers(200, 2000), share=st.floats(0.05, 0.95), seed=st.integers(0, 10_000), cut=st.floats(0.1, 0.9))
def test_two_halves_together_are_the_whole(size, share, seed, cut):
    score, actual = rows(size, share, seed)
    place = int(size * cut)
    whole = labelled(score, actual, edges=EDGES)
    halves = [labelled(score[part], actual[part], edges=EDGES) for part in (slice(0, place), slice(place, None))]

    merged = replace(whole, aggregate=halves[0].aggregate + halves[1].aggregate)

    for name in reference.NAMES:
        one, other = METRICS[name].compute(whole), METRICS[name].compute(merged)
        assert other.reason == one.reason
        assert [other.value, other.low, other.high] == pytest.approx([one.value, one.low, one.high], abs=1e-9), name


# --- intervals --------------------------------------------------------------------------------------------------------

COVERED = ("average_precision", "balanced_accuracy", "brier", "calibration_bias", "f2", "f_half", "gain_at_10", "gini")


@pytest.mark.parametrize("share", [0.4, 0.05])
def test_an_interval_holds_the_truth_19_times_in_20(share):
    names = (*COVERED, "ks", "lift_at_10", "log_loss", "mcc", "positive_share")
    score, actual = rows(400_000, share, 11)
    truth = {name: METRICS[name].compute(labelled(score, actual)).value for name in names}
    runs, hits = 300, dict.fromkeys(names, 0)

    for seed in range(runs):
        sample = labelled(*rows(1200, share, seed + 100), edges=EDGES)
        for name in names:
            value = METRICS[name].compute(sample)
            hits[name] += value.low <= truth[name] <= value.high

    assert {name: hit / runs for name, hit in hits.items() if not 0.90 <= hit / runs <= 0.995} == {}


def test_a_calibrated_model_errs_about_as_much_as_chance_says():
    rng = np.random.default_rng(5)
    score = rng.beta(2, 5, 4000)
    errors = [
        calibration.error(labelled(score, rng.random(4000) < score, edges=EDGES).aggregate.scores) for _ in range(50)
    ]

    assert np.mean([found.value for found in errors]) == pytest.approx(errors[0].by_chance, rel=0.15)


# --- reasons ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "actual", "reason"),
    [
        ("average_precision", 0, "one class only"),
        ("gini", 1, "one class only"),
        ("ks", 0, "one class only"),
        ("gain_at_10", 0, "one class only"),
        ("lift_at_10", 0, "one class only"),
        ("mcc", 0, "one class only"),
        ("balanced_accuracy", 0, "one class only: no positives"),
        ("balanced_accuracy", 1, "one class only: no negatives"),
    ],
)
def test_one_class_is_a_reason(name, actual, reason):
    score = np.linspace(0.01, 0.99, 200)

    assert METRICS[name].compute(labelled(score, np.full(200, actual))).reason == reason


def test_losses_of_one_class_are_numbers():
    found = labelled(np.full(200, 0.25), np.zeros(200))

    assert METRICS["log_loss"].compute(found).value == pytest.approx(-np.log(0.75))
    assert METRICS["brier"].compute(found).value == pytest.approx(0.0625)
    assert METRICS["calibration_bias"].compute(found).value == pytest.approx(0.25)


def test_one_decision_is_no_correlation():
    found = labelled(np.linspace(0.01, 0.4, 200), np.arange(200) % 2)

    assert METRICS["mcc"].compute(found).reason == "one decision only"


def test_nothing_flagged_and_nothing_positive_is_no_f_score():
    found = labelled(np.full(50, 0.1), np.zeros(50))

    assert METRICS["f2"].compute(found).reason == "no positives, neither real nor flagged"


def test_scores_without_outcomes_and_outcomes_without_scores_are_reasons():
    unknown = labelled(np.full(200, 0.3), np.full(200, -1))
    unscored = replace(unknown, aggregate=replace(labelled([0.3, 0.7], [0, 1]).aggregate, scores=None))

    assert METRICS["brier"].compute(unknown).reason == "no outcomes yet"
    assert METRICS["brier"].compute(unscored).reason == "no scores in this window"


def test_too_few_outcomes_are_a_reason():
    score, actual = rows(60, 0.5, 3)

    assert value_of(METRICS["ece"], labelled(score, actual)).reason == "too few samples (60 of at least 100)"


def test_notes_state_the_bound():
    found = labelled(*BALANCED)

    notes = {name: METRICS[name].compute(found).note for name in reference.BOUNDS}

    assert all("binned: at most" in note for note in notes.values())
    assert METRICS["log_loss"].compute(found).note is None
    half = labelled(BALANCED[0], np.where(np.arange(len(BALANCED[1])) % 2, BALANCED[1], -1))
    assert METRICS["log_loss"].compute(half).note == "from the 50% of predictions whose outcome is known"


def test_the_delay_of_outcomes_is_a_mean_of_those_that_came():
    found = labelled([0.2, 0.8, 0.4], [0, 1, -1])
    tally = replace(found.aggregate.tally, delay_sum_s=3 * 86_400)

    value = METRICS["outcome_delay_mean"].compute(replace(found, aggregate=replace(found.aggregate, tally=tally)))

    assert (value.value, value.sample_count) == (1.5 * 86_400_000, 2)
    assert value.note == "of outcomes that are known so far; slow ones are still missing"
