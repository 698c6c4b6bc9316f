"""Curves and areas from a score histogram: exact at the edges of its bins. Pure."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.telemetry.aggregate import ScoreHistogram

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Area:
    """The area under the ROC curve, how far binning can have moved it, and its standard deviation (DeLong, 1988)."""

    value: float
    bound: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Sweep:
    """The confusion at every edge: flagged is what scores at the edge or above it."""

    thresholds: Floats
    tp: Counts
    fp: Counts
    fn: Counts
    tn: Counts


def area(scores: ScoreHistogram) -> Area | None:
    """Return the AUC of the scores with known outcomes; None with one class only.

    Pairs that share a bin count one half, as ties do; at worst each was decided one way, hence the bound.
    """
    p, n = scores.positives.astype(np.float64), scores.negatives.astype(np.float64)
    positives, negatives = p.sum(), n.sum()
    if positives <= 0 or negatives <= 0:
        return None
    below = np.cumsum(n) - n / 2  # negatives that a positive of the bin outranks
    above = positives - np.cumsum(p) + p / 2  # positives that outrank a negative of the bin
    value = float((p * below).sum() / (positives * negatives))
    bound = float((p * n).sum() / (2 * positives * negatives))
    deviation = math.sqrt(_variance(below / negatives, p, value) + _variance(above / positives, n, value))
    return Area(value, bound, deviation)


def sweep(scores: ScoreHistogram) -> Sweep:
    tp, fp = _from_above(scores.positives), _from_above(scores.negatives)
    return Sweep(scores.edges, tp, fp, tp[0] - tp, fp[0] - fp)


def nearest_edge(scores: ScoreHistogram, threshold: float) -> int:
    return int(np.argmin(np.abs(scores.edges - threshold)))


def average_precision(scores: ScoreHistogram) -> float | None:
    """Return Σ (R_k − R_{k−1})·P_k over the bins, the highest scores first; None without positives."""
    found = sweep(scores)
    if found.tp[0] <= 0:
        return None
    tp, flagged = found.tp[::-1], (found.tp + found.fp)[::-1]
    precision = np.divide(tp, flagged, out=np.zeros(len(tp)), where=flagged > 0)
    return float((np.diff(tp, prepend=0) * precision).sum() / found.tp[0])


def bounds_near(edges: Floats, count: int) -> Counts:
    """Return the places of the edges nearest to a grid of `count` equal parts of 0..1, each once."""
    grid = np.linspace(edges[0], edges[-1], count + 1)
    right = np.searchsorted(edges, grid).clip(1, len(edges) - 1)
    nearer_left = grid - edges[right - 1] <= edges[right] - grid
    return np.unique(np.where(nearer_left, right - 1, right)).astype(np.int64)


def _from_above(counts: Counts) -> Counts:
    """Return how many are at each edge or above: one more than there are bins, the last one 0."""
    return np.concatenate([np.cumsum(counts[::-1])[::-1], [0]])


def _variance(shares: Floats, weights: Floats, mean: float) -> float:
    total = float(weights.sum())
    return float((weights * (shares - mean) ** 2).sum() / max(total - 1, 1) / total)
