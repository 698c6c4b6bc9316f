"""How far scores are from being probabilities, from a score histogram and its running sums. Pure.

Losses are exact, being sums over events; their deviations take each event at the middle of its bin.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.metrics.curves import bounds_near
from webapp.telemetry.aggregate import ScoreHistogram

Floats = NDArray[np.float64]

PARTS = 10
# Where the running sums are, in the order of aggregate.ScoreHistogram.
_NEGATIVE, _POSITIVE = 2, 6
_SCORES, _SQUARES, _LOGS, _INVERSE_LOGS = range(4)


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean over events and its standard deviation."""

    value: float
    deviation: float


@dataclass(frozen=True, slots=True)
class CalibrationError:
    """The expected calibration error, how far binning can have moved it, and what perfect calibration would show."""

    value: float
    bound: float
    deviation: float
    by_chance: float


def known(scores: ScoreHistogram) -> int:
    """Return how many scores have a known outcome."""
    return int(scores.positives.sum() + scores.negatives.sum())


def middles(scores: ScoreHistogram) -> Floats:
    return (scores.edges[:-1] + scores.edges[1:]) / 2


def log_loss(scores: ScoreHistogram) -> Mean:
    """Return the mean of −ln of the share that the score gave to what happened."""
    height = middles(scores)
    total = -scores.sums[_NEGATIVE + _INVERSE_LOGS] - scores.sums[_POSITIVE + _LOGS]
    return Mean(float(total) / known(scores), _deviation(scores, -np.log1p(-height), -np.log(height)))


def brier(scores: ScoreHistogram) -> Mean:
    """Return the mean of (score − outcome)²."""
    height, sums = middles(scores), scores.sums
    of_positives = scores.positives.sum() - 2 * sums[_POSITIVE + _SCORES] + sums[_POSITIVE + _SQUARES]
    total = sums[_NEGATIVE + _SQUARES] + of_positives
    return Mean(float(total) / known(scores), _deviation(scores, height**2, (1 - height) ** 2))


def bias(scores: ScoreHistogram) -> Mean:
    """Return the mean score less the share of positives."""
    height = middles(scores)
    total = scores.sums[_NEGATIVE + _SCORES] + scores.sums[_POSITIVE + _SCORES] - scores.positives.sum()
    return Mean(float(total) / known(scores), _deviation(scores, height, height - 1))


def error(scores: ScoreHistogram) -> CalibrationError:
    """Return Σ n_b/n·|mean score − share of positives| over ten parts, cut at the edges nearest to each tenth.

    A score stands at the middle of its bin, which is off by half its width at most.
    """
    height, labelled, size = middles(scores), scores.positives + scores.negatives, known(scores)
    cuts = bounds_near(scores.edges, PARTS)[:-1]
    apart = np.add.reduceat(labelled * height - scores.positives, cuts)
    value = float(np.abs(apart).sum()) / size
    bound = float((labelled * np.diff(scores.edges)).sum()) / (2 * size)
    widths = np.diff(np.append(cuts, len(height)))
    sign = np.repeat(np.sign(apart), widths)
    deviation = _deviation(scores, sign * height, sign * (height - 1))
    noise = np.sqrt(2 / math.pi * np.add.reduceat(labelled * height * (1 - height), cuts))
    return CalibrationError(value, bound, deviation, float(noise.sum()) / size)


def _deviation(scores: ScoreHistogram, of_negative: Floats, of_positive: Floats) -> float:
    """Return the standard deviation of a mean over events, from what it is for a negative or positive of each bin."""
    size = known(scores)
    mean = float((scores.negatives * of_negative + scores.positives * of_positive).sum()) / size
    squares = scores.negatives * (of_negative - mean) ** 2 + scores.positives * (of_positive - mean) ** 2
    return math.sqrt(float(squares.sum()) / max(size - 1, 1) / size)
