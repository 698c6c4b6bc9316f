"""What is known about a window, as counts that can be added: the value that every metric is computed from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from operator import add, attrgetter
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.binning import COUNTERS, MOMENTS, SCORE_BINS, FeatureBins

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

# Response times in bins that grow by 4 %: the middle of a bin is at most 2 % off. From 0.1 ms to 2 minutes.
LATENCY_GROWTH = 1.04
LATENCY_BINS = 360
LATENCY_EDGES: Floats = np.asarray(0.1 * LATENCY_GROWTH ** np.arange(LATENCY_BINS + 1), dtype=np.float64)

# Scores of one class against the rest: bins dense near 0, where the scores of a rare class crowd.
RANK_BINS = 128
RANK_EDGES: Floats = np.asarray(np.linspace(0, 1, RANK_BINS + 1) ** 2, dtype=np.float64)
# Errors of numbers: bins that grow by 2 % on either side of those that are nearly 0, so a quantile is at most 1 % off.
ERROR_GROWTH = 1.02
ERROR_SMALLEST, ERROR_SIDE = 1e-6, 2_093  # to 1e12
ERROR_BINS = 2 * ERROR_SIDE + 1
ERROR_EDGES: Floats = np.asarray(
    ERROR_SMALLEST * ERROR_GROWTH ** np.arange(ERROR_SIDE + 1), dtype=np.float64
)  # above 0
_MIDDLES: Floats = np.sqrt(ERROR_EDGES[:-1] * ERROR_EDGES[1:])
ERROR_MIDDLES: Floats = np.concatenate([-_MIDDLES[::-1], [0.0], _MIDDLES])

# Running sums of a score histogram: all (Σs, Σs²), then for negatives and positives (Σs, Σs², Σln s, Σln(1−s)).
SCORE_SUMS = 10
SCORE_WIDTH = 3 * SCORE_BINS


@dataclass(frozen=True, slots=True)
class Tally:
    """The scalar counts of a window. `known` counts predictions whose outcome is known; tp … tn are among them.

    Of a multiclass model tp counts the right answers and fp the wrong ones; of a regression all four are 0.
    """

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
        return Tally(*map(add, scalars_of(self), scalars_of(other)))


TIMES = ("latency_sum_ms", "delay_sum_s")
TALLY: tuple[str, ...] = tuple(entry.name for entry in fields(Tally))
IS_TIME = tuple(name in TIMES for name in TALLY)
_PLACES = tuple(enumerate(IS_TIME))
scalars_of: Callable[[Tally], tuple[float, ...]] = attrgetter(*TALLY)


def tally_of(scalars: Sequence[float]) -> Tally:
    """Return the tally of sums in the order of TALLY."""
    values: list[Any] = [value if is_time else round(value) for value, is_time in zip(scalars, IS_TIME, strict=True)]
    return Tally(*values)


def tallies_of(sums: Floats) -> Iterator[Tally]:
    """Yield the tally of each row of sums."""
    rounded = (sums[:, place] if is_time else np.rint(sums[:, place]).astype(np.int64) for place, is_time in _PLACES)
    return map(Tally, *(column.tolist() for column in rounded))


@dataclass(frozen=True, slots=True)
class ScoreHistogram:
    """Scores by bin (left-closed, the last one closed): all, and those known to be positive or negative.

    Of a multiclass model it is the score of the predicted class, among all, the right and the wrong answers; of a
    regression the predicted value, among all, those that were too high and those that were not.
    """

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
class ClassCounts:
    """The answers of a multiclass model, classes in the order in which they first appeared.

    `ranks` holds for each class k its score among those that are k and those that are not, for one-vs-rest curves.
    The sums are over predictions with scores of all classes and a known outcome.
    """

    names: tuple[str, ...]
    predicted: Counts  # (K,): outcome known or not
    confusion: Counts  # (K, K): [actual, predicted]
    ranks: Counts  # (K, 2, RANK_BINS)
    scored: float = 0.0
    log_loss_sum: float = 0.0  # Σ −ln of the real class's score
    brier_sum: float = 0.0  # Σ Σ_k (score_k − is_k)²

    @property
    def known(self) -> int:
        return int(self.confusion.sum())

    def __add__(self, other: "ClassCounts") -> "ClassCounts":
        first, second = (self, other) if len(self.names) >= len(other.names) else (other, self)
        size = len(second.names)
        predicted, confusion, ranks = first.predicted.copy(), first.confusion.copy(), first.ranks.copy()
        predicted[:size] += second.predicted
        confusion[:size, :size] += second.confusion
        ranks[:size] += second.ranks
        return ClassCounts(
            first.names,
            predicted,
            confusion,
            ranks,
            self.scored + other.scored,
            self.log_loss_sum + other.log_loss_sum,
            self.brier_sum + other.brier_sum,
        )


@dataclass(frozen=True, slots=True)
class ErrorCounts:
    """The errors e = predicted − actual of a regression: counted in bins on a signed logarithmic scale, and sums."""

    counts: Counts  # (ERROR_BINS,)
    count: float = 0.0
    total: float = 0.0  # Σ e
    absolute: float = 0.0  # Σ |e|
    squares: float = 0.0  # Σ e²
    actual: float = 0.0  # Σ y
    actual_squares: float = 0.0  # Σ y²
    relative: float = 0.0  # Σ |e / y| where y ≠ 0
    relative_count: float = 0.0
    over: float = 0.0  # Σ e where e > 0
    under: float = 0.0  # Σ |e| where e < 0

    def __add__(self, other: "ErrorCounts") -> "ErrorCounts":
        sums = (getattr(self, name) + getattr(other, name) for name in ERROR_SUMS)
        return ErrorCounts(self.counts + other.counts, *sums)


ERROR_SUMS: tuple[str, ...] = tuple(entry.name for entry in fields(ErrorCounts) if entry.name != "counts")


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
    classes: ClassCounts | None = None
    errors: ErrorCounts | None = None
    features: Mapping[str, FeatureHistogram] = field(default_factory=dict)

    def __add__(self, other: "Aggregate") -> "Aggregate":
        return Aggregate(
            tally=self.tally + other.tally,
            scores=_plus(self.scores, other.scores),
            latencies=other.latencies if self.latencies is None else _plus_counts(self.latencies, other.latencies),
            classes=_plus(self.classes, other.classes),
            errors=_plus(self.errors, other.errors),
            features=_plus_features(self.features, other.features),
        )


EMPTY = Aggregate()
Part = TypeVar("Part", ScoreHistogram, ClassCounts, ErrorCounts)


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


def _plus(first: Part | None, second: Part | None) -> Part | None:
    if first is None or second is None:
        return second if first is None else first
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
