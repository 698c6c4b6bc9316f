"""Curves and areas from a score histogram: exact at the edges of its bins. Pure.

Deviations are those of the infinitesimal jackknife (B. Efron, 1982): each event weighs by the square of what one more
of its kind would change.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.telemetry.aggregate import ScoreHistogram

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Area:
    """An area under a curve, how far binning can have moved it, and its standard deviation."""

    value: float
    bound: float
    deviation: float


@dataclass(frozen=True, slots=True)
class Gap:
    """The widest gap between two shares, the threshold where it is, how much wider it can be between the edges."""

    value: float
    threshold: float
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
    """Return the AUC of the scores with known outcomes; None with one class only."""
    return area_of(scores.positives.astype(np.float64), scores.negatives.astype(np.float64))


def area_of(p: Floats, n: Floats) -> Area | None:
    """Return the AUC of positives and negatives by bin, the lowest scores first (deviation: DeLong, 1988).

    Pairs that share a bin count one half, as ties do; at worst each was decided one way, hence the bound.
    """
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


def average_precision(scores: ScoreHistogram) -> Area | None:
    """Return the mean, over the positives, of the precision of flagging each and what scores higher; None without any.

    Within a bin the positives are taken to stand evenly among the negatives. At worst they stand below all of them,
    at best above all of them and at one score.
    """
    p, n = (counts[::-1].astype(np.float64) for counts in (scores.positives, scores.negatives))
    total = p.sum()
    if total <= 0:
        return None
    tp, fp = np.cumsum(p) - p, np.cumsum(n) - n  # those that score above the bin
    value = _precisions(p, tp, tp + fp, 1 + n / (p + 1)).sum() / total
    worst = _precisions(p, tp, tp + fp + n, np.ones(len(p))).sum() / total
    best = np.divide(p * (tp + p), tp + fp + p, out=np.zeros_like(p), where=p > 0).sum() / total
    deviation = math.sqrt(_precision_variance(p, n, float(value)))
    return Area(float(value), float(max(value - worst, best - value)), deviation)


def step_precision(p: Floats, n: Floats) -> float:
    """Return Σ (R_k − R_{k−1})·P_k over positives and negatives by score, the lowest scores first."""
    tp, flagged = np.cumsum(p[::-1]), np.cumsum((p + n)[::-1])
    precision = np.divide(tp, flagged, out=np.zeros_like(tp), where=flagged > 0)
    return float((p[::-1] * precision).sum() / tp[-1])


def widest_gap(scores: ScoreHistogram) -> Gap | None:
    """Return max |TPR − FPR| over the edges (Kolmogorov and Smirnov); None with one class only.

    Between two edges it is widest where all positives of the bin, or all its negatives, come first.
    """
    found = sweep(scores)
    positives, negatives = float(found.tp[0]), float(found.fp[0])
    if positives <= 0 or negatives <= 0:
        return None
    tpr, fpr = found.tp / positives, found.fp / negatives
    gaps = tpr - fpr
    place = int(np.argmax(np.abs(gaps)))
    value = float(abs(gaps[place]))
    highest = (gaps[1:] + scores.positives / positives).max()
    lowest = (gaps[1:] - scores.negatives / negatives).min()
    variance = tpr[place] * (1 - tpr[place]) / positives + fpr[place] * (1 - fpr[place]) / negatives
    bound = max(float(max(highest, -lowest)) - value, 0.0)
    return Gap(value, float(found.thresholds[place]), bound, math.sqrt(variance))


def gain(scores: ScoreHistogram, share: float) -> Area | None:
    """Return which share of the positives is among that share of the highest scores; None without positives.

    Of the bin where the share is reached a part is taken, and of its positives the same part. The deviation counts
    that another sample has another threshold.
    """
    p, n = (counts[::-1].astype(np.float64) for counts in (scores.positives, scores.negatives))
    positives, total = float(p.sum()), float((p + n).sum())
    if positives <= 0:
        return None
    wanted = share * total
    reached = np.cumsum(p + n)
    place = int(np.searchsorted(reached, wanted * (1 - 1e-12)))
    size = float(p[place] + n[place])
    above, taken = float(p[:place].sum()), wanted - float(reached[place] - size)
    found = above + p[place] * taken / size
    fewest, most = above + max(0.0, taken - n[place]), above + min(float(p[place]), taken)
    value = found / positives
    deviation = _gain_deviation(value, share, positives, total, float(p[place]) / size)
    return Area(float(value), float(max(found - fewest, most - found)) / positives, deviation)


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


def _precisions(p: Floats, tp: Floats, flagged: Floats, step: Floats) -> Floats:
    """Return Σ (tp + k) / (flagged + k·step) for k = 1 … p, by the digamma function."""
    start = flagged / step
    total: Floats = (p - (start - tp) * (_digamma(start + p + 1) - _digamma(start + 1))) / step
    return total


def _digamma(values: Floats) -> Floats:
    """Return the digamma function of values from 1 on: recurrence up to 9, then its asymptotic series."""
    shifted, steps = values.copy(), np.zeros_like(values)
    for _ in range(8):
        steps += 1 / shifted
        shifted += 1
    inverse = 1 / shifted**2
    found: Floats = (
        np.log(shifted) - 1 / (2 * shifted) - inverse * (1 / 12 - inverse * (1 / 120 - inverse / 252)) - steps
    )
    return found


def _precision_variance(p: Floats, n: Floats, value: float) -> float:
    """Return the variance of the average precision, from its slope by one more positive or negative of each bin."""
    total = float(p.sum())
    tp, flagged = np.cumsum(p), np.cumsum(p + n)
    precision = np.divide(tp, flagged, out=np.zeros_like(p), where=flagged > 0)
    weights = np.divide(p, flagged * total, out=np.zeros_like(p), where=flagged > 0)
    by_positive = (precision - value) / total + np.cumsum((weights * (1 - precision))[::-1])[::-1]
    by_negative = -np.cumsum((weights * precision)[::-1])[::-1]
    return float((p * by_positive**2 + n * by_negative**2).sum())


def _gain_deviation(value: float, share: float, positives: float, total: float, local: float) -> float:
    """Return the deviation of the gain; `local` is the share of positives where the threshold is."""
    scale, slope = total / positives, local * total / positives
    cells = (  # how many there are of a kind, and what one more of it changes, times the total
        (value * positives, (1 - value) * scale - slope * (1 - share)),
        ((1 - value) * positives, -value * scale + slope * share),
        (share * total - value * positives, -slope * (1 - share)),
        ((1 - share) * total - (1 - value) * positives, slope * share),
    )
    return math.sqrt(sum(count * change**2 for count, change in cells)) / total
