"""How far a model's numbers are off, from the counts and sums of its errors e = predicted − actual. Pure."""

import math

import numpy as np
from numpy.typing import NDArray

from webapp.metrics.estimate import Estimate
from webapp.metrics.intervals import Z
from webapp.telemetry.aggregate import ERROR_MIDDLES, ERROR_SIDE, ErrorCounts

Counts = NDArray[np.int64]

NO_VARIATION = 1e-12  # of the squares: less is what rounding leaves of none


def mean_absolute(errors: ErrorCounts) -> Estimate:
    mean = errors.absolute / errors.count
    return _mean(mean, errors.squares / errors.count - mean**2, errors)


def bias(errors: ErrorCounts) -> Estimate:
    mean = errors.total / errors.count
    return _mean(mean, errors.squares / errors.count - mean**2, errors)


def root_mean_square(errors: ErrorCounts) -> Estimate:
    """Return the root of the mean square; its deviation by the delta method, with the fourth powers from the bins."""
    square = errors.squares / errors.count
    root = math.sqrt(square)
    if root == 0:
        return Estimate(0.0, 0.0, round(errors.count))
    return Estimate(root, _deviation_of_square(errors) / (2 * root), round(errors.count))


def mean_relative(errors: ErrorCounts) -> Estimate | None:
    """Return the mean of |e / y|; nothing can be said where the actual value is 0, and how many that were is noted."""
    if errors.relative_count <= 0:
        return None
    left_out = round(errors.count - errors.relative_count)
    note = f"without the {left_out:,} whose actual value was 0" if left_out else None
    return Estimate(errors.relative / errors.relative_count, None, round(errors.relative_count), note)


def determination(errors: ErrorCounts) -> Estimate | None:
    """Return R², the share of the variation that is explained; None where the actual values do not vary.

    Its deviation is that of the errors: the actual values are taken as they are.
    """
    variation = errors.actual_squares - errors.actual**2 / errors.count
    if variation <= NO_VARIATION * errors.actual_squares:
        return None
    deviation = _deviation_of_square(errors) * errors.count / variation
    return Estimate(1 - errors.squares / variation, deviation, round(errors.count))


def quantile(errors: ErrorCounts, share: float) -> tuple[float, float, float]:
    """Return the size of error that the share of the errors stays within, and the interval of it by rank."""
    sizes = folded(errors)
    count = int(sizes.sum())
    half = Z * math.sqrt(share * (1 - share) * count)
    ranks = np.clip([share * count, share * count - half, share * count + half + 1], 1, count)
    places = np.searchsorted(np.cumsum(sizes), np.ceil(ranks - 1e-9))
    value, low, high = ERROR_MIDDLES[ERROR_SIDE + places].tolist()
    return value, low, high


def folded(errors: ErrorCounts) -> Counts:
    """Return the counts by the size of the error, whichever way it goes; the first bin is nearly nothing."""
    sizes: Counts = errors.counts[ERROR_SIDE:].copy()
    sizes[1:] += errors.counts[:ERROR_SIDE][::-1]
    return sizes


def over_count(errors: ErrorCounts) -> int:
    return int(errors.counts[ERROR_SIDE + 1 :].sum())


def under_count(errors: ErrorCounts) -> int:
    return int(errors.counts[:ERROR_SIDE].sum())


def _mean(mean: float, variance: float, errors: ErrorCounts) -> Estimate:
    """Return a mean with its deviation; of a single value nobody knows how it varies."""
    count = round(errors.count)
    return Estimate(mean, math.sqrt(max(variance, 0.0) / (count - 1)) if count > 1 else None, count)


def _deviation_of_square(errors: ErrorCounts) -> float:
    square = errors.squares / errors.count
    fourth = float(errors.counts @ ERROR_MIDDLES**4) / max(float(errors.counts.sum()), 1.0)
    return math.sqrt(max(fourth - square**2, 0.0) / errors.count)
