"""What is wrong with a feature's values, whether or not they moved: missing, of the wrong type, out of range. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

import numpy as np

from webapp.catalog.binning import ABOVE, BELOW, INFINITE, TYPE_ERROR, Kind
from webapp.metrics.feature_drift import nothing_counted
from webapp.telemetry.aggregate import FeatureHistogram
from webapp.telemetry.queries import Bucket

FEWEST = 20  # predictions without a value, from where a feature has stopped arriving


@dataclass(frozen=True, slots=True)
class Moments:
    """The smallest, largest and mean of a number's finite values."""

    low: float
    high: float
    mean: float


@dataclass(frozen=True, slots=True)
class FeatureQuality:
    """What was counted of one feature, beside what the baseline had. Shares are of all predictions of the window."""

    name: str
    kind: Kind
    is_learning: bool  # no baseline has it yet
    total: int
    missing: int
    type_errors: int
    infinite: int
    below: int
    above: int
    unseen: int  # values of a category that the baseline never had
    filled_bins: int
    baseline_bins: int
    moments: Moments | None
    baseline_moments: Moments | None
    baseline_missing_share: float | None
    is_constant: bool

    @property
    def values(self) -> int:
        return self.total - self.missing - self.type_errors

    @property
    def missing_share(self) -> float | None:
        return self.missing / self.total if self.total else None

    @property
    def has_no_values(self) -> bool:
        return self.total > 0 and self.values == 0

    @property
    def faults(self) -> int:
        """Return how many values are of no use or were never seen before."""
        return self.type_errors + self.infinite + self.below + self.above + self.unseen


@dataclass(frozen=True, slots=True)
class Renaming:
    """A feature that stopped arriving when another one appeared."""

    former: str
    new: str
    at: datetime | None  # the step in which both happened; None: before the window


def quality(
    current: Mapping[str, FeatureHistogram], baseline: Mapping[str, FeatureHistogram]
) -> dict[str, FeatureQuality]:
    """Return each feature of the window or of the baseline, by name."""
    everything = {name: nothing_counted(histogram) for name, histogram in baseline.items()} | dict(current)
    return {name: _quality(histogram, baseline.get(name)) for name, histogram in everything.items()}


def renamed(buckets: Sequence[Bucket], found: Mapping[str, FeatureQuality]) -> list[Renaming]:
    """Return features that have no values from some step on, with one that nobody knew which appeared in that step."""
    begun = {each.name: _first_step(buckets, each.name) for each in found.values() if each.is_learning and each.values}
    renamings: list[Renaming] = []
    for name in sorted(found) if begun else ():
        stopped = None if found[name].is_learning else _stopped_step(buckets, name)
        if stopped is None:
            continue
        candidates = [
            new for new, step in begun.items() if step is not None and abs(step - stopped) <= (1 if stopped else 0)
        ]
        if candidates:
            new = max(sorted(candidates), key=lambda each: _likeness(name, each))
            appeared = begun.pop(new) or 0
            renamings.append(Renaming(name, new, buckets[appeared].at if stopped else None))
    return renamings


def _quality(current: FeatureHistogram, baseline: FeatureHistogram | None) -> FeatureQuality:
    counts, bins = current.counts, current.bins
    is_number, is_learning = bins.kind is Kind.NUMERIC, bins.is_learning
    known = baseline if baseline is not None and not baseline.bins.is_learning else None
    return FeatureQuality(
        name=bins.name,
        kind=bins.kind,
        is_learning=is_learning,
        total=current.total,
        missing=current.missing,
        type_errors=int(counts[TYPE_ERROR]),
        infinite=int(counts[INFINITE]),
        below=int(counts[BELOW]) if is_number else 0,
        above=int(counts[ABOVE]) if is_number and not is_learning else 0,
        unseen=int(counts[ABOVE]) if not is_number and not is_learning else 0,
        filled_bins=int(np.count_nonzero(current.bin_counts)),
        baseline_bins=0 if known is None else int(np.count_nonzero(known.bin_counts)),
        moments=_moments(current),
        baseline_moments=None if known is None else _moments(known),
        baseline_missing_share=known.missing / known.total if known is not None and known.total else None,
        is_constant=_is_constant(current),
    )


def _moments(histogram: FeatureHistogram) -> Moments | None:
    size, low, high, total, _ = (float(figure) for figure in histogram.moments)
    return Moments(low, high, total / size) if size > 0 else None


def _is_constant(histogram: FeatureHistogram) -> bool:
    """Say whether there was one value and no other; missing ones aside."""
    if histogram.bins.kind is Kind.NUMERIC:
        size, low, high, *_ = histogram.moments
        return bool(size > 1 and low == high and histogram.counts[INFINITE] == 0)
    unseen, filled = histogram.counts[ABOVE], np.flatnonzero(histogram.bin_counts)
    return bool(len(filled) == 1 and unseen == 0 and histogram.bin_counts[filled[0]] > 1)


def _first_step(buckets: Sequence[Bucket], name: str) -> int | None:
    """Return the step in which the feature first had a value."""
    places = (place for place, bucket in enumerate(buckets) if _values(bucket, name))
    return next(places, None)


def _stopped_step(buckets: Sequence[Bucket], name: str) -> int | None:
    """Return the step from which on there is no value, though there are predictions; None where there are values."""
    last = next((place for place in reversed(range(len(buckets))) if _values(buckets[place], name)), -1)
    after = sum(_total(bucket, name) for bucket in buckets[last + 1 :])
    first = next((place for place in range(last + 1, len(buckets)) if _total(buckets[place], name)), None)
    return first if after >= FEWEST else None


def _values(bucket: Bucket, name: str) -> int:
    histogram = bucket.aggregate.features.get(name)
    return 0 if histogram is None else histogram.total - histogram.missing - int(histogram.counts[TYPE_ERROR])


def _total(bucket: Bucket, name: str) -> int:
    histogram = bucket.aggregate.features.get(name)
    return 0 if histogram is None else histogram.total


def _likeness(first: str, second: str) -> float:
    return SequenceMatcher(None, first.lower(), second.lower()).ratio()
