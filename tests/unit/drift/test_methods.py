"""What every drift method promises, whatever it measures."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2, chi2_contingency, ks_2samp, wasserstein_distance

from webapp.drift import noise
from webapp.drift.method import Histograms
from webapp.drift.registry import METHODS

EVERY = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
BINS = 8
PLACES = np.arange(BINS, dtype=np.float64)
counts = arrays(np.int64, BINS, elements=st.integers(0, 5000)).filter(lambda drawn: drawn.sum() > 0)


def pair(baseline, current, places=PLACES):
    return Histograms(np.asarray(baseline, dtype=float), np.asarray(current, dtype=float), places)


@EVERY
@given(drawn=counts, factor=st.integers(1, 9))
def test_equal_shares_are_no_distance(method, drawn, factor):
    assert method.measure(pair(drawn, drawn * factor)) == pytest.approx(0, abs=1e-6)


@EVERY
@given(first=counts, second=counts)
def test_a_distance_is_finite_and_not_negative(method, first, second):
    distance = float(method.measure(pair(first, second)))

    assert math.isfinite(distance)
    assert distance >= 0


@EVERY
@given(first=counts, second=counts, order=st.permutations(range(BINS)))
def test_the_order_of_bins_does_not_matter(method, first, second, order):
    shuffled = pair(first[list(order)], second[list(order)], PLACES[list(order)])

    assert method.measure(shuffled) == pytest.approx(method.measure(pair(first, second)), abs=1e-9)


@EVERY
def test_a_distance_grows_with_the_shift(method):
    rng = np.random.default_rng(1)
    edges = np.linspace(-3, 3, BINS - 1)
    baseline = np.bincount(np.searchsorted(edges, rng.normal(size=20_000)), minlength=BINS)

    shifted = [
        np.bincount(np.searchsorted(edges, rng.normal(loc=shift, size=20_000)), minlength=BINS)
        for shift in (0.0, 0.3, 0.8, 1.5, 2.5)
    ]

    distances = [float(method.measure(pair(baseline, current))) for current in shifted]
    assert distances == sorted(distances)
    assert distances[-1] > method.warning > distances[0]


@EVERY
def test_many_pairs_are_measured_at_once(method):
    rng = np.random.default_rng(2)
    first, second = rng.integers(1, 99, (2, 5, BINS)).astype(float)

    together = method.measure(Histograms(first, second, PLACES))

    alone = [float(method.measure(Histograms(a, b, PLACES))) for a, b in zip(first, second, strict=True)]
    assert together.tolist() == pytest.approx(alone)


@EVERY
@pytest.mark.parametrize(("baseline_size", "size"), [(5000, 60), (5000, 1000), (800, 800), (100_000, 20_000)])
def test_samples_of_one_distribution_stay_below_the_noise_floor_19_times_in_20(method, baseline_size, size):
    rng = np.random.default_rng(3)
    shares = np.array([0.3, 0.2, 0.15, 0.1, 0.1, 0.08, 0.05, 0.02])
    runs = 400

    drawn = [(rng.multinomial(baseline_size, shares), rng.multinomial(size, shares)) for _ in range(runs)]
    above = sum(
        float(method.measure(pair(a, b))) > noise.floor(method, pair(a.astype(float), b.astype(float)))
        for a, b in drawn
    )

    assert 0.01 <= above / runs <= 0.09


@given(first=counts, second=counts)
def test_jensen_shannon_agrees_with_scipy(first, second):
    ours = float(METHODS["jensen_shannon"].measure(pair(first, second)))

    assert ours == pytest.approx(float(jensenshannon(first, second, base=2)), abs=1e-7)


def test_kolmogorov_smirnov_and_wasserstein_agree_with_scipy_on_whole_numbers():
    rng = np.random.default_rng(4)
    first, second = rng.integers(0, BINS, 900), rng.binomial(BINS - 1, 0.6, 700)
    counted = pair(np.bincount(first, minlength=BINS), np.bincount(second, minlength=BINS))

    assert METHODS["kolmogorov_smirnov"].measure(counted) == pytest.approx(ks_2samp(first, second).statistic)
    assert METHODS["wasserstein"].measure(counted) == pytest.approx(wasserstein_distance(first, second))


def test_chi_square_agrees_with_scipy():
    first, second = np.array([90, 40, 30, 12]), np.array([50, 60, 20, 25])

    effect = METHODS["chi_square"].measure(pair(first, second, None))

    statistic = chi2_contingency(np.stack([first, second]), correction=False).statistic
    assert effect**2 * (first.sum() + second.sum()) == pytest.approx(statistic)


def test_psi_hellinger_and_total_variation_follow_their_formulas():
    p, q = np.array([0.5, 0.3, 0.2, 0.0]), np.array([0.25, 0.25, 0.25, 0.25])
    counted = pair(p * 1000, q * 1000, None)

    floored = p.clip(1e-4)
    assert METHODS["psi"].measure(counted) == pytest.approx(((q - floored) * np.log(q / floored)).sum())
    assert METHODS["hellinger"].measure(counted) == pytest.approx(math.sqrt(1 - np.sqrt(p * q).sum()))
    assert METHODS["total_variation"].measure(counted) == pytest.approx(np.abs(p - q).sum() / 2)


def test_a_new_category_is_finite_drift():
    counted = pair([60, 40, 0], [0, 0, 100], None)

    for method in METHODS.values():
        assert math.isfinite(float(method.measure(counted)))
    assert METHODS["jensen_shannon"].measure(counted) == pytest.approx(1)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 9, 11, 40, 300])
def test_the_chi_square_percentile_is_within_half_a_percent(freedom):
    assert noise.chi_square(freedom) == pytest.approx(chi2.ppf(0.95, freedom), rel=5e-3)


def test_the_noise_floor_is_the_same_every_time():
    method, counted = METHODS["total_variation"], pair([500, 300, 200, 0, 0, 0, 0, 0], [50, 30, 20, 0, 0, 0, 0, 0])

    first = noise.floor(method, counted)
    noise._simulated.cache_clear()

    assert noise.floor(method, counted) == first
