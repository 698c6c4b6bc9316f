"""Which share of positives a score stood for in the baseline: a calibration map, and how well it is known. Pure.

The map is isotonic, and kept only where it does better than the scores themselves on outcomes that it has not seen, as
NannyML has it: ten splits, a tenth of the outcomes tested, the calibration error in ten parts of equal size.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from webapp.metrics.curves import area_of
from webapp.telemetry.aggregate import ScoreHistogram

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

ENOUGH = 200  # known outcomes, from where a map says more than the scores do
SPLITS, TESTED, PARTS = 10, 0.1, 10
PERFECT = 0.999  # an AUC from where there is nothing to calibrate
DRAWS = 60
SEED = 20_260_310


@dataclass(frozen=True, slots=True)
class Calibration:
    """The share of positives by score bin; `draws` are maps that other outcomes of the same events could have given."""

    edges: Floats
    shares: Floats  # (bins,)
    draws: Floats  # (DRAWS, bins)
    is_isotonic: bool  # False: the scores are taken as they are
    known: int

    def within(self, edges: Floats) -> tuple[Floats, Floats]:
        """Return the shares and draws in bins of other edges, each taken where the bin has its middle."""
        middles = (edges[:-1] + edges[1:]) / 2
        places = (np.searchsorted(self.edges, middles, side="right") - 1).clip(0, len(self.shares) - 1)
        return self.shares[places], self.draws[:, places]


def calibrated(scores: ScoreHistogram) -> Calibration | None:
    """Return the calibration map of the scores with outcomes; None where there are too few, or one class only."""
    positives, negatives = int(scores.positives.sum()), int(scores.negatives.sum())
    if positives + negatives < ENOUGH or not positives or not negatives:
        return None
    return _calibrated(scores.edges.tobytes(), scores.positives.tobytes(), scores.negatives.tobytes())


def isotonic(shares: Floats, weights: Floats) -> Floats:
    """Return the values nearest to the shares that never fall (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []
    for share, weight in zip(shares.tolist(), weights.tolist(), strict=True):
        block = (share, weight, 1)
        while blocks and blocks[-1][0] >= block[0]:
            block = _pooled(blocks.pop(), block)
        blocks.append(block)
    return np.repeat([value for value, _, _ in blocks], [length for _, _, length in blocks])


@lru_cache(maxsize=256)
def _calibrated(raw_edges: bytes, raw_positives: bytes, raw_negatives: bytes) -> Calibration:
    """Fit once what is asked for at every step of a series: a baseline never changes."""
    edges = np.frombuffer(raw_edges, dtype=np.float64)
    positives, negatives = (np.frombuffer(raw, dtype=np.int64) for raw in (raw_positives, raw_negatives))
    middles, rng = (edges[:-1] + edges[1:]) / 2, np.random.default_rng(SEED)
    is_isotonic = _is_better(middles, positives, negatives, rng)
    shares = _fitted(middles, positives, negatives) if is_isotonic else middles
    drawn = rng.binomial(positives + negatives, shares, (DRAWS, len(shares)))
    draws = np.stack([_fitted(middles, row, positives + negatives - row) for row in drawn])
    return Calibration(edges, shares, draws, is_isotonic, int((positives + negatives).sum()))


def _fitted(middles: Floats, positives: Counts, negatives: Counts) -> Floats:
    """Return the isotonic share of positives at each middle; between bins that hold events, on the line."""
    counts = positives + negatives
    filled = counts > 0
    values = isotonic(positives[filled] / counts[filled], counts[filled].astype(np.float64))
    return np.interp(middles, middles[filled], values)


def _is_better(middles: Floats, positives: Counts, negatives: Counts, rng: np.random.Generator) -> bool:
    """Say whether the map errs less than the scores on the outcomes that it was not made from."""
    found = area_of(positives.astype(np.float64), negatives.astype(np.float64))
    if found is None or found.value > PERFECT:
        return False
    before = after = 0.0
    for tested in zip(_drawn(positives, rng), _drawn(negatives, rng), strict=True):
        mapped = _fitted(middles, positives - tested[0], negatives - tested[1])
        before += _error(middles, *tested)
        after += _error(mapped, *tested)
    return after < before


def _drawn(counts: Counts, rng: np.random.Generator) -> Counts:
    size = max(round(TESTED * int(counts.sum())), 1)
    drawn: Counts = rng.multivariate_hypergeometric(counts, size, size=SPLITS, method="marginals")
    return drawn


def _error(shares: Floats, positives: Counts, negatives: Counts) -> float:
    """Return the calibration error in parts that hold equally many events."""
    counts = positives + negatives
    part = ((np.cumsum(counts) - counts / 2) * PARTS / counts.sum()).astype(np.int64).clip(0, PARTS - 1)
    return float(np.abs(np.bincount(part, weights=counts * shares - positives)).sum() / counts.sum())


def _pooled(first: tuple[float, float, int], second: tuple[float, float, int]) -> tuple[float, float, int]:
    weight = first[1] + second[1]
    return (first[0] * first[1] + second[0] * second[1]) / weight, weight, first[2] + second[2]
