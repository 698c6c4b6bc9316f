"""95 % intervals of shares and of the AUC."""

import math

Z = 1.959963984540054


def wilson(successes: float, trials: float) -> tuple[float, float]:
    """Return the Wilson interval of a share (E. B. Wilson, 1927); it stays inside 0..1 and works near both ends."""
    share = successes / trials
    scale = 1 + Z**2 / trials
    middle = (share + Z**2 / (2 * trials)) / scale
    half = Z / scale * math.sqrt(share * (1 - share) / trials + Z**2 / (4 * trials**2))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def clipped(middle: float, deviation: float) -> tuple[float, float]:
    """Return a normal interval within 0..1."""
    return max(middle - Z * deviation, 0.0), min(middle + Z * deviation, 1.0)
