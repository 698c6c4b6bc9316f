"""How far each feature has moved from the baseline, and what that says about the model. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from webapp.catalog import targets
from webapp.catalog.binning import ABOVE, BELOW, INFINITE, TYPE_ERROR, Kind
from webapp.catalog.models import Model
from webapp.drift import noise, significance
from webapp.drift.method import Histograms, Method
from webapp.drift.registry import METHODS
from webapp.metrics.comparison import compared, compared_scores, compared_with_each
from webapp.metrics.metric import Value, undefined
from webapp.telemetry.aggregate import Aggregate, FeatureHistogram, no_moments
from webapp.telemetry.reference import Baseline

MINIMUM = 100
NO_BASELINE = "no baseline yet"
BY_CHANCE = "no feature has moved further than chance alone moves it"


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNDEFINED = "undefined"


@dataclass(frozen=True, slots=True)
class FeatureDrift:
    """One feature against the baseline. Below its noise floor a score is what chance alone gives.

    The q-value is the p-value's after looking at all features: the share of false ones if this one is called.
    """

    name: str
    kind: str
    score: Value
    noise_floor: float | None
    psi: float | None
    level: Level
    missing_share: float | None
    baseline_missing_share: float | None
    out_of_range_share: float | None
    new_categories: tuple[str, ...]
    type_errors: int
    count: int
    p_value: float | None = None
    q_value: float | None = None
    importance: float | None = None  # as it was given for the model
    weight: float = 1.0  # what its score counts in the model's: its importance against the largest

    @property
    def is_clear(self) -> bool:
        """Say whether the feature moved further than chance explains."""
        return self.score.value is not None and self.noise_floor is not None and self.score.value > self.noise_floor


@dataclass(frozen=True, slots=True)
class Lines:
    warning: float
    critical: float


def lines(model: Model, method: Method) -> Lines:
    """Return the model's own lines; the method's where the model has none of its own and another method is the rule."""
    target = model.targets.get("drift_score", targets.DEFAULTS["drift_score"])
    if method.name == model.drift_method and (
        method.name == "jensen_shannon" or target != targets.DEFAULTS["drift_score"]
    ):
        return Lines(target.warning, target.critical)
    return Lines(method.warning, method.critical)


def drifts(
    features: Mapping[str, FeatureHistogram],
    baseline: Baseline | None,
    method: Method,
    limits: Lines,
    *,
    importances: Mapping[str, float] | None = None,
) -> list[FeatureDrift]:
    """Return each feature against the baseline, what weighs most first, the undefined ones last, then by name.

    A feature is called drifted if it is above its line and above its floor, and still surprising (q < 0.05) after
    looking at as many features as there are.
    """
    known = {} if baseline is None else baseline.aggregate.features
    everything = {name: nothing_counted(histogram) for name, histogram in known.items()} | dict(features)
    found = [_drift(histogram, known.get(name), method, limits) for name, histogram in everything.items()]
    weighed = _weighed(_corrected(found), importances or {})
    return sorted(weighed, key=lambda drift: (-_weighted(drift), drift.name))


def course(windows: Sequence[FeatureHistogram], baseline: FeatureHistogram | None, method: Method) -> list[Value]:
    """Return one feature's score in each of the windows, measured together: a year of days costs one measurement."""
    known = None if baseline is None else Size.of(baseline)
    sizes = [Size.of(window) for window in windows]
    reasons = [_reason(window, size, baseline, known) for window, size in zip(windows, sizes, strict=True)]
    comparable = [window for window, reason in zip(windows, reasons, strict=True) if reason is None]
    distances = iter(_distances(comparable, baseline, method)) if baseline is not None and comparable else iter(())
    return [
        Value(next(distances), size.values) if reason is None else undefined(reason, sample_count=size.values)
        for size, reason in zip(sizes, reasons, strict=True)
    ]


def _distances(windows: Sequence[FeatureHistogram], baseline: FeatureHistogram, method: Method) -> list[float]:
    chosen = _suited(method, baseline)
    measured: list[float] = chosen.measure(compared_with_each(baseline, windows, fine=chosen.needs_order)).tolist()
    return measured


def model_score(found: Sequence[FeatureDrift]) -> Value:
    """Return the highest score among the features that moved further than chance; its note names the feature.

    Where importances are given a score counts as much as its feature does against the most important one.
    """
    defined = [drift for drift in found if drift.score.value is not None]
    if not defined:
        return undefined(_why_none(found), sample_count=max((drift.count for drift in found), default=0))
    worst = max((drift for drift in defined if drift.is_clear), key=_weighted, default=None)
    if worst is None:
        return Value(0.0, sample_count=max(drift.score.sample_count for drift in defined), note=BY_CHANCE)
    return replace(worst.score, value=_weighted(worst), note=worst.name)


def drifted_share(found: Sequence[FeatureDrift]) -> Value:
    """Return the share of the features that stand over their warning line."""
    defined = [drift for drift in found if drift.score.value is not None]
    if not defined:
        return undefined(_why_none(found))
    over = [drift.name for drift in defined if drift.level in {Level.WARNING, Level.CRITICAL}]
    size = max(drift.score.sample_count for drift in defined)
    return Value(len(over) / len(defined), sample_count=size, note=", ".join(over[:5]) or None)


def prediction_drift(aggregate: Aggregate, baseline: Baseline | None, method: Method) -> Value:
    """Return how far the scores have moved; 0 where chance alone explains it."""
    scores = aggregate.scores
    size = 0 if scores is None else int(scores.everything.sum())
    if baseline is None or baseline.aggregate.scores is None or baseline.aggregate.scores.everything.sum() == 0:
        return undefined(NO_BASELINE, sample_count=size)
    if scores is None or size < MINIMUM:
        return undefined(_too_few(size), sample_count=size)
    histograms = compared_scores(baseline.aggregate.scores, scores, fine=method.needs_order)
    distance, floor = float(method.measure(histograms)), noise.floor(method, histograms)
    if distance <= floor:
        return Value(0.0, sample_count=size, note=f"{distance:.3f} is within what chance alone gives ({floor:.3f})")
    return Value(distance, sample_count=size)


def nothing_counted(like: FeatureHistogram) -> FeatureHistogram:
    """Return a histogram in the same bins that nothing was counted in."""
    return FeatureHistogram(like.bins, np.zeros_like(like.counts), no_moments(1)[0])


def _drift(current: FeatureHistogram, baseline: FeatureHistogram | None, method: Method, limits: Lines) -> FeatureDrift:
    size = Size.of(current)
    reason = _reason(current, size, baseline, None if baseline is None else Size.of(baseline))
    if reason is not None or baseline is None:
        score = undefined(reason or NO_BASELINE, sample_count=size.values)
        return _described(current, baseline, score, None, None, Level.UNDEFINED, None)
    chosen = _suited(method, baseline)
    histograms = compared(baseline, current)
    measured = compared(baseline, current, fine=True) if chosen.needs_order else histograms
    distance, floor = float(chosen.measure(measured)), noise.floor(chosen, measured)
    level = _level(distance, floor, limits)
    # The chi-square test needs filled bins, so it is of the tenths also where the method measures finer ones.
    p_value = significance.p_value(chosen, measured if chosen.p_value is not None else histograms)
    return _described(current, baseline, Value(distance, size.values), floor, _psi(histograms), level, p_value)


def _corrected(found: Sequence[FeatureDrift]) -> list[FeatureDrift]:
    """Give each feature its q-value, and call none drifted that is no longer surprising among so many."""
    tested = [drift for drift in found if drift.p_value is not None]
    values = significance.q_values([drift.p_value for drift in tested if drift.p_value is not None])
    surprising = {drift.name: q for drift, q in zip(tested, values, strict=True)}
    return [_called(drift, surprising.get(drift.name)) for drift in found]


def _called(drift: FeatureDrift, q_value: float | None) -> FeatureDrift:
    if q_value is None:
        return drift
    is_chance = q_value >= significance.FALSE_SHARE
    return replace(drift, q_value=q_value, level=Level.OK if is_chance else drift.level)


def _weighed(found: Sequence[FeatureDrift], importances: Mapping[str, float]) -> list[FeatureDrift]:
    """Give each feature its weight; one whose importance nobody gave counts in full, so that nothing is hidden."""
    largest = max(importances.values(), default=0.0)
    if largest <= 0:
        return list(found)
    return [
        replace(drift, importance=importances[drift.name], weight=importances[drift.name] / largest)
        if drift.name in importances
        else drift
        for drift in found
    ]


def _weighted(drift: FeatureDrift) -> float:
    return -1.0 if drift.score.value is None else drift.score.value * drift.weight


def _suited(method: Method, feature: FeatureHistogram) -> Method:
    """Return the method, or one that needs no order where the feature's values have none."""
    return METHODS["total_variation"] if method.needs_order and feature.bins.kind is Kind.CATEGORY else method


def _described(
    current: FeatureHistogram,
    baseline: FeatureHistogram | None,
    score: Value,
    floor: float | None,
    psi: float | None,
    level: Level,
    p_value: float | None,
) -> FeatureDrift:
    counts, total = current.counts, current.total
    outside = int(counts[BELOW] + counts[ABOVE] + counts[INFINITE])
    return FeatureDrift(
        name=current.bins.name,
        kind=current.bins.kind,
        score=score,
        noise_floor=floor,
        psi=psi,
        level=level,
        missing_share=current.missing / total if total else None,
        baseline_missing_share=baseline.missing / baseline.total if baseline is not None and baseline.total else None,
        out_of_range_share=outside / total if total and not current.bins.is_learning else None,
        new_categories=(),
        type_errors=int(counts[TYPE_ERROR]),
        count=total,
        p_value=p_value,
    )


class Size(NamedTuple):
    """How often a feature was counted, and how often it had a value that could be read."""

    total: int
    values: int

    @classmethod
    def of(cls, histogram: FeatureHistogram) -> "Size":
        total = histogram.total
        return cls(total, total - histogram.missing - int(histogram.counts[TYPE_ERROR]))


def _reason(current: FeatureHistogram, size: Size, baseline: FeatureHistogram | None, known: Size | None) -> str | None:
    """Return why the feature cannot be compared, or None where it can."""
    if size.total == 0:
        return "no predictions in this window"
    if size.values == 0:
        return "no values"
    if baseline is None or known is None or baseline.bins != current.bins or current.bins.is_learning:
        return NO_BASELINE
    if known.values == 0:
        return "no values in the baseline"
    return _too_few(size.total) if size.total < MINIMUM else None


def _level(distance: float, floor: float, limits: Lines) -> Level:
    if distance <= floor or distance < limits.warning:
        return Level.OK
    return Level.CRITICAL if distance >= limits.critical else Level.WARNING


def _psi(histograms: Histograms) -> float:
    return float(METHODS["psi"].measure(histograms))


def _too_few(size: int) -> str:
    return f"too few predictions ({size:,} of at least {MINIMUM})"


def _why_none(found: Sequence[FeatureDrift]) -> str:
    """Return the reason that holds for every feature, or the first."""
    return next((drift.score.reason for drift in found if drift.score.reason), None) or "no features in this window"
