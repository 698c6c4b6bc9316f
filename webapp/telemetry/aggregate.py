"""What is known about a window, as counts that can be added: the value that every metric is computed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.binning import COUNTERS, MOMENTS, SCORE_BINS, FeatureBins

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

# Response times in bins that grow by 4 %: the middle of a bin is at most 2 % off. From 0.1 ms to 2 minutes.
LATENCY_GROWTH = 1.04
LATENCY_BINS = 360
LATENCY_EDGES: Floats = np.asarray(0.1 * LATENCY_GROWTH ** np.arange(LATENCY_BINS + 1), dtype=np.float64)

# Running sums of a score histogram: all (Σs, Σs²), then for negatives and positives (Σs, Σs², Σln s, Σln(1−s)).
SCORE_SUMS = 10
SCORE_WIDTH = 3 * SCORE_BINS


@dataclass(frozen=True, slots=True)
class Tally:
    """The scalar counts of a window. `known` counts predictions whose outcome is known; tp … tn are among them."""

    predictions: int = 0
    known: int = 0
    errors: int = 0
    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0
    flagged: int = 0
    latency_count: int = 0
    latency_sum_ms: float = 0.0
    delay_sum_s: float = 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, name) + getattr(other, name) for name in TALLY))


TIMES = ("latency_sum_ms", "delay_sum_s")
TALLY: tuple[str, ...] = tuple(entry.name for entry in fields(Tally))


def tally_of(scalars: Sequence[float]) -> Tally:
    """Return the tally of sums in the order of TALLY."""
    of: dict[str, Any] = dict(zip(TALLY, scalars, strict=True))
    return Tally(**{name: value if name in TIMES else round(value) for name, value in of.items()})


@dataclass(frozen=True, slots=True)
class ScoreHistogram:
    """Scores by bin (left-closed, the last one closed): all, and those known to be positive or negative."""

    edges: Floats  # (SCORE_BINS + 1,)
    counts: Counts  # (3, SCORE_BINS): all, positive, negative
    sums: Floats  # (SCORE_SUMS,)

    @property
    def everything(self) -> Counts:
        everything: Counts = self.counts[0]
        return everything

    @property
    def positives(self) -> Counts:
        positives: Counts = self.counts[1]
        return positives

    @property
    def negatives(self) -> Counts:
        negatives: Counts = self.counts[2]
        return negatives

    def __add__(self, other: "ScoreHistogram") -> "ScoreHistogram":
        if np.array_equal(self.edges, other.edges):
            return ScoreHistogram(self.edges, self.counts + other.counts, self.sums + other.sums)
        return _on_common_edges(self, other)


@dataclass(frozen=True, slots=True)
class FeatureHistogram:
    """One feature's values: counters (missing, type errors, infinite, below, above or unseen), bins, moments."""

    bins: FeatureBins
    counts: Counts  # (COUNTERS + bin count,)
    moments: Floats  # (finite values, smallest, largest, sum, sum of squares)

    def __add__(self, other: "FeatureHistogram") -> "FeatureHistogram":
        return FeatureHistogram(self.bins, self.counts + other.counts, merge_moments(self.moments, other.moments))

    @property
    def total(self) -> int:
        """Return how many values were counted, missing ones included."""
        if self.bins.is_learning:
            return int(self.counts[:3].sum() + self.moments[0] + self.counts[4])
        return int(self.counts.sum())

    @property
    def missing(self) -> int:
        return int(self.counts[0])

    @property
    def bin_counts(self) -> Counts:
        return self.counts[COUNTERS:]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Everything counted over a window; parts that were not asked for are None or empty."""

    tally: Tally = field(default_factory=Tally)
    scores: ScoreHistogram | None = None
    latencies: Counts | None = None  # (LATENCY_BINS,)
    features: Mapping[str, FeatureHistogram] = field(default_factory=dict)

    def __add__(self, other: "Aggregate") -> "Aggregate":
        return Aggregate(
            tally=self.tally + other.tally,
            scores=_plus(self.scores, other.scores),
            latencies=other.latencies if self.latencies is None else _plus_counts(self.latencies, other.latencies),
            features=_plus_features(self.features, other.features),
        )


EMPTY = Aggregate()


def merge_moments(first: Floats, second: Floats) -> Floats:
    """Add counts and sums; keep the smaller smallest and the larger largest."""
    merged = first + second
    merged[..., 1] = np.minimum(first[..., 1], second[..., 1])
    merged[..., 2] = np.maximum(first[..., 2], second[..., 2])
    return merged


def no_moments(count: int) -> Floats:
    """Return the moments of nothing for that many features, shape (count, MOMENTS)."""
    moments = np.zeros((count, MOMENTS))
    moments[:, 1], moments[:, 2] = np.inf, -np.inf
    return moments


def _plus(first: ScoreHistogram | None, second: ScoreHistogram | None) -> ScoreHistogram | None:
    if first is None or second is None:
        return first or second
    return first + second


def _plus_counts(first: Counts, second: Counts | None) -> Counts:
    return first if second is None else first + second


def _plus_features(
    first: Mapping[str, FeatureHistogram], second: Mapping[str, FeatureHistogram]
) -> Mapping[str, FeatureHistogram]:
    """Add what was counted in the same bins; where the bins differ, the later ones (`second`) stand."""
    if not first or not second:
        return first or second
    merged = dict(first)
    for name, histogram in second.items():
        same = name in merged and merged[name].bins == histogram.bins
        merged[name] = merged[name] + histogram if same else histogram
    return merged


def _on_common_edges(first: ScoreHistogram, second: ScoreHistogram) -> ScoreHistogram:
    """Merge histograms of two binnings on the edges that both have, so that every count stays exact."""
    common = np.intersect1d(first.edges, second.edges)
    counts = _coarsened(first, common) + _coarsened(second, common)
    return ScoreHistogram(common, counts, first.sums + second.sums)


def _coarsened(histogram: ScoreHistogram, edges: Floats) -> Counts:
    starts = np.searchsorted(histogram.edges, edges[:-1])
    return np.add.reduceat(histogram.counts, starts, axis=1)
