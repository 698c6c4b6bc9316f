"""Percentiles from the response-time histogram: the middle of a bin, at most 2 % off. Pure."""

import numpy as np

from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import Value, undefined
from webapp.telemetry.aggregate import LATENCY_EDGES, LATENCY_GROWTH

NO_TIMES = "no response times in this window"


def percentile(evidence: Evidence, share: float) -> Value:
    counts = evidence.aggregate.latencies
    total = 0 if counts is None else int(counts.sum())
    if counts is None or total <= 0:
        return undefined(NO_TIMES)
    rank = np.ceil(share * total)
    place = int(np.searchsorted(np.cumsum(counts), rank))
    return Value(float(LATENCY_EDGES[place] * LATENCY_GROWTH**0.5), sample_count=total, note="within 2 %")
