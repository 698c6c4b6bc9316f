"""Where a model's numbers go wrong: its errors as a histogram, and too high or too low by what was predicted. Pure."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from webapp.metrics.evidence import Evidence
from webapp.telemetry.aggregate import ERROR_MIDDLES, ErrorCounts, ScoreHistogram

Counts = NDArray[np.int64]

PARTS = 41  # bars of the histogram: odd, so that one stands at 0
TAIL = 0.005  # of the errors on either side stand together in the outermost bars
GROUPS = 10
QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class ErrorBar:
    """How many errors lie in a stretch; the outermost bars hold everything beyond."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class ValueGroup:
    """How often predictions of about the same height were too high."""

    low: float
    high: float
    count: int
    over: int


@dataclass(frozen=True, slots=True)
class ErrorReport:
    predictions: int
    known: int
    bars: tuple[ErrorBar, ...]
    quantiles: tuple[tuple[float, float], ...]  # (share, error)
    over: float  # how much was predicted too much, in the model's unit
    under: float
    groups: tuple[ValueGroup, ...]


def error_report(evidence: Evidence) -> ErrorReport:
    errors, scores = evidence.aggregate.errors, evidence.aggregate.scores
    has_errors = errors is not None and errors.counts.sum() > 0
    return ErrorReport(
        predictions=evidence.aggregate.tally.predictions,
        known=0 if errors is None else round(errors.count),
        bars=error_bars(errors) if errors is not None and has_errors else (),
        quantiles=signed_quantiles(errors, QUANTILES) if errors is not None and has_errors else (),
        over=0.0 if errors is None else errors.over,
        under=0.0 if errors is None else errors.under,
        groups=() if scores is None else value_groups(scores),
    )


def signed_quantiles(errors: ErrorCounts, shares: tuple[float, ...]) -> tuple[tuple[float, float], ...]:
    """Return the error that each share of the errors is at most, too low ones being negative."""
    reached = np.cumsum(errors.counts)
    places = np.searchsorted(reached, np.maximum(np.ceil(np.array(shares) * reached[-1] - 1e-9), 1))
    return tuple(zip(shares, ERROR_MIDDLES[places].tolist(), strict=True))


def error_bars(errors: ErrorCounts) -> tuple[ErrorBar, ...]:
    """Return the errors in bars of equal width around 0, wide enough for all but the tails."""
    (_, low), (_, high) = signed_quantiles(errors, (TAIL, 1 - TAIL))
    reach = max(abs(low), abs(high)) or 1.0
    edges = np.linspace(-reach, reach, PARTS + 1)
    filled = np.flatnonzero(errors.counts)
    slots = (np.searchsorted(edges, ERROR_MIDDLES[filled], side="right") - 1).clip(0, PARTS - 1)
    counts = np.bincount(slots, weights=errors.counts[filled], minlength=PARTS)
    return tuple(
        ErrorBar(float(left), float(right), int(count))
        for (left, right), count in zip(pairwise(edges), counts, strict=True)
    )


def value_groups(scores: ScoreHistogram) -> tuple[ValueGroup, ...]:
    """Return groups of about as many known predictions each, the lowest predicted values first."""
    known = scores.positives + scores.negatives
    total = int(known.sum())
    if total == 0:
        return ()
    ends = np.searchsorted(np.cumsum(known), np.arange(1, GROUPS + 1) / GROUPS * total - 1e-9) + 1
    cuts = np.unique(np.concatenate([[int(np.flatnonzero(known)[0])], ends]))
    return tuple(
        ValueGroup(
            float(scores.edges[first]),
            float(scores.edges[last]),
            int(known[first:last].sum()),
            int(scores.positives[first:last].sum()),
        )
        for first, last in pairwise(cuts.tolist())
        if known[first:last].sum() > 0
    )
