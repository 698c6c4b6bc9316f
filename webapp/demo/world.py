"""What a world is: how its customers come about, what really happens to them, and how its model is served.

A world stands for one model of the demo company. Everything is drawn from the generator that is handed in, so the
same seed tells the same story.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from webapp.catalog.models import Business
from webapp.demo.frame import Floats, Frame

Draw = Callable[[np.random.Generator, int], Frame]
Truth = Callable[[Frame], Floats]


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
    truth: Truth  # the probability of the positive class
    a_day: float
    threshold: float
    latency_ms: float  # the median
    outcome_days: tuple[float, float]  # outcomes come this long after the prediction
    outcome_share: float  # some outcomes are never told
    owners: Sequence[str]
    releases: Sequence[Release]
    business: Business | None = None


def probability(logit: Floats) -> Floats:
    return 1 / (1 + np.exp(-logit))
