"""Logistic regression by Newton's method: the demo company's models are really trained, and really score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from webapp.demo.frame import Floats, Frame, is_text

STEPS = 25
RIDGE = 1.0  # A weight that the data does not ask for stays small, and the equations can always be solved.
CLOSE_ENOUGH = 1e-6


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a row becomes numbers: each number centred and scaled, each category a column of its own."""

    centre: Mapping[str, float]
    spread: Mapping[str, float]
    categories: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, frame: Frame) -> "Encoding":
        numbers = {name: values for name, values in frame.items() if not is_text(values)}
        return cls(
            centre={name: float(np.nanmean(values)) for name, values in numbers.items()},
            spread={name: float(np.nanstd(values)) or 1.0 for name, values in numbers.items()},
            categories={name: np.unique(values).tolist() for name, values in frame.items() if is_text(values)},
        )

    def matrix(self, frame: Frame) -> Floats:
        """Return the rows as numbers: a missing one counts as the mean, an unknown category as none."""
        length = len(next(iter(frame.values())))
        columns = [np.ones(length)]
        for name, centre in self.centre.items():
            columns.append(np.nan_to_num((frame[name] - centre) / self.spread[name]))
        for name, categories in self.categories.items():
            columns.extend((frame[name] == category).astype(np.float64) for category in categories)
        return np.stack(columns, axis=1)


@dataclass(frozen=True, slots=True)
class Classifier:
    encoding: Encoding
    weights: Floats

    def score(self, frame: Frame) -> Floats:
        """Return the probability of the positive class for each row."""
        return _probability(self.encoding.matrix(frame) @ self.weights)


def fit(frame: Frame, actual: Floats) -> Classifier:
    """Return the classifier that makes the known outcomes most likely."""
    encoding = Encoding.of(frame)
    rows = encoding.matrix(frame)
    weights = np.zeros(rows.shape[1])
    penalty = np.full(len(weights), RIDGE)
    penalty[0] = 1e-9
    for _ in range(STEPS):
        expected = _probability(rows @ weights)
        slope = rows.T @ (actual - expected) - penalty * weights
        curvature = (rows * (expected * (1 - expected))[:, None]).T @ rows + np.diag(penalty)
        step = np.linalg.solve(curvature, slope)
        weights += step
        if np.abs(step).max() < CLOSE_ENOUGH:
            break
    return Classifier(encoding, weights)


def _probability(logit: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-logit.clip(-35, 35)))
    return chance
