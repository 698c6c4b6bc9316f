"""Where single values stand in the baseline: higher than so many, as frequent as so much, never seen. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from webapp.catalog.binning import ABOVE, BELOW, INFINITE, Kind
from webapp.core.formatting import share
from webapp.telemetry.aggregate import FeatureHistogram

Sent = float | str | None  # a value as one prediction holds it; None: missing


@dataclass(frozen=True, slots=True)
class Place:
    """`position` is the share of the baseline's numbers that are smaller; `share` how many have this very category."""

    words: str
    position: float | None = None
    share: float | None = None
    is_odd: bool = False  # the baseline has nothing like it


def places(features: Mapping[str, Sent], baseline: Mapping[str, FeatureHistogram]) -> dict[str, Place]:
    """Return where each value of a prediction stands, by the feature's name."""
    return {name: place_of(value, baseline.get(name)) for name, value in features.items()}


def place_of(value: Sent, baseline: FeatureHistogram | None) -> Place:
    if baseline is None or baseline.bins.is_learning or not baseline.total:
        return Place("no reference yet")
    if value is None:
        part = baseline.missing / baseline.total
        return Place(f"missing, as in {share(part)} of the baseline", share=part, is_odd=part == 0)
    if baseline.bins.kind is Kind.CATEGORY:
        return _category(str(value), baseline)
    if isinstance(value, str):
        return Place("no number", is_odd=True)
    return _number(value, baseline)


def _category(value: str, baseline: FeatureHistogram) -> Place:
    categories = baseline.bins.categories
    count = int(baseline.bin_counts[categories.index(value)]) if value in categories else 0
    if not count:
        return Place("never seen in the baseline", share=0.0, is_odd=True)
    part = count / baseline.total
    return Place(f"as {share(part)} of the baseline", share=part)


def _number(value: float, baseline: FeatureHistogram) -> Place:
    edges, inside = np.asarray(baseline.bins.edges), baseline.bin_counts
    under, over = int(baseline.counts[BELOW]), int(baseline.counts[ABOVE] + baseline.counts[INFINITE])
    total = int(inside.sum()) + under + over
    if not total:
        return Place("the baseline has no values")
    if value < edges[0]:
        return Place("below all of the baseline", position=0.0, is_odd=not under)
    if value > edges[-1]:
        return Place("above all of the baseline", position=1.0, is_odd=not over)
    bin_ = int(np.searchsorted(edges[1:-1], value, side="left"))
    low, high = edges[bin_], edges[bin_ + 1]
    within = 0.5 if high == low else (value - low) / (high - low)
    position = float((under + inside[:bin_].sum() + within * inside[bin_]) / total)
    return Place(f"higher than {share(position, 0)} of the baseline", position=position)
