"""How far the answers of a multiclass model have moved: the shares of its predicted classes. Pure."""

import numpy as np
from numpy.typing import NDArray

from webapp.core.formatting import points
from webapp.drift import noise
from webapp.drift.method import Histograms, Method
from webapp.drift.registry import METHODS
from webapp.metrics.feature_drift import MINIMUM, NO_BASELINE
from webapp.metrics.metric import Value, undefined
from webapp.telemetry.aggregate import Aggregate, ClassCounts
from webapp.telemetry.reference import Baseline


def class_drift(aggregate: Aggregate, baseline: Baseline | None, method: Method) -> Value:
    """Return how far the shares of the predicted classes are from the baseline's; 0 where chance alone explains it."""
    current, before = aggregate.classes, None if baseline is None else baseline.aggregate.classes
    size = 0 if current is None else int(current.predicted.sum())
    if before is None or before.predicted.sum() == 0:
        return undefined(NO_BASELINE, sample_count=size)
    if current is None or size < MINIMUM:
        return undefined(f"too few predictions ({size:,} of at least {MINIMUM})", sample_count=size)
    histograms = compared_classes(before, current)
    chosen = METHODS["total_variation"] if method.needs_order else method
    distance, floor = float(chosen.measure(histograms)), noise.floor(chosen, histograms)
    if distance <= floor:
        return Value(0.0, sample_count=size, note=f"{distance:.3f} is within what chance alone gives ({floor:.3f})")
    return Value(distance, sample_count=size, note=_moved_most(before, current))


def compared_classes(baseline: ClassCounts, current: ClassCounts) -> Histograms:
    """Return how often each class was predicted, before and now, in one order; a class may be new on either side."""
    names = class_names(baseline, current)
    return Histograms(_counts(baseline, names), _counts(current, names))


def class_names(baseline: ClassCounts, current: ClassCounts) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*baseline.names, *current.names]))


def _counts(classes: ClassCounts, names: tuple[str, ...]) -> NDArray[np.float64]:
    found = dict(zip(classes.names, classes.predicted.tolist(), strict=True))
    return np.array([found.get(name, 0) for name in names], dtype=np.float64)


def _moved_most(baseline: ClassCounts, current: ClassCounts) -> str:
    names = class_names(baseline, current)
    first, second = compared_classes(baseline, current).shares
    change = second - first
    place = int(np.argmax(np.abs(change)))
    return f"{names[place]} {points(float(change[place]))}"
