"""The Jensen–Shannon distance: symmetric, from 0 (equal) to 1 (nothing in common)."""

import math

import numpy as np

from webapp.drift.method import Floats, Histograms, Method
from webapp.drift.noise import chi_square


def measure(histograms: Histograms) -> Floats:
    p, q = histograms.shares
    middle = (p + q) / 2
    divergence = (_surprise(p, middle) + _surprise(q, middle)) / 2
    distance: Floats = np.sqrt(divergence.clip(0, 1))
    return distance


def chance(bins: int, baseline: float, current: float) -> float:
    return math.sqrt(chi_square(bins - 1) * (1 / baseline + 1 / current) / (8 * math.log(2)))


def _surprise(shares: Floats, middle: Floats) -> Floats:
    ratio = np.divide(shares, middle, out=np.ones_like(shares), where=shares > 0)
    total: Floats = (shares * np.log2(ratio)).sum(axis=-1)
    return total


METHOD = Method(
    name="jensen_shannon",
    label="Jensen–Shannon distance",
    formula="√(½·KL(p‖m) + ½·KL(q‖m)) with m = (p + q) / 2, logarithms to base 2",
    warning=0.3,
    critical=0.6,
    measure=measure,
    chance=chance,
)
