"""Logistic regression for several classes: each gets a share, and the shares of a row add up to one."""

from dataclasses import dataclass

import numpy as np

from webapp.demo.frame import Floats, Frame
from webapp.demo.logistic import RIDGE, Encoding

STEPS = 120
CLOSE_ENOUGH = 1e-4


@dataclass(frozen=True, slots=True)
class Router:
    encoding: Encoding
    weights: Floats  # (columns, classes)

    def score(self, frame: Frame) -> Floats:
        """Return the probability of each class for each row."""
        return shares(self.encoding.matrix(frame) @ self.weights)


def fit(frame: Frame, actual: Floats) -> Router:
    """Return the router that makes the known classes most likely; `actual` holds their places.

    The curvature is bounded once for all steps (D. Böhning, 1992), so each step is cheap and none overshoots.
    """
    encoding = Encoding.of(frame)
    rows = encoding.matrix(frame)
    truth = np.eye(int(actual.max()) + 1)[actual.astype(np.int64)]
    weights = np.zeros((rows.shape[1], truth.shape[1]))
    bounded = np.linalg.inv(rows.T @ rows / 2 + RIDGE * np.eye(rows.shape[1]))
    for _ in range(STEPS):
        step = bounded @ (rows.T @ (truth - shares(rows @ weights)) - RIDGE * weights)
        weights += step
        if np.abs(step).max() < CLOSE_ENOUGH:
            break
    return Router(encoding, weights)


def shares(logits: Floats) -> Floats:
    """Return the logits of each row as shares of one."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: Floats = raised / raised.sum(axis=1, keepdims=True)
    return found
