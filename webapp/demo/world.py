"""What a world is: how its customers come about, what really happens to them, and how its model is served.

A world stands for one model of the demo company. Everything is drawn from the generator that is handed in, so the
same seed tells the same story.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import numpy as np

from webapp.catalog.models import Business, Target, Task
from webapp.demo import logistic
from webapp.demo.frame import Floats, Frame

Draw = Callable[[np.random.Generator, int], Frame]
Truth = Callable[[Frame], Floats]
STEADINESS = 70.0  # How little counts vary beyond what a Poisson distribution of a known mean does.


class Learned(Protocol):
    """A trained model: what it says of each row, a probability, one for each class, or a number."""

    def score(self, frame: Frame) -> Floats: ...


Fit = Callable[[Frame, Floats], Learned]


@dataclass(frozen=True, slots=True)
class Release:
    """A version that went live, with how the file it was trained on had been made."""

    version: str
    at: timedelta  # from midnight of the opening's day
    note: str
    seed: int
    rows: int = 6_000
    scale: Mapping[str, float] = field(default_factory=dict)  # columns of the training file that were off by a factor
    adapted: bool = False  # trained on customers as the incidents had left them at that time


@dataclass(frozen=True, slots=True)
class World:
    name: str
    title: str
    prefix: str  # of prediction ids
    draw: Draw
    truth: Truth  # the probability of the positive class, of each class, or the number to be expected
    a_day: float
    threshold: float
    latency_ms: float  # the median
    outcome_days: tuple[float, float]  # outcomes come this long after the prediction
    outcome_share: float  # some outcomes are never told
    owners: Sequence[str]
    releases: Sequence[Release]
    business: Business | None = None
    targets: Mapping[str, Target] | None = None  # beside the usual ones
    task: Task = Task.BINARY
    classes: Sequence[str] = ()
    fit: Fit = logistic.fit
    tells_importances: bool = True  # whether its team has told how much each feature matters
    segments: Mapping[str, str] = field(default_factory=dict)  # segment key: the column that it is taken from

    def happening(self, rng: np.random.Generator, chance: Floats) -> Floats:
        """Return what really happens where this is the truth: 1 or 0, the place of a class, or a number."""
        match self.task:
            case Task.BINARY:
                return (rng.random(len(chance)) < chance).astype(np.float64)
            case Task.MULTICLASS:
                reached = rng.random((len(chance), 1)) > np.cumsum(chance, axis=1)[:, :-1]
                return np.asarray(reached.sum(axis=1), dtype=np.float64)
            case Task.REGRESSION:
                level = rng.gamma(STEADINESS, 1 / STEADINESS, len(chance))
                return rng.poisson(chance * level).astype(np.float64)


def probability(logit: Floats) -> Floats:
    return 1 / (1 + np.exp(-logit))
