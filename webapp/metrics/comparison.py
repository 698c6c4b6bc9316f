"""From two counts of a feature to the histograms that drift methods compare: deciles of the baseline. Pure.

Missing values, values below the baseline's range and values above it have bins of their own; so have values that a
category never had before.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.binning import ABOVE, BELOW, COUNTERS, INFINITE, MISSING, QUANTILES, TYPE_ERROR, Kind
from webapp.core.formatting import number
from webapp.drift.method import Histograms
from webapp.telemetry.aggregate import FeatureHistogram, ScoreHistogram

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

PARTS = 10
CATEGORIES = 30  # The most frequent ones stand alone, the rest together.


def compared(baseline: FeatureHistogram, current: FeatureHistogram, *, fine: bool = False) -> Histograms:
    """Return both histograms of a feature that was counted in the same bins; `fine` keeps every bin apart."""
    return _compared(baseline, current.counts, fine=fine)


def compared_with_each(
    baseline: FeatureHistogram, windows: Sequence[FeatureHistogram], *, fine: bool = False
) -> Histograms:
    """Return the baseline beside each of the windows, one a row."""
    found = _compared(baseline, np.stack([window.counts for window in windows]), fine=fine)
    return replace(found, baseline=np.broadcast_to(found.baseline, found.current.shape))


def _compared(baseline: FeatureHistogram, counts: Counts, *, fine: bool) -> Histograms:
    if baseline.bins.kind is Kind.CATEGORY:
        return Histograms(_by_category(baseline.counts), _by_category(counts))
    cuts = np.arange(baseline.bins.bin_count) if fine else deciles(baseline.bin_counts)
    places = _places(_edges(baseline, cuts), baseline) if fine else None
    return Histograms(_numeric(baseline.counts, cuts), _numeric(counts, cuts), places)


def labels(baseline: FeatureHistogram) -> tuple[str, ...]:
    """Return what the bins of `compared` are called."""
    if baseline.bins.kind is Kind.CATEGORY:
        names = baseline.bins.categories
        other = ["other"] if len(names) > CATEGORIES else []
        return (*names[:CATEGORIES], *other, "new values", "missing")
    edges = _edges(baseline, deciles(baseline.bin_counts))
    ranges = [_plain(low) if low == high else f"{_plain(low)} – {_plain(high)}" for low, high in pairwise(edges)]
    return (f"< {_plain(edges[0])}", *ranges, f"> {_plain(edges[-1])}", "missing")


def compared_scores(baseline: ScoreHistogram, current: ScoreHistogram, *, fine: bool = False) -> Histograms:
    """Return both histograms of the scores, on the edges that both were counted in."""
    edges = np.intersect1d(baseline.edges, current.edges)
    first, second = _coarsened(baseline, edges), _coarsened(current, edges)
    cuts = np.arange(len(first)) if fine else deciles(first)
    pair = np.add.reduceat(first, cuts).astype(np.float64), np.add.reduceat(second, cuts).astype(np.float64)
    if not fine:
        return Histograms(*pair)
    middles = (edges[:-1] + edges[1:]) / 2
    return Histograms(*pair, middles / _deviation(middles, first))


def score_labels(baseline: ScoreHistogram, current: ScoreHistogram) -> tuple[str, ...]:
    """Return what the bins of `compared_scores` are called."""
    edges = np.intersect1d(baseline.edges, current.edges)
    cuts = deciles(_coarsened(baseline, edges))
    return tuple(f"{_plain(low)} – {_plain(high)}" for low, high in pairwise(edges[[*cuts, len(edges) - 1]]))


def deciles(counts: Counts) -> Counts:
    """Return the first bin of each tenth of the values; a bin that holds more than a tenth is kept apart."""
    return _deciles(counts.tobytes())


@lru_cache(maxsize=4096)
def _deciles(raw: bytes) -> Counts:
    """Cut the counts of a baseline, which are the same for every window that is compared with it."""
    counts = np.frombuffer(raw, dtype=np.int64)
    total = counts.sum()
    if total == 0:
        return np.zeros(1, dtype=np.int64)
    reached = np.cumsum(counts) / total
    ends = np.searchsorted(reached, np.arange(1, PARTS) / PARTS - 1e-9) + 1
    heaps = np.flatnonzero(counts > total / PARTS)  # what lies before one would vanish in it: the zeros of a flag
    starts = np.unique(np.concatenate([[0], ends, heaps]))
    return starts[starts < len(counts)].astype(np.int64)


def _numeric(counts: Counts, cuts: Counts) -> Floats:
    """Bin counts of numbers along the last axis."""
    inside = np.add.reduceat(counts[..., COUNTERS:], cuts, axis=-1)
    above = counts[..., [ABOVE, INFINITE]].sum(axis=-1, keepdims=True)
    return np.concatenate([counts[..., [BELOW]], inside, above, _without_value(counts)], axis=-1).astype(np.float64)


def _edges(histogram: FeatureHistogram, cuts: Counts) -> Floats:
    return np.asarray(histogram.bins.edges)[[*cuts, histogram.bins.bin_count]]


def _places(edges: Floats, baseline: FeatureHistogram) -> Floats:
    """Return where the bins lie in standard deviations; in steps where the baseline has no spread.

    A bin lies at its middle. One that holds twice its share lies at its upper edge, where most of its values are.
    """
    counts = baseline.bin_counts
    is_heap = counts > 2 * counts.sum() / QUANTILES
    inside = np.where(is_heap, edges[1:], (edges[:-1] + edges[1:]) / 2)
    middles = np.concatenate([edges[:1], inside, edges[-1:]])
    size, _, _, total, squares = baseline.moments
    variance = squares / size - (total / size) ** 2 if size > 0 else 0.0
    places = middles / np.sqrt(variance) if variance > 0 else np.arange(len(middles), dtype=np.float64)
    return np.concatenate([places, [np.nan]])


def _deviation(values: Floats, counts: Counts) -> float:
    mean = np.average(values, weights=counts) if counts.sum() else 0.0
    spread = np.sqrt(np.average((values - mean) ** 2, weights=counts)) if counts.sum() else 0.0
    return float(spread) or 1.0


def _by_category(counts: Counts) -> Floats:
    """Bin counts of categories along the last axis."""
    inside = counts[..., COUNTERS:]
    parts = [inside[..., :CATEGORIES]]
    if inside.shape[-1] > CATEGORIES:
        parts.append(inside[..., CATEGORIES:].sum(axis=-1, keepdims=True))
    return np.concatenate([*parts, counts[..., [ABOVE]], _without_value(counts)], axis=-1).astype(np.float64)


def _without_value(counts: Counts) -> Counts:
    found: Counts = counts[..., [MISSING, TYPE_ERROR]].sum(axis=-1, keepdims=True)
    return found


def _coarsened(histogram: ScoreHistogram, edges: Floats) -> Counts:
    return np.add.reduceat(histogram.everything, np.searchsorted(histogram.edges, edges[:-1]))


def _plain(value: float) -> str:
    return number(float(value))
