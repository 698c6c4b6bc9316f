"""Finding the place of many numbers among few bounds: what a histogram of every event is made with."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

CELLS = 2_048
MOST = 4  # bounds in one cell, up to which comparing with each is faster than a binary search


class Cells:
    """Ascending bounds, and their range cut into equal cells, so that a number's place takes no search.

    The cell of a number never decreases with the number, rounded as it may be. So the bounds in earlier cells are below
    it, those in later cells are not, and only the bounds in its own cell are compared with it.
    """

    def __init__(self, bounds: Floats) -> None:
        self._bounds, self._ended = bounds, np.append(bounds, np.inf)
        self._low, self._scale, self._most = 0.0, 0.0, 0
        if len(bounds) < 2:
            return
        with np.errstate(all="ignore"):  # A range that is too wide or too narrow to be cut is searched.
            self._low, self._scale = float(bounds[0]), float(CELLS / (bounds[-1] - bounds[0]))
        if np.isfinite(self._scale) and self._scale > 0:
            cells = self._cell(bounds)
            self._first = np.searchsorted(cells, np.arange(CELLS + 2))
            self._most = int(np.bincount(cells).max())

    def below(self, values: Floats) -> Counts:
        """Return how many bounds are below each value, none of which is NaN."""
        if not 0 < self._most <= MOST:
            return np.searchsorted(self._bounds, values, side="left")
        found: Counts = self._first[self._cell(values)]
        for _ in range(self._most):
            found = found + (self._ended[found] < values)
        return found

    def _cell(self, values: Floats) -> NDArray[np.int32]:
        with np.errstate(over="ignore"):
            return ((values - self._low) * self._scale).clip(-1, CELLS).astype(np.int32) + 1
