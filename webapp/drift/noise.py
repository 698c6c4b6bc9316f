"""The noise floor: what two samples of these sizes from the same distribution give 19 times in 20.

A closed form serves where every filled bin expects enough values; else samples are drawn, always the same ones.
"""

from functools import lru_cache

import numpy as np

from webapp.drift.method import Floats, Histograms, Method

LEVEL = 0.95
DRAWS, NUMBERS = 300, 15_000  # At least so many samples; of few bins more, up to so many numbers.
SEED = 20_260_310
ENOUGH = 5  # Expected values in a bin, from where the chi-square approximation of its count holds.
MANY = 10  # Expected values in a bin, from where its count is as good as normal.
_Z = 1.6448536269514722
_SMALL = {1: 3.841458820694124, 2: 5.991464547107979, 3: 7.814727903251179}


def floor(method: Method, histograms: Histograms) -> float:
    """Return the noise floor of the method for samples of the histograms' sizes."""
    baseline, current = histograms.baseline, histograms.current
    sizes = float(baseline.sum()), float(current.sum())
    if min(sizes) <= 0:
        return float("inf")
    pooled = (baseline + current) / sum(sizes)
    filled = pooled[pooled > 0]
    # An ordered distance adds up over the bins, so that a sparse one does no harm.
    if method.chance is not None and (method.needs_order or filled.min() * min(sizes) >= ENOUGH):
        return method.chance(len(filled), *sizes)
    places = None if histograms.places is None else histograms.places.tobytes()
    # The baseline stands for both, and sizes are rounded down, so that a window's neighbours share one simulation. What
    # the baseline has not seen weighs as one value of it: a fresh sample goes a little beyond the range of another.
    weights = np.where(baseline > 0, baseline, 1.0)
    return _simulated(method, weights.tobytes(), places, _rounded(sizes[0]), _rounded(sizes[1]))


def chi_square(freedom: int) -> float:
    """Return the 95th percentile of the chi-square distribution (Wilson and Hilferty, 1931, within 0.3 %)."""
    if freedom < 1:
        return 0.0
    spread = 2 / (9 * freedom)
    return _SMALL.get(freedom) or float(freedom * (1 - spread + _Z * spread**0.5) ** 3)


@lru_cache(maxsize=8192)
def _simulated(method: Method, counts: bytes, places: bytes | None, baseline_size: int, size: int) -> float:
    weights = np.frombuffer(counts)
    weights = weights / weights.sum()
    rng = np.random.default_rng(SEED)
    first, second = _normals(len(weights))
    drawn = Histograms(
        _samples(baseline_size * weights, first, rng),
        _samples(size * weights, second, rng),
        None if places is None else np.frombuffer(places),
    )
    distances: Floats = method.measure(drawn)
    return float(np.quantile(distances, LEVEL))


def _samples(expected: Floats, normals: Floats, rng: np.random.Generator) -> Floats:
    """Return samples of counts with these expectations, each bin by itself: a large one normal, a small one Poisson."""
    drawn = (expected + np.sqrt(expected) * normals).clip(0)
    small = np.flatnonzero(expected < MANY)
    drawn[:, small] = rng.poisson(expected[small], (len(drawn), len(small)))
    return drawn


@lru_cache(maxsize=64)
def _normals(bins: int) -> tuple[Floats, Floats]:
    """Return the same normal numbers every time; to draw them is the dear part of a simulation."""
    rng, draws = np.random.default_rng(SEED), max(DRAWS, NUMBERS // bins)
    return rng.standard_normal((draws, bins)), rng.standard_normal((draws, bins))


def _rounded(size: float) -> int:
    """Round down to two digits: a smaller sample is noisier, so the floor errs to the safe side."""
    step = int(10 ** max(len(str(int(size))) - 2, 0))
    return max(int(size) // step * step, 1)
