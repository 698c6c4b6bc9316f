"""Is the difference between two values real? Two versions, two periods, two segments: the same question. Pure.

The interval of a difference comes from the intervals of both values: the distances to their ends add up by squares
(R. G. Newcombe, 1998, for shares; MOVER of G. Y. Zou and A. Donner, 2008, for anything with an interval). Of two normal
intervals, as areas under a curve have them, it is that of their two deviations. Both samples are taken to be
independent; where both decided about the same cases, compare case by case (`mcnemar`).
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from webapp.metrics.metric import Better, Metric, Unit, Value

ENOUGH = 30  # samples on either side
EXACT = 1_000  # Up to so many cases that differ, chances are summed exactly.


class Verdict(StrEnum):
    BETTER = "better"
    WORSE = "worse"
    DIFFERENT = "different"  # of a metric of which neither more nor less is better
    UNCLEAR = "no clear difference"
    TOO_LITTLE = "too little to say"
    UNTESTED = "not tested"  # no interval is known


@dataclass(frozen=True, slots=True)
class Difference:
    """How far the second value is from the first, with its 95 % interval, and what that means."""

    verdict: Verdict
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str | None = None  # why nothing can be said


def difference(first: Value, second: Value, metric: Metric) -> Difference:
    """Say how the second value differs from the first, and whether chance alone would explain it."""
    if first.value is None or second.value is None:
        missing = first if first.value is None else second
        return Difference(Verdict.TOO_LITTLE, reason=missing.reason)
    change = second.value - first.value
    size = min(first.sample_count, second.sample_count)
    found = interval(first, second, metric)
    if found is None or not (_has_interval(first) and _has_interval(second)):
        return Difference(Verdict.UNTESTED, change, reason="no interval is known")
    if size < ENOUGH:
        return Difference(Verdict.TOO_LITTLE, change, *found, reason=f"n = {size:,}, of at least {ENOUGH}")
    return Difference(_verdict(*found, metric.better), change, *found)


def interval(first: Value, second: Value, metric: Metric) -> tuple[float, float] | None:
    """Return the 95 % interval of the second value less the first; None where neither has one of its own.

    A value without an interval is taken as exact.
    """
    if first.value is None or second.value is None or not (_has_interval(first) or _has_interval(second)):
        return None
    change = second.value - first.value
    (below_first, above_first), (below_second, above_second) = _distances(first, metric), _distances(second, metric)
    return change - math.hypot(below_second, above_first), change + math.hypot(above_second, below_first)


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the chance of a split at least as uneven among cases where just one was right, if both were as good.

    Exact (binomial) for few cases, otherwise by the normal distribution with the correction for continuity
    (Q. McNemar, 1947; A. L. Edwards, 1948).
    """
    size = only_first + only_second
    if size == 0:
        return 1.0
    if size <= EXACT:
        tail = sum(math.comb(size, count) for count in range(min(only_first, only_second) + 1))
        return min(1.0, float(2 * tail / 2**size))
    distance = max(abs(only_first - only_second) - 1, 0) / math.sqrt(size)
    return math.erfc(distance / math.sqrt(2))


def _verdict(low: float, high: float, better: Better) -> Verdict:
    if low <= 0 <= high:
        return Verdict.UNCLEAR
    if better is Better.NONE:
        return Verdict.DIFFERENT
    return Verdict.BETTER if (low > 0) == (better is Better.HIGHER) else Verdict.WORSE


def _has_interval(value: Value) -> bool:
    return value.low is not None and value.high is not None


def _distances(value: Value, metric: Metric) -> tuple[float, float]:
    """Return how far the ends of the interval are below and above the value.

    Shares keep theirs as it is. Others have normal intervals, which are cut where no value is possible: there the
    wider half is what the deviation says.
    """
    if value.value is None or value.low is None or value.high is None:
        return 0.0, 0.0
    below, above = max(value.value - value.low, 0.0), max(value.high - value.value, 0.0)
    return (below, above) if metric.unit is Unit.SHARE else (max(below, above),) * 2
