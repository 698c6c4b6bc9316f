"""What a drift method is: a distance between two histograms in the same bins, and the lines it is judged by."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Histograms:
    """A baseline and a window counted in the same bins, the last axis; other axes are measured one by one.

    `places` gives ordered bins their position in standard deviations of the baseline; NaN marks a bin without one
    (missing values). None: the bins have no order.
    """

    baseline: Floats
    current: Floats
    places: Floats | None = None

    @property
    def shares(self) -> tuple[Floats, Floats]:
        return share_of(self.baseline), share_of(self.current)

    @property
    def ordered(self) -> "Histograms":
        """Return the bins that have a position, in its order; all of them where none has."""
        if self.places is None:
            return self
        size = int(np.count_nonzero(~np.isnan(self.places)))
        if (np.diff(self.places[:size]) >= 0).all():  # as they mostly are: then nothing need be copied
            return Histograms(self.baseline[..., :size], self.current[..., :size], self.places[:size])
        chosen = np.argsort(self.places, kind="stable")[:size]
        return Histograms(self.baseline[..., chosen], self.current[..., chosen], self.places[chosen])


@dataclass(frozen=True, slots=True)
class Method:
    """`measure` returns one distance for each pair of histograms; 0 for equal shares, larger the further apart.

    `chance` returns what two samples of these sizes from one distribution stay below 19 times in 20, where that is
    known in closed form from the number of filled bins; without it, noise.py draws samples. `p_value` is the method's
    own test of "nothing moved", where it has one; significance.py tests the others.
    """

    name: str
    label: str
    formula: str
    warning: float
    critical: float
    measure: Callable[[Histograms], Floats]
    chance: Callable[[int, float, float], float] | None = None
    needs_order: bool = False
    p_value: Callable[[Histograms], float] | None = None


def share_of(counts: Floats) -> Floats:
    """Return each bin's share of all; zeros where nothing was counted."""
    totals = counts.sum(axis=-1, keepdims=True)
    shares: Floats = np.divide(counts, totals, out=np.zeros_like(counts, dtype=np.float64), where=totals > 0)
    return shares
