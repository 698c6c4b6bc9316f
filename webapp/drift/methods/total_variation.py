"""The total variation distance: the share of values that would have to move."""

import numpy as np

from webapp.drift.method import Floats, Histograms, Method


def measure(histograms: Histograms) -> Floats:
    p, q = histograms.shares
    distance: Floats = np.abs(p - q).sum(axis=-1) / 2
    return distance


METHOD = Method(
    name="total_variation",
    label="Total variation distance",
    formula="½·Σ |p − q|",
    warning=0.1,
    critical=0.3,
    measure=measure,
)
