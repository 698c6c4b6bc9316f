"""How well a model decides, at its threshold and at any other, from the counts of each score bin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

import numpy as np
from sqlalchemy.orm import Session

from webapp.catalog.models import Model, Task
from webapp.core.periods import Window
from webapp.metrics import curves, load
from webapp.metrics.curves import Sweep
from webapp.metrics.evidence import Evidence, MoneyPeriod
from webapp.metrics.metric import Value
from webapp.metrics.money import books
from webapp.metrics.registry import METRICS, for_task
from webapp.metrics.scope import segments_of, versions_of
from webapp.metrics.shares import coverage
from webapp.telemetry import queries
from webapp.telemetry.aggregate import ScoreHistogram, Tally

ESTIMATED = "estimated_"
CALIBRATION_PARTS = 10
SCORE_PARTS = 32
THRESHOLDS = 50
# What is looked at first of each kind of model; the others follow by name, estimates last.
FIRST: Mapping[Task, Sequence[str]] = {
    Task.BINARY: ("accuracy", "precision", "recall", "specificity", "f1", "roc_auc", "average_precision"),
    Task.MULTICLASS: ("accuracy", "macro_f1", "weighted_f1", "macro_precision", "macro_recall", "roc_auc_ovr"),
    Task.REGRESSION: ("mae", "rmse", "bias", "mape", "r2"),
}


@dataclass(frozen=True, slots=True)
class Confusion:
    tp: int
    fp: int
    fn: int
    tn: int


@dataclass(frozen=True, slots=True)
class RocPoint:
    fpr: float
    tpr: float
    threshold: float


@dataclass(frozen=True, slots=True)
class PrPoint:
    recall: float
    precision: float
    threshold: float


@dataclass(frozen=True, slots=True)
class GainPoint:
    """How many of the positives are among that share of the highest scores."""

    flagged: float
    found: float
    threshold: float


@dataclass(frozen=True, slots=True)
class CalibrationPoint:
    mean_score: float
    positive_share: float
    count: int


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """What another threshold would have given on the same predictions."""

    threshold: float
    precision: float | None
    recall: float | None
    net_benefit: float | None


@dataclass(frozen=True, slots=True)
class ScoreBin:
    low: float
    high: float
    count: int
    positives: int
    negatives: int


@dataclass(frozen=True, slots=True)
class Performance:
    threshold: float
    confusion: Confusion
    predictions: int
    known: int
    coverage: float | None
    accuracy: Value
    precision: Value
    recall: Value
    auc: Value
    auc_bound: float | None
    roc: tuple[RocPoint, ...]
    precision_recall: tuple[PrPoint, ...]
    calibration: tuple[CalibrationPoint, ...]
    thresholds: tuple[ThresholdRow, ...]
    scores: tuple[ScoreBin, ...]
    gain: tuple[GainPoint, ...] = ()


def performance(
    session: Session,
    model: Model,
    window: Window,
    *,
    now: datetime,
    threshold: float | None = None,
    version: str | None = None,
    segment: str | None = None,
) -> Performance:
    """Return how well the model decided in the window.

    Without a threshold: as it really decided. With one: as it would have decided at the nearest edge of the bins.
    """
    needs = load.Needs.of([METRICS["roc_auc"], METRICS["roi"]])
    found = load.evidence(session, [model], needs, window, now=now, version=version, segment=segment)
    return performance_of(found[model.id], threshold=threshold)


def performance_of(evidence: Evidence, *, threshold: float | None = None) -> Performance:
    """Return the performance that the evidence shows. Pure."""
    scores = evidence.aggregate.scores
    sweep = None if scores is None else curves.sweep(scores)
    used = evidence.model.threshold
    if threshold is not None and scores is not None and sweep is not None:
        place = curves.nearest_edge(scores, threshold)
        used = float(scores.edges[place])
        evidence = at_threshold(evidence, sweep, place)
    tally = evidence.aggregate.tally
    area = None if scores is None else curves.area(scores)
    return Performance(
        threshold=used,
        confusion=confusion_of(tally),
        predictions=tally.predictions,
        known=tally.known,
        coverage=coverage(evidence),
        accuracy=METRICS["accuracy"].compute(evidence),
        precision=METRICS["precision"].compute(evidence),
        recall=METRICS["recall"].compute(evidence),
        auc=METRICS["roc_auc"].compute(evidence),
        auc_bound=None if area is None else area.bound,
        roc=() if sweep is None or area is None else _roc(sweep),
        precision_recall=() if sweep is None else _precision_recall(sweep),
        gain=() if sweep is None else _gain(sweep),
        calibration=() if scores is None else _calibration(scores),
        thresholds=() if scores is None or sweep is None else _thresholds(evidence, scores, sweep, used),
        scores=() if scores is None else _scores(scores),
    )


def performance_metrics(task: Task) -> Sequence[str]:
    """Return the metrics of right and wrong that apply to the task, the usual ones first, estimates last."""
    first = FIRST[task]
    others = [name for name, metric in for_task(task).items() if metric.group == "performance" and name not in first]
    return [*first, *sorted(others, key=lambda name: (name.startswith(ESTIMATED), METRICS[name].label))]


def best_threshold(found: Performance) -> ThresholdRow | None:
    """Return the threshold of those tried that would have brought most; None where money is not known."""
    known = [row for row in found.thresholds if row.net_benefit is not None]
    return max(known, key=lambda row: row.net_benefit or 0.0, default=None)


def confusion_by_version(
    session: Session, model: Model, window: Window, *, now: datetime, segment: str | None = None
) -> Mapping[str, Confusion]:
    """Return the confusion of each version with known outcomes in the window, the one with most of them first."""
    names = versions_of(session, [model])[model.id]
    number = segments_of(session, [model], segment=segment).get(model.id, 0)
    groups, chosen = {each: [each] for each in names}, dict.fromkeys(names, number)
    totals = queries.totals(session, groups, load.elapsed(window, now), now=now, segments=chosen)
    tallies = {each: total.tally for each, total in totals.items() if total.tally.known}
    ordered = sorted(tallies, key=lambda each: tallies[each].known, reverse=True)
    return {names[each]: confusion_of(tallies[each]) for each in ordered}


def confusion_of(tally: Tally) -> Confusion:
    return Confusion(tally.tp, tally.fp, tally.fn, tally.tn)


def at_threshold(evidence: Evidence, sweep: Sweep, place: int) -> Evidence:
    """Return the evidence as if the model had decided at the edge; money is valued by the last parameters in force."""
    tally = replace(evidence.aggregate.tally, **_cells(sweep, place))
    periods = evidence.money[-1:]
    return replace(
        evidence,
        aggregate=replace(evidence.aggregate, tally=tally),
        money=tuple(MoneyPeriod(period.business, evidence.window, tally) for period in periods),
    )


def _cells(sweep: Sweep, place: int) -> dict[str, int]:
    return {name: int(getattr(sweep, name)[place]) for name in ("tp", "fp", "fn", "tn")}


def _roc(sweep: Sweep) -> tuple[RocPoint, ...]:
    """Return the curve from (0, 0) to (1, 1), points that repeat left out."""
    points = [
        RocPoint(float(fp / sweep.fp[0]), float(tp / sweep.tp[0]), float(threshold))
        for fp, tp, threshold in zip(sweep.fp[::-1], sweep.tp[::-1], sweep.thresholds[::-1], strict=True)
    ]
    return tuple(
        point
        for place, point in enumerate(points)
        if place == 0 or (point.fpr, point.tpr) != (points[place - 1].fpr, points[place - 1].tpr)
    )


def _precision_recall(sweep: Sweep) -> tuple[PrPoint, ...]:
    if sweep.tp[0] <= 0:
        return ()
    points: list[PrPoint] = []
    for tp, fp, threshold in zip(sweep.tp[::-1], sweep.fp[::-1], sweep.thresholds[::-1], strict=True):
        if tp + fp > 0:
            point = PrPoint(float(tp / sweep.tp[0]), float(tp / (tp + fp)), float(threshold))
            if not points or (point.recall, point.precision) != (points[-1].recall, points[-1].precision):
                points.append(point)
    return tuple(points)


def _gain(sweep: Sweep) -> tuple[GainPoint, ...]:
    """Return the curve from nobody flagged to everybody, points that repeat left out."""
    positives, total = int(sweep.tp[0]), int(sweep.tp[0] + sweep.fp[0])
    if positives <= 0:
        return ()
    points: dict[tuple[float, float], float] = {}
    for tp, fp, threshold in zip(sweep.tp[::-1], sweep.fp[::-1], sweep.thresholds[::-1], strict=True):
        points.setdefault((float((tp + fp) / total), float(tp / positives)), float(threshold))
    return tuple(GainPoint(flagged, found, threshold) for (flagged, found), threshold in points.items())


def _calibration(scores: ScoreHistogram) -> tuple[CalibrationPoint, ...]:
    """Return the share of positives among scores of about the same height; a bin's scores stand at its middle."""
    known = scores.positives + scores.negatives
    middles = (scores.edges[:-1] + scores.edges[1:]) / 2
    cuts = curves.bounds_near(scores.edges, CALIBRATION_PARTS)[:-1]
    counts = np.add.reduceat(known, cuts)
    sums = np.add.reduceat(known * middles, cuts)
    positives = np.add.reduceat(scores.positives, cuts)
    return tuple(
        CalibrationPoint(float(total / count), float(positive / count), int(count))
        for count, total, positive in zip(counts, sums, positives, strict=True)
        if count > 0
    )


def _thresholds(evidence: Evidence, scores: ScoreHistogram, sweep: Sweep, chosen: float) -> tuple[ThresholdRow, ...]:
    """Return what other thresholds would have given, among them the model's own and the chosen one."""
    named = {curves.nearest_edge(scores, each) for each in (evidence.model.threshold, chosen)}
    places = sorted({*curves.bounds_near(scores.edges, THRESHOLDS)[1:-1].tolist(), *named})
    return tuple(_threshold(evidence, sweep, place) for place in places)


def _threshold(evidence: Evidence, sweep: Sweep, place: int) -> ThresholdRow:
    cells = Tally(**_cells(sweep, place))
    changed = at_threshold(evidence, sweep, place)
    has_money = bool(changed.money) and cells.tp + cells.fp + cells.fn + cells.tn > 0
    return ThresholdRow(
        threshold=float(sweep.thresholds[place]),
        precision=_ratio(cells.tp, cells.tp + cells.fp),
        recall=_ratio(cells.tp, cells.tp + cells.fn),
        net_benefit=books(changed).net_benefit if has_money else None,
    )


def _scores(scores: ScoreHistogram) -> tuple[ScoreBin, ...]:
    bounds = curves.bounds_near(scores.edges, SCORE_PARTS)
    counts = np.add.reduceat(scores.counts, bounds[:-1], axis=1)
    return tuple(
        ScoreBin(float(scores.edges[low]), float(scores.edges[high]), *(int(count) for count in counts[:, place]))
        for place, (low, high) in enumerate(pairwise(bounds))
    )


def _ratio(part: int, total: int) -> float | None:
    return part / total if total > 0 else None
