"""The Hellinger distance, from 0 (equal) to 1 (nothing in common)."""

import math

import numpy as np

from webapp.drift.method import Floats, Histograms, Method
from webapp.drift.noise import chi_square


def measure(histograms: Histograms) -> Floats:
    p, q = histograms.shares
    distance: Floats = np.sqrt(((np.sqrt(p) - np.sqrt(q)) ** 2).sum(axis=-1) / 2)
    return distance


def chance(bins: int, baseline: float, current: float) -> float:
    return math.sqrt(chi_square(bins - 1) * (1 / baseline + 1 / current) / 8)


METHOD = Method(
    name="hellinger",
    label="Hellinger distance",
    formula="√(½·Σ (√p − √q)²)",
    warning=0.1,
    critical=0.3,
    measure=measure,
    chance=chance,
)
