"""The chi-square test of two histograms as an effect size, which does not grow with the number of events."""

import math

import numpy as np

from webapp.drift import noise
from webapp.drift.method import Floats, Histograms, Method
from webapp.drift.significance import chi_square_test


def measure(histograms: Histograms) -> Floats:
    """Return Cohen's w: the root of the contingency table's chi-square over the number of events."""
    baseline, current = histograms.baseline, histograms.current
    rows = baseline.sum(axis=-1, keepdims=True), current.sum(axis=-1, keepdims=True)
    total = rows[0] + rows[1]
    columns = baseline + current
    statistic = sum(
        _terms(observed, row * columns / total) for observed, row in zip((baseline, current), rows, strict=True)
    )
    effect: Floats = np.sqrt(np.asarray(statistic) / total[..., 0])
    return effect


def chance(bins: int, baseline: float, current: float) -> float:
    return math.sqrt(noise.chi_square(bins - 1) / (baseline + current))


def _terms(observed: Floats, expected: Floats) -> Floats:
    squares = (observed - expected) ** 2
    total: Floats = np.divide(squares, expected, out=np.zeros_like(squares), where=expected > 0).sum(axis=-1)
    return total


METHOD = Method(
    name="chi_square",
    label="Chi-square (Cohen's w)",
    formula="√(χ² / n) of the table of both windows; above its noise floor p < 0.05",
    warning=0.1,
    critical=0.3,
    measure=measure,
    chance=chance,
    p_value=chi_square_test,
)
