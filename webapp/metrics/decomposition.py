"""Where a change came from: the change of a ratio of sums splits exactly, by parts that weigh more or that changed.

Each part's contribution is what its weight moved, times how far it is from the whole (mix), and what it changed, times
what it weighs (rate); they add up to the whole change (E. M. Kitagawa, 1955; A. S. Blinder and R. Oaxaca, 1973). Both
windows say by their weights how far a part is from the whole, so that one hardly there before counts as one that came.
Pure.
"""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from webapp.metrics import calibration
from webapp.telemetry.aggregate import Aggregate, ClassCounts, ErrorCounts, ScoreHistogram, Tally


@dataclass(frozen=True, slots=True)
class Terms:
    """The sum above the line and the one below it."""

    top: float = 0.0
    bottom: float = 0.0

    def __add__(self, other: "Terms") -> "Terms":
        return Terms(self.top + other.top, self.bottom + other.bottom)

    def __sub__(self, other: "Terms") -> "Terms":
        return Terms(self.top - other.top, self.bottom - other.bottom)

    @property
    def ratio(self) -> float | None:
        return self.top / self.bottom if self.bottom > 0 else None


@dataclass(frozen=True, slots=True)
class Effect:
    """What one part contributed to the change, in the metric's unit, and how much of the whole it was (0 to 1)."""

    mix: float
    rate: float
    weight_before: float
    weight: float

    @property
    def total(self) -> float:
        return self.mix + self.rate

    @property
    def mean_weight(self) -> float:
        return (self.weight + self.weight_before) / 2

    @property
    def common_weight(self) -> float:
        """Return what it weighed in both windows: what its own change counts by."""
        both = self.weight + self.weight_before
        return 2 * self.weight * self.weight_before / both if both > 0 else 0.0


Reading = Callable[[Aggregate], Terms]
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Splitting:
    """How a metric is a ratio of sums: one, or the mean of several; of a root, it is the square that splits."""

    readings: Sequence[Reading]
    is_root: bool = False


def effects(
    name: str, before: Mapping[Key, Aggregate], now: Mapping[Key, Aggregate], whole: tuple[Aggregate, Aggregate]
) -> Mapping[Key | None, Effect]:
    """Return what each part contributed to the metric's change; nothing where it does not split.

    `whole` is everything before and now. What is in none of the parts is under None, so that all add up to the change.
    """
    splitting = SPLITTINGS.get(name)
    if splitting is None:
        return {}
    found = [_effects(reading, before, now, whole, is_root=splitting.is_root) for reading in splitting.readings]
    if not all(found):
        return {}
    keys = dict.fromkeys(key for each in found for key in each)
    return {key: _mean([each.get(key, _NOTHING) for each in found]) for key in keys}


def _effects(
    reading: Reading,
    before: Mapping[Key, Aggregate],
    now: Mapping[Key, Aggregate],
    whole: tuple[Aggregate, Aggregate],
    *,
    is_root: bool,
) -> Mapping[Key | None, Effect]:
    total_before, total_now = reading(whole[0]), reading(whole[1])
    first, second = total_before.ratio, total_now.ratio
    if first is None or second is None:
        return {}
    parts_before, parts_now = _parts(reading, before, total_before), _parts(reading, now, total_now)
    scale = _scale(first, second) if is_root else 1.0
    middle, found = (first + second) / 2, {}
    for key in dict.fromkeys([*parts_before, *parts_now]):
        old, new = parts_before.get(key, Terms()), parts_now.get(key, Terms())
        if old.bottom > 0 or new.bottom > 0:
            weights = old.bottom / total_before.bottom, new.bottom / total_now.bottom
            found[key] = _effect(old.ratio, new.ratio, weights, middle, scale)
    return found


def _parts(reading: Reading, parts: Mapping[Key, Aggregate], total: Terms) -> dict[Key | None, Terms]:
    """Return the terms of each part, and of what is left of the whole."""
    found: dict[Key | None, Terms] = {key: reading(aggregate) for key, aggregate in parts.items()}
    rest = total - sum(found.values(), Terms())
    if rest.bottom > _ROUNDING * total.bottom:
        found[None] = rest
    return found


def _effect(old: float | None, new: float | None, weights: tuple[float, float], middle: float, scale: float) -> Effect:
    """Return what a part contributed; one that was not there before, or is gone, did not change: it weighs."""
    first, second = weights
    before, now = old or 0.0, new or 0.0
    level = (first * before + second * now) / (first + second)
    # The rest of second·(now − middle) − first·(before − middle): the harmonic mean of the weights, times the change.
    changed = 2 * first * second / (first + second) * (now - before)
    return Effect(scale * (second - first) * (level - middle), scale * changed, first, second)


def _scale(first: float, second: float) -> float:
    """Return what turns a change of squares into one of their roots: a² − b² = (a − b)·(a + b)."""
    roots = math.sqrt(max(first, 0.0)) + math.sqrt(max(second, 0.0))
    return 1 / roots if roots > 0 else 0.0


def _mean(found: Sequence[Effect]) -> Effect:
    size = len(found)
    return Effect(
        sum(each.mix for each in found) / size,
        sum(each.rate for each in found) / size,
        sum(each.weight_before for each in found) / size,
        sum(each.weight for each in found) / size,
    )


_NOTHING = Effect(0.0, 0.0, 0.0, 0.0)
_ROUNDING = 1e-9


def _f_beta(beta: float) -> Splitting:
    weight = beta**2
    return _of_tally(lambda at: ((1 + weight) * at.tp, (1 + weight) * at.tp + weight * at.fn + at.fp))


def _of_tally(*sums: Callable[[Tally], tuple[float, float]]) -> Splitting:
    def reading(terms: Callable[[Tally], tuple[float, float]]) -> Reading:
        return lambda aggregate: Terms(*terms(aggregate.tally))

    return Splitting([reading(terms) for terms in sums])


def _of_scores(figure: Callable[[ScoreHistogram], calibration.Mean]) -> Splitting:
    def reading(aggregate: Aggregate) -> Terms:
        scores = aggregate.scores
        size = 0 if scores is None else calibration.known(scores)
        return Terms() if scores is None or size == 0 else Terms(figure(scores).value * size, size)

    return Splitting([reading])


def _of_classes(terms: Callable[[ClassCounts], tuple[float, float]]) -> Splitting:
    return Splitting([lambda found: Terms() if found.classes is None else Terms(*terms(found.classes))])


def _of_errors(terms: Callable[[ErrorCounts], tuple[float, float]], *, is_root: bool = False) -> Splitting:
    return Splitting([lambda found: Terms() if found.errors is None else Terms(*terms(found.errors))], is_root)


def _right(tally: Tally) -> tuple[float, float]:
    return tally.tp + tally.tn, tally.tp + tally.fp + tally.fn + tally.tn


def _recall(tally: Tally) -> tuple[float, float]:
    return tally.tp, tally.tp + tally.fn


def _specificity(tally: Tally) -> tuple[float, float]:
    return tally.tn, tally.tn + tally.fp


SPLITTINGS: Mapping[str, Splitting] = {
    "accuracy": _of_tally(_right),
    "micro_f1": _of_tally(_right),
    "precision": _of_tally(lambda at: (at.tp, at.tp + at.fp)),
    "recall": _of_tally(_recall),
    "specificity": _of_tally(_specificity),
    "balanced_accuracy": _of_tally(_recall, _specificity),
    "f1": _f_beta(1),
    "f2": _f_beta(2),
    "f_half": _f_beta(0.5),
    "brier": _of_scores(calibration.brier),
    "log_loss": _of_scores(calibration.log_loss),
    "calibration_bias": _of_scores(calibration.bias),
    "brier_multiclass": _of_classes(lambda counts: (counts.brier_sum, counts.scored)),
    "log_loss_multiclass": _of_classes(lambda counts: (counts.log_loss_sum, counts.scored)),
    "mae": _of_errors(lambda counts: (counts.absolute, counts.count)),
    "bias": _of_errors(lambda counts: (counts.total, counts.count)),
    "mape": _of_errors(lambda counts: (counts.relative, counts.relative_count)),
    "rmse": _of_errors(lambda counts: (counts.squares, counts.count), is_root=True),
}
