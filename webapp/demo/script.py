"""What goes wrong at the demo company, and when: a script of incidents, each a line of data.

Times are counted from the opening, the moment at which the demo was first started; those of LIVE from the moment at
which the live traffic of this process begins, again and again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

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
    slower: float = 1.0
    failing: float = 0.0  # share of predictions that end in the error
    error: str = ""
    silent: bool = False
    load: Mapping[str, float] = field(default_factory=dict)  # gauge: how many points higher
    instances: Sequence[str] = ()  # where the load is; everywhere unless named
    grows: bool = False  # the load begins at nothing and reaches its height at the end

    def strength(self, at: NDArray[np.int64], opening: datetime) -> Floats:
        """Return for each instant (µs since the epoch) how much of the incident is there, from 0 to 1."""
        since = at - microseconds(opening + self.starts)
        length = self.lasts // _MICROSECOND
        inside = (since >= 0) & (since < length)
        return np.where(inside, since / length if self.grows else 1.0, 0.0)


def microseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def reshaped(
    frame: Frame, incidents: Sequence[Incident], at: NDArray[np.int64], *, opening: datetime, rng: np.random.Generator
) -> Frame:
    """Return the customers as the incidents in force at each one's time have changed them."""
    changed = dict(frame)
    for incident in incidents:
        here: Flags = incident.strength(at, opening) > 0
        for feature, factor in incident.scaled.items():
            changed[feature] = np.where(here, np.round(changed[feature] * factor, 2), changed[feature])
        for feature, (category, share) in incident.appearing.items():
            chosen = here & (rng.random(len(at)) < share)
            changed[feature] = np.where(chosen, category, changed[feature])
    return changed


_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)

HISTORY: Sequence[Incident] = (
    Incident(
        "The feature store times out",
        "credit-default",
        starts=-20 * _DAY,
        lasts=5 * _HOUR,
        failing=0.4,
        error="FeatureStoreTimeout: no answer within 2 s",
    ),
    Incident("The price change", "churn", starts=-13 * _DAY, lasts=FOR_GOOD, scaled={"MonthlyCharges": 1.22}),
    Incident(
        "The three-year contract is sold",
        "churn",
        starts=-6 * _DAY,
        lasts=FOR_GOOD,
        appearing={"Contract": ("Three year", 0.12)},
    ),
    Incident("A slow afternoon", "card-fraud", starts=-9 * _DAY, lasts=4 * _HOUR, slower=34.0),
    Incident(
        "Its machines are busy", "", starts=-9 * _DAY, lasts=4 * _HOUR, load={"cpu_percent": 47.0}, instances=("api-2",)
    ),
    Incident("The churn service is silent", "churn", starts=-5 * _DAY, lasts=6 * _HOUR, silent=True),
    Incident(
        "api-3 leaks memory",
        "",
        starts=-60 * _HOUR,
        lasts=84 * _HOUR,
        load={"memory_percent": 37.0},
        instances=("api-3",),
        grows=True,
    ),
)

LIVE_EVERY = 60 * _MINUTE
LIVE: Sequence[Incident] = (
    Incident("Payments slow down", "card-fraud", starts=4 * _MINUTE, lasts=14 * _MINUTE, slower=38.0),
    Incident(
        "The machine of payments is busy",
        "",
        starts=4 * _MINUTE,
        lasts=14 * _MINUTE,
        load={"cpu_percent": 46.0},
        instances=("api-2",),
    ),
    Incident(
        "The feature store times out",
        "churn",
        starts=28 * _MINUTE,
        lasts=10 * _MINUTE,
        failing=0.45,
        error="FeatureStoreTimeout: no answer within 2 s",
    ),
)
