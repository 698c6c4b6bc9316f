"""The population stability index, as credit risk has used it for decades."""

import numpy as np

from webapp.drift.method import Floats, Histograms, Method
from webapp.drift.noise import chi_square

FLOOR = 1e-4  # An empty bin counts as one in ten thousand, so that the logarithm stays finite.


def measure(histograms: Histograms) -> Floats:
    p, q = histograms.shares
    filled = (p > 0) | (q > 0)
    p, q = np.where(filled, p.clip(FLOOR), 1.0), np.where(filled, q.clip(FLOOR), 1.0)
    total: Floats = ((q - p) * np.log(q / p)).sum(axis=-1)
    return total


def chance(bins: int, baseline: float, current: float) -> float:
    return chi_square(bins - 1) * (1 / baseline + 1 / current)


METHOD = Method(
    name="psi",
    label="Population stability index",
    formula="Σ (q − p)·ln(q / p), an empty bin counted as 0.0001",
    warning=0.1,
    critical=0.25,
    measure=measure,
    chance=chance,
)
