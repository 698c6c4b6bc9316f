"""95 % intervals of shares, of areas, and of what is computed from the four cells of a confusion matrix."""

import math
from collections.abc import Sequence

Z = 1.959963984540054


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """Return the Wilson interval of a share (E. B. Wilson, 1927); it stays inside 0..1 and works near both ends."""
    share = successes / trials
    scale = 1 + Z**2 / trials
    middle = (share + Z**2 / (2 * trials)) / scale
    half = Z / scale * math.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def clipped(middle: float, deviation: float, *, least: float = 0.0, most: float = 1.0) -> tuple[float, float]:
    """Return a normal interval within the values that are possible."""
    return max(middle - Z * deviation, least), min(middle + Z * deviation, most)


def mean_of_shares(shares: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the interval of the mean of independent shares, given as (successes, trials).

    The distances to the ends of their Wilson intervals add up by squares (MOVER; G. Y. Zou and A. Donner, 2008).
    """
    values = [successes / trials for successes, trials in shares]
    ends = [wilson(successes, trials) for successes, trials in shares]
    middle = sum(values) / len(values)
    below = math.hypot(*(value - low for value, (low, _) in zip(values, ends, strict=True))) / len(values)
    above = math.hypot(*(high - value for value, (_, high) in zip(values, ends, strict=True))) / len(values)
    return middle - below, middle + above


def deviation_of(cells: Sequence[float], slopes: Sequence[float]) -> float:
    """Return the deviation of a ratio of counts, from its slope by one more of each cell (the delta method)."""
    return math.sqrt(sum(count * slope**2 for count, slope in zip(cells, slopes, strict=True)))
