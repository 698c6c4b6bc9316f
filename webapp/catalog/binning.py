"""The edges that a model's values are counted in: quantiles of the baseline, so that drift and scores stay comparable.

A binning is frozen once made; a new baseline brings a new one. A feature that nobody has a reference for yet is
*learning*: its values are stored and its missing ones counted, but there are no bins to put them in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from webapp.catalog.cells import Cells
from webapp.catalog.models import Task

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

QUANTILES = 100
SCORE_BINS = 256
CATEGORIES = 1_000
CLASSES = 50  # that a multiclass model may tell apart
# The counters before a feature's bins; for a category the fifth one counts unseen values.
MISSING, TYPE_ERROR, INFINITE, BELOW, ABOVE = range(5)
COUNTERS = 5
# The running figures beside the counts: how many were finite, smallest, largest, sum, sum of squares.
MOMENTS = 5

NOT_A_NUMBER = -np.inf  # how an event keeps "this was no number"; a real infinity is kept as +inf


class Kind(StrEnum):
    NUMERIC = "numeric"
    CATEGORY = "category"


class FeatureBins(msgspec.Struct, frozen=True):
    """One feature's bins: K + 1 ascending edges (right-closed bins), or K categories. Neither: still learning."""

    name: str
    kind: Kind
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()

    @property
    def bin_count(self) -> int:
        return len(self.categories) if self.kind is Kind.CATEGORY else max(len(self.edges) - 1, 0)

    @property
    def is_learning(self) -> bool:
        return self.bin_count == 0

    @property
    def width(self) -> int:
        return COUNTERS + self.bin_count


class BinningDocument(msgspec.Struct, frozen=True):
    """What is stored of a binning."""

    features: tuple[FeatureBins, ...]
    score_edges: tuple[float, ...]
    task: Task = Task.BINARY
    classes: tuple[str, ...] = ()  # of a multiclass model: an event keeps the place of its class; they only grow


@dataclass(frozen=True)
class Binning:
    """A binning with what is derived from it once: offsets, category codes, edge arrays."""

    id: int
    document: BinningDocument

    @property
    def features(self) -> tuple[FeatureBins, ...]:
        return self.document.features

    @property
    def task(self) -> Task:
        return self.document.task

    @property
    def classes(self) -> tuple[str, ...]:
        return self.document.classes

    @cached_property
    def class_position(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.classes)}

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @cached_property
    def position(self) -> dict[str, int]:
        return {name: index for index, name in enumerate(self.names)}

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Return where each feature's counts begin, and after the last one the width of all."""
        return tuple(int(x) for x in np.concatenate([[0], np.cumsum([f.width for f in self.features], dtype=int)]))

    @property
    def width(self) -> int:
        return self.offsets[-1]

    @cached_property
    def score_edges(self) -> Floats:
        return np.asarray(self.document.score_edges)

    @cached_property
    def codes(self) -> tuple[tuple[Floats, Counts], ...]:
        """Return for each category feature its sorted codes and the bin each belongs to."""
        return tuple(_sorted_codes(feature) for feature in self.features)

    @cached_property
    def bounds(self) -> tuple[tuple[Cells, Counts], ...]:
        """Return for each numeric feature its upper bounds (of what is below, of its bins) and the slot of each."""
        return tuple(_upper_bounds(feature) for feature in self.features)

    def slots(self, position: int, values: Floats) -> Counts:
        """Return, for each value of the feature, which of its counters or bins it belongs to (-1: none, learning)."""
        feature = self.features[position]
        if feature.kind is Kind.CATEGORY:
            return self._category_slots(position, values)
        return self._numeric_slots(position, values)

    def _numeric_slots(self, position: int, values: Floats) -> Counts:
        bounds, slot = self.bounds[position]
        finite = np.isfinite(values)
        if finite.all():
            return slot[bounds.below(values)]
        slots = np.full(len(values), MISSING)
        slots[finite] = slot[bounds.below(values[finite])]
        slots[values == np.inf] = INFINITE
        slots[values == NOT_A_NUMBER] = TYPE_ERROR
        return slots

    def _category_slots(self, position: int, values: Floats) -> Counts:
        codes, bins = self.codes[position]
        slots = np.full(len(values), ABOVE, dtype=np.int64)
        if len(codes):
            found = np.minimum(np.searchsorted(codes, values), len(codes) - 1)
            known = codes[found] == values
            slots[known] = bins[found[known]] + COUNTERS
        slots[np.isnan(values)] = MISSING
        slots[values == NOT_A_NUMBER] = TYPE_ERROR
        return slots


def code_of(text: str) -> float:
    """Return the number that stands for a text in an event: 52 bits of its hash, exact as a float, the same everywhere.

    A hash needs no table to be agreed on by several writers; two of ten thousand texts collide once in 10^8 features.
    """
    from hashlib import blake2b

    return float(int.from_bytes(blake2b(text.encode(), digest_size=7).digest()) >> 4)


def numeric_bins(name: str, values: Floats) -> FeatureBins:
    """Return the bins of a numeric feature: the unique ones of 100 quantiles of its finite values."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return FeatureBins(name, Kind.NUMERIC)
    quantiles = np.quantile(np.sort(finite), np.linspace(0, 1, QUANTILES + 1), method="inverted_cdf")
    edges = np.unique(quantiles)
    if len(edges) == 1:
        edges = np.repeat(edges, 2)
    return FeatureBins(name, Kind.NUMERIC, edges=_with_smallest_alone(edges, finite))


def category_bins(name: str, texts: Sequence[str], counts: Sequence[int]) -> FeatureBins:
    """Return the bins of a category feature: its most frequent thousand values, the frequent ones first."""
    ranked = sorted(zip(counts, texts, strict=True), key=lambda pair: (-pair[0], pair[1]))
    return FeatureBins(name, Kind.CATEGORY, categories=tuple(text for _, text in ranked[:CATEGORIES]))


def score_edges(scores: Floats, *, threshold: float) -> tuple[float, ...]:
    """Return 257 edges over 0..1: half equal width, half quantiles, the decision threshold among them.

    Quantiles keep the AUC sharp where a rare class crowds near 0; an edge at the threshold makes the confusion exact.
    """
    equal = np.linspace(0, 1, SCORE_BINS // 2 + 1)
    finite = scores[np.isfinite(scores)]
    ranks = np.linspace(0, 1, SCORE_BINS // 2 + 2)[1:-1]
    quantiles = np.quantile(finite, ranks) if len(finite) else (equal[:-1] + equal[1:]) / 2
    edges = np.unique(np.concatenate([equal, quantiles, [threshold]]).clip(0, 1))
    return tuple(float(edge) for edge in _padded(edges, SCORE_BINS + 1, keep=threshold))


def value_edges(values: Floats) -> tuple[float, ...]:
    """Return 257 edges for the numbers that a regression predicts: half equal width, half quantiles.

    Of no numbers yet they are wide and on a logarithmic scale; the first baseline brings better ones.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        side = np.geomspace(1e-6, 1e12, SCORE_BINS // 2)
        return tuple(float(edge) for edge in np.concatenate([-side[::-1], [0.0], side]))
    low, high = float(finite.min()), float(finite.max())
    if low == high:
        low, high = low - max(abs(low), 1.0), high + max(abs(high), 1.0)
    equal = np.linspace(low, high, SCORE_BINS // 2 + 1)
    quantiles = np.quantile(finite, np.linspace(0, 1, SCORE_BINS // 2 + 2)[1:-1])
    edges = np.unique(np.concatenate([equal, quantiles]))
    return tuple(float(edge) for edge in _padded(edges, SCORE_BINS + 1, keep=low))


def edges_with(edges: Sequence[float], threshold: float) -> tuple[float, ...]:
    """Return as many edges with the threshold among them: the two closest neighbours give way to it."""
    wanted = np.unique(np.append(np.asarray(edges), threshold))
    return tuple(float(edge) for edge in _padded(wanted, len(edges), keep=threshold))


def _with_smallest_alone(edges: Floats, finite: Floats) -> tuple[float, ...]:
    """Keep a bin for the smallest value alone where it or the next edge is a heap (many zeros, the two of a flag).

    The first bin would hold both, and one of them could become the other unseen.
    """
    alone, shared = (np.count_nonzero(finite <= edge) for edge in edges[:2])
    a_quantile = len(finite) / QUANTILES
    if edges[0] < edges[1] and (alone > a_quantile or shared > 2 * a_quantile):
        edges = np.concatenate([edges[:1], edges])
    return tuple(float(edge) for edge in edges)


def _padded(edges: Floats, size: int, *, keep: float) -> Floats:
    """Return exactly `size` edges: split the widest gaps while there are too few, drop the closest while too many."""
    while len(edges) < size:
        widest = int(np.argmax(np.diff(edges)))
        edges = np.insert(edges, widest + 1, (edges[widest] + edges[widest + 1]) / 2)
    while len(edges) > size:
        gaps = np.diff(edges)[:-1]
        gaps[edges[1:-1] == keep] = np.inf
        edges = np.delete(edges, int(np.argmin(gaps)) + 1)
    return edges


def _upper_bounds(feature: FeatureBins) -> tuple[Cells, Counts]:
    """Return where a numeric feature's slots end, each bound part of what it ends, and the slots, one more of them."""
    if feature.is_learning or feature.kind is Kind.CATEGORY:
        return Cells(np.empty(0)), np.array([-1])
    edges = np.asarray(feature.edges)
    below = np.nextafter(edges[0], -np.inf)  # The lowest edge itself belongs to the first bin.
    return Cells(np.array([below, *edges[1:]])), np.array([BELOW, *(np.arange(len(edges) - 1) + COUNTERS), ABOVE])


def _sorted_codes(feature: FeatureBins) -> tuple[Floats, Counts]:
    codes = np.asarray([code_of(text) for text in feature.categories])
    order = np.argsort(codes)
    return codes[order], order.astype(np.int64)
