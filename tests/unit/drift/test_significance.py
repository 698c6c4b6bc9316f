"""p-values agree with scipy, and looking at many features calls few of them falsely."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import kolmogorov
from scipy.stats import chi2, chi2_contingency, false_discovery_control

from webapp.drift.method import Histograms
from webapp.drift.registry import METHODS
from webapp.drift.significance import chi_square_tail, chi_square_test, kolmogorov_tail, p_value, q_values


@given(st.floats(0, 2_000), st.integers(1, 60))
def test_the_tail_of_chi_square_agrees_with_scipy(statistic, freedom):
    assert chi_square_tail(statistic, freedom) == pytest.approx(chi2.sf(statistic, freedom), rel=1e-9, abs=1e-300)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_q_values_agree_with_scipy(values):
    assert q_values(values) == pytest.approx(false_discovery_control(values, method="bh").tolist())


def test_the_p_value_of_chi_square_is_that_of_the_contingency_table():
    first, second = np.array([90.0, 40, 30, 12]), np.array([50.0, 60, 20, 25])

    found = chi_square_test(Histograms(first, second))

    assert found == pytest.approx(chi2_contingency(np.stack([first, second]), correction=False).pvalue, rel=1e-12)


@given(st.floats(0, 0.3), st.integers(100, 5_000), st.integers(100, 5_000))
def test_the_p_value_of_kolmogorov_smirnov_is_the_asymptotic_one(distance, first, second):
    scaled = distance * (first * second / (first + second)) ** 0.5

    assert kolmogorov_tail(distance, first, second) == pytest.approx(kolmogorov(scaled), rel=1e-9, abs=1e-15)


def test_sparse_bins_are_tested_together():
    first, second = np.array([500.0, 500, 1, 0, 0]), np.array([250.0, 250, 0, 1, 0])

    assert chi_square_test(Histograms(first, second)) > 0.5
    assert chi_square_test(Histograms(np.array([9.0]), np.array([4.0]))) == 1
    assert chi_square_test(Histograms(np.array([9.0, 0]), np.array([0.0, 0]))) == 1


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_of_five_hundred_features_that_did_not_move_next_to_none_is_called(method):
    rng = np.random.default_rng(3)
    shares = np.full(10, 0.1)
    places = np.arange(10.0)
    tested = [
        p_value(method, Histograms(*(rng.multinomial(size, shares).astype(float) for size in (5_000, 1_000)), places))
        for _ in range(500)
    ]

    assert sum(value < 0.05 for value in tested) < 40
    assert sum(value < 0.05 for value in q_values(tested)) <= 1
