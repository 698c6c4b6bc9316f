"""The Kolmogorov–Smirnov distance: the widest gap between the two distribution functions, at the edges of the bins."""

import math
from statistics import NormalDist

import numpy as np

from webapp.drift.method import Floats, Histograms, Method
from webapp.drift.significance import kolmogorov_tail

LIMIT = 1.3580986393225505  # what √(nm / (n + m))·D of a continuous distribution stays below 19 times in 20


def measure(histograms: Histograms) -> Floats:
    p, q = histograms.ordered.shares
    gaps = np.abs(np.cumsum(q - p, axis=-1))
    widest: Floats = gaps.max(axis=-1, initial=0.0)
    return widest


def chance(bins: int, baseline: float, current: float) -> float:
    """Return Kolmogorov's limit; few bins have few gaps, of which each is at most that of a fair coin."""
    edges = max(bins - 1, 1)
    coins = NormalDist().inv_cdf(1 - 0.05 / (2 * edges)) / 2
    return min(LIMIT, coins) * math.sqrt(1 / baseline + 1 / current)


def p_value(histograms: Histograms) -> float:
    ordered = histograms.ordered
    return kolmogorov_tail(float(measure(histograms)), float(ordered.baseline.sum()), float(ordered.current.sum()))


METHOD = Method(
    name="kolmogorov_smirnov",
    label="Kolmogorov–Smirnov distance",
    formula="max |F_q − F_p| at the edges of the bins; above its noise floor p < 0.05",
    warning=0.1,
    critical=0.3,
    measure=measure,
    chance=chance,
    needs_order=True,
    p_value=p_value,
)
