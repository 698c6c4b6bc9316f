"""The Kolmogorov–Smirnov distance: the widest gap between the two distribution functions, at the edges of the bins."""

import numpy as np

from webapp.drift.method import Floats, Histograms, Method


def measure(histograms: Histograms) -> Floats:
    p, q = histograms.ordered.shares
    gaps = np.abs(np.cumsum(q - p, axis=-1))
    widest: Floats = gaps.max(axis=-1, initial=0.0)
    return widest


METHOD = Method(
    name="kolmogorov_smirnov",
    label="Kolmogorov–Smirnov distance",
    formula="max |F_q − F_p| at the edges of the bins; above its noise floor p < 0.05",
    warning=0.1,
    critical=0.3,
    measure=measure,
    needs_order=True,
)
