"""Whether as many predictions came as usually come in this hour of the week."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy.orm import Session

from webapp.catalog.models import Model
from webapp.core.periods import HOUR, floor_to
from webapp.metrics.intervals import Z
from webapp.metrics.scope import part_of
from webapp.telemetry import queries
from webapp.telemetry.aggregate import tallies_of

WEEK = timedelta(days=7)
WEEKS = 4
OF_DEVIATION = 1.4826  # The median distance from the median, times this, is a normal distribution's deviation.
OF_MEDIAN = math.pi / 2  # The variance of a median against that of a mean.


@dataclass(frozen=True, slots=True)
class Volume:
    """The last whole hour against the same hour in the weeks before; `low` to `high` is what 19 of 20 hours have."""

    hour: datetime
    count: int
    before: tuple[int, ...]  # the newest week first, as far back as the model goes
    usual: float | None  # their median
    low: float | None
    high: float | None

    @property
    def verdict(self) -> str:
        if self.low is None or self.high is None:
            return "nothing to compare with"
        if self.low <= self.count <= self.high:
            return "no clear change"
        return "fewer than usual" if self.count < self.low else "more than usual"


def volume(session: Session, model: Model, *, until: datetime, now: datetime, version: str | None = None) -> Volume:
    """Return the volume of the last whole hour before an instant."""
    groups, _ = part_of(session, model, version=version)
    hour = floor_to(min(until, now), HOUR) - HOUR
    counted = queries.hours(session, groups, hour - WEEKS * WEEK, WEEK, WEEKS + 1)[model.id]
    *before, count = (tally.predictions for tally in tallies_of(counted))
    return compare(hour, count, before[::-1])


def compare(hour: datetime, count: int, before: Sequence[int]) -> Volume:
    """Judge a count by those of the weeks before: their median, and how far they lie from it and counts scatter."""
    oldest = max((place for place, each in enumerate(before) if each), default=-1)
    weeks = tuple(before[: oldest + 1])  # weeks before the model's first say nothing about it
    if not weeks:
        return Volume(hour, count, (), None, None, None)
    usual = float(median(weeks))
    spread = OF_DEVIATION * median(abs(each - usual) for each in weeks)
    deviation = max(math.sqrt(max(usual, 1.0)), spread) * math.sqrt(1 + OF_MEDIAN / len(weeks))
    return Volume(hour, count, weeks, usual, max(usual - Z * deviation, 0.0), usual + Z * deviation)
