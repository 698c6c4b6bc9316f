"""What goes wrong at the demo company, and when: a script of incidents, each a line of data.

Times of HISTORY are counted from midnight (UTC) of the day on which the demo was opened, so that what happens in the
afternoon does; those of LIVE from the moment at which the live traffic of a process begins, again every hour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from webapp.core.periods import microseconds
from webapp.demo.frame import Flags, Floats, Frame

FOR_GOOD = timedelta(days=10_000)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Incident:
    """A stretch of time in which something is different; what stays as it was is left out."""

    name: str
    world: str  # "" for the machines that all models run on
    starts: timedelta
    lasts: timedelta
    scaled: Mapping[str, float] = field(default_factory=dict)  # feature: by which factor its values move
    appearing: Mapping[str, tuple[str, float]] = field(default_factory=dict)  # feature: a new category and its share
    lifting: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # feature: value: more of what happens
    slower: float = 1.0
    failing: float = 0.0  # share of predictions that end in the error
    error: str = ""
    silent: bool = False
    load: Mapping[str, float] = field(default_factory=dict)  # gauge: how many points higher
    instances: Sequence[str] = ()  # where the load is; everywhere unless named
    grows: bool = False  # the load begins at nothing and reaches its height at the end


@dataclass(frozen=True, slots=True)
class Act:
    """An incident at its place in time: what its times are counted from."""

    incident: Incident
    day: datetime

    def strength(self, at: NDArray[np.int64]) -> Floats:
        """Return for each instant (µs since the epoch) how much of the incident is there, from 0 to 1."""
        since = at - microseconds(self.day + self.incident.starts)
        length = self.incident.lasts // _MICROSECOND
        inside = (since >= 0) & (since < length)
        return np.where(inside, since / length if self.incident.grows else 1.0, 0.0)


def acts(script: Sequence[Incident], world: str, day: datetime) -> list[Act]:
    """Return what happens to a model (or, without a name, to the machines) when the script is counted from `day`."""
    return [Act(incident, day) for incident in script if incident.world == world]


def reshaped(frame: Frame, happening: Sequence[Act], at: NDArray[np.int64], *, rng: np.random.Generator) -> Frame:
    """Return the customers as the incidents in force at each one's time have changed them."""
    changed = dict(frame)
    for act in happening:
        here: Flags = act.strength(at) > 0
        for feature, factor in act.incident.scaled.items():
            changed[feature] = np.where(here, np.round(changed[feature] * factor, 2), changed[feature])
        for feature, (category, share) in act.incident.appearing.items():
            chosen = here & (rng.random(len(at)) < share)
            changed[feature] = np.where(chosen, category, changed[feature])
    return changed


def lifted(expected: Floats, frame: Frame, happening: Sequence[Act], at: NDArray[np.int64]) -> Floats:
    """Return what is to be expected where something happens that no feature tells of."""
    changed = expected
    for act in happening:
        for feature, factors in act.incident.lifting.items():
            for value, factor in factors.items():
                here = (act.strength(at) > 0) & (frame[feature] == value)
                changed = np.where(here, changed * factor, changed)
    return changed


_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_TIMEOUT = "FeatureStoreTimeout: no answer within 2 s"

HISTORY: Sequence[Incident] = (
    Incident(
        "The feature store times out",
        "credit-default",
        starts=-20 * _DAY + 9 * _HOUR,
        lasts=5 * _HOUR,
        failing=0.4,
        error=_TIMEOUT,
    ),
    Incident("The price change", "churn", starts=-13 * _DAY, lasts=FOR_GOOD, scaled={"MonthlyCharges": 1.22}),
    Incident(
        "Soft drinks are promoted, and nobody tells the model",
        "demand-forecast",
        starts=-11 * _DAY,
        lasts=4 * _DAY,
        lifting={"product": {"Soft drinks": 2.1, "Ice cream": 1.5}},
    ),
    Incident(
        "A new line of products is supported",
        "ticket-routing",
        starts=-8 * _DAY,
        lasts=FOR_GOOD,
        appearing={"product": ("Dock", 0.17)},
    ),
    Incident("A slow morning", "card-fraud", starts=-9 * _DAY + 10 * _HOUR, lasts=3 * _HOUR, slower=34.0),
    Incident(
        "Its machine is busy",
        "",
        starts=-9 * _DAY + 10 * _HOUR,
        lasts=3 * _HOUR,
        load={"cpu_percent": 50.0},
        instances=("api-2",),
    ),
    Incident(
        "The three-year contract is sold",
        "churn",
        starts=-6 * _DAY,
        lasts=FOR_GOOD,
        appearing={"Contract": ("Three year", 0.12)},
    ),
    Incident("The churn service is silent", "churn", starts=-5 * _DAY + 9 * _HOUR, lasts=5 * _HOUR, silent=True),
    Incident(
        "api-3 leaks memory",
        "",
        starts=-72 * _HOUR,
        lasts=112 * _HOUR,
        load={"memory_percent": 58.0},
        instances=("api-3",),
        grows=True,
    ),
)

LIVE_EVERY = 60 * _MINUTE
LIVE: Sequence[Incident] = (
    Incident("Payments slow down", "card-fraud", starts=2 * _MINUTE, lasts=12 * _MINUTE, slower=60.0),
    Incident(
        "The machine of payments is busy",
        "",
        starts=2 * _MINUTE,
        lasts=12 * _MINUTE,
        load={"cpu_percent": 62.0},
        instances=("api-2",),
    ),
    Incident(
        "The feature store times out",
        "churn",
        starts=28 * _MINUTE,
        lasts=10 * _MINUTE,
        failing=0.45,
        error=_TIMEOUT,
    ),
)
