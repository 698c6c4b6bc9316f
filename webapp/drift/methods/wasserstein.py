"""The Wasserstein distance: how far the values moved on average, in standard deviations of the baseline.

Values outside the baseline's range stand in the bins below and above it, so that one outlier cannot decide.
"""

import numpy as np

from webapp.drift.method import Floats, Histograms, Method


def measure(histograms: Histograms) -> Floats:
    ordered = histograms.ordered
    p, q = ordered.shares
    places = np.arange(p.shape[-1], dtype=np.float64) if ordered.places is None else ordered.places
    gaps = np.abs(np.cumsum(q - p, axis=-1))[..., :-1]
    distance: Floats = (gaps * np.diff(places)).sum(axis=-1)
    return distance


METHOD = Method(
    name="wasserstein",
    label="Wasserstein distance",
    formula="∫ |F_q − F_p| dx / σ_p between the middles of the bins; a heap lies at its value",
    warning=0.1,
    critical=0.3,
    measure=measure,
    needs_order=True,
)
