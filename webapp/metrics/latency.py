"""Percentiles from the response-time histogram: the middle of a bin, at most 2 % off. Pure."""

import math

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import Value, undefined
from webapp.telemetry.aggregate import LATENCY_EDGES, LATENCY_GROWTH

NO_TIMES = "no response times in this window"
MIDDLES: list[float] = (LATENCY_EDGES * LATENCY_GROWTH**0.5).tolist()


def percentile(evidence: Evidence, share: float) -> Value:
    counts = evidence.aggregate.latencies
    reached = None if counts is None else counts.cumsum()
    if reached is None or reached[-1] <= 0:
        return undefined(NO_TIMES)
    total = int(reached[-1])
    place = int(reached.searchsorted(math.ceil(share * total)))
    return Value(MIDDLES[place], sample_count=total, note="within 2 %")
