"""Poisson regression by Newton's method: counts, whose mean is a product of what each column brings."""

from dataclasses import dataclass

import numpy as np

from webapp.demo.frame import Floats, Frame
from webapp.demo.logistic import CLOSE_ENOUGH, RIDGE, STEPS, Encoding

HIGHEST = 12.0  # of the logarithm of a mean


@dataclass(frozen=True, slots=True)
class Forecaster:
    encoding: Encoding
    weights: Floats

    def score(self, frame: Frame) -> Floats:
        """Return the expected count of each row."""
        return _mean(self.encoding.matrix(frame) @ self.weights)


def fit(frame: Frame, actual: Floats) -> Forecaster:
    """Return the forecaster that makes the known counts most likely."""
    encoding = Encoding.of(frame)
    rows = encoding.matrix(frame)
    weights, penalty = np.zeros(rows.shape[1]), np.full(rows.shape[1], RIDGE)
    weights[0], penalty[0] = np.log(max(float(actual.mean()), 1e-9)), 1e-9
    for _ in range(STEPS):
        expected = _mean(rows @ weights)
        slope = rows.T @ (actual - expected) - penalty * weights
        curvature = (rows * expected[:, None]).T @ rows + np.diag(penalty)
        step = np.linalg.solve(curvature, slope)
        weights += step
        if np.abs(step).max() < CLOSE_ENOUGH:
            break
    return Forecaster(encoding, weights)


def _mean(logarithm: Floats) -> Floats:
    mean: Floats = np.exp(logarithm.clip(-HIGHEST, HIGHEST))
    return mean
