"""Answers counted by hand, for metrics of classes and of numbers that need no database."""

from dataclasses import replace

import numpy as np

from tests.unit.metrics.evidence import MARCH, MODEL
from webapp.catalog.models import Task
from webapp.metrics.evidence import Evidence
from webapp.telemetry.aggregate import (
    ERROR_BINS,
    ERROR_EDGES,
    ERROR_SIDE,
    RANK_BINS,
    RANK_EDGES,
    Aggregate,
    ClassCounts,
    ErrorCounts,
    Tally,
)

ROUTING = replace(MODEL, name="routing", title="Routing", task=Task.MULTICLASS)
DEMAND = replace(MODEL, name="demand", title="Demand", task=Task.REGRESSION)


def class_counts(actual, predicted, *, names, scores=None):
    """Count rows: places of the real and the predicted classes, and where there are some the scores of all classes."""
    size = len(names)
    actual, predicted = np.asarray(actual, dtype=int), np.asarray(predicted, dtype=int)
    confusion = np.bincount(actual * size + predicted, minlength=size * size).reshape(size, size)
    ranks = np.zeros((size, 2, RANK_BINS), dtype=np.int64)
    sums = (0.0, 0.0, 0.0)
    if scores is not None:
        slots = (np.searchsorted(RANK_EDGES, scores, side="right") - 1).clip(0, RANK_BINS - 1)
        for place in range(size):
            for other in (0, 1):
                chosen = slots[(actual != place) == bool(other), place]
                ranks[place, other] = np.bincount(chosen, minlength=RANK_BINS)
        own = scores[np.arange(len(actual)), actual]
        truth = np.eye(size)[actual]
        sums = (float(len(actual)), float(-np.log(own).sum()), float(((scores - truth) ** 2).sum()))
    return ClassCounts(tuple(names), np.bincount(predicted, minlength=size), confusion, ranks, *sums)


def error_counts(predicted, actual):
    predicted, actual = np.asarray(predicted, dtype=float), np.asarray(actual, dtype=float)
    error = predicted - actual
    side = np.searchsorted(ERROR_EDGES, np.abs(error), side="right").clip(0, ERROR_SIDE)
    slots = (ERROR_SIDE + np.sign(error) * side).astype(int)
    known = actual != 0
    return ErrorCounts(
        np.bincount(slots, minlength=ERROR_BINS),
        count=float(len(error)),
        total=error.sum(),
        absolute=np.abs(error).sum(),
        squares=(error**2).sum(),
        actual=actual.sum(),
        actual_squares=(actual**2).sum(),
        relative=np.abs(error[known] / actual[known]).sum(),
        relative_count=float(known.sum()),
        over=error.clip(0).sum(),
        under=(-error).clip(0).sum(),
    )


def of_classes(counts, *, predictions=None, **parts):
    right = int(np.trace(counts.confusion))
    tally = Tally(predictions=predictions or counts.known, known=counts.known, tp=right, fp=counts.known - right)
    return Evidence(ROUTING, MARCH, aggregate=Aggregate(tally=tally, classes=counts), **parts)


def of_errors(counts, *, predictions=None, **parts):
    known = round(counts.count)
    tally = Tally(predictions=predictions or known, known=known)
    return Evidence(DEMAND, MARCH, aggregate=Aggregate(tally=tally, errors=counts), **parts)
