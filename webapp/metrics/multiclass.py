"""How well a model tells several classes apart, from the counts of real against predicted classes. Pure.

Deviations are by the delta method for multinomial counts, with a little of every confusion added to them first, so that
an interval keeps a width where no mistake was seen yet (A. Agresti, B. Coull, 1998, for shares). A class that neither
happened nor was predicted is left out, as scikit-learn does; so is one without a precision or recall of its own.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from webapp.metrics.curves import Area, area
from webapp.metrics.estimate import Estimate
from webapp.telemetry.aggregate import RANK_EDGES, ClassCounts, ScoreHistogram

Floats = NDArray[np.float64]
WeightsOf = Callable[[Floats], Floats]

ADDED = 4.0  # observations, spread over all cells
_NO_SUMS = np.zeros(10)


def macro_f1(classes: ClassCounts) -> Estimate | None:
    """Return the plain mean of the F1 of each class."""
    cells, _ = _present(classes)
    return _mean_f1(cells, lambda table: np.full(len(table), 1 / len(table)), weighted=False)


def weighted_f1(classes: ClassCounts) -> Estimate | None:
    """Return the mean of the F1 of each class, weighted by how often the class happened."""
    cells, _ = _present(classes)
    return _mean_f1(cells, lambda table: table.sum(axis=1) / table.sum(), weighted=True)


def macro_recall(classes: ClassCounts) -> Estimate | None:
    """Return the mean over the classes that happened of how many of each were found: the balanced accuracy."""
    return _mean_share(classes, axis=1, without="never happened")


def macro_precision(classes: ClassCounts) -> Estimate | None:
    """Return the mean over the predicted classes of how often each was right."""
    return _mean_share(classes, axis=0, without="never predicted")


def correlation(classes: ClassCounts) -> Estimate | None:
    """Return Matthews' correlation for any number of classes (J. Gorodkin, 2004); None with one class on a side."""
    cells, _ = _present(classes)
    value = _correlation(_shares(cells)) if len(cells) else None
    if value is None:
        return None
    table = _smoothed(cells)
    actual, predicted = table.sum(axis=1), table.sum(axis=0)
    over_predicted, over_actual = 1 - (predicted**2).sum(), 1 - (actual**2).sum()
    scale = math.sqrt(over_predicted * over_actual)
    above = np.trace(table) - actual @ predicted
    slope = (np.eye(len(table)) - predicted[:, None] - actual[None, :]) / scale
    slope += above / scale * (predicted[None, :] / over_predicted + actual[:, None] / over_actual)
    return Estimate(value, _deviation(table, slope, cells.sum()), int(cells.sum()))


def areas(classes: ClassCounts) -> dict[str, Area]:
    """Return the area under the ROC curve of each class against the rest, where both were scored."""
    found: dict[str, Area] = {}
    for name, (own, others) in zip(classes.names, classes.ranks, strict=True):
        one = area(ScoreHistogram(RANK_EDGES, np.stack([own + others, own, others]), _NO_SUMS))
        if one is not None:
            found[name] = one
    return found


def macro_area(classes: ClassCounts) -> Estimate | None:
    """Return the mean of the areas. Classes share their rows, so at worst their deviations go together."""
    found = list(areas(classes).values())
    if not found:
        return None
    bound = sum(each.bound for each in found) / len(found)
    return Estimate(
        sum(each.value for each in found) / len(found),
        sum(each.deviation for each in found) / len(found),
        round(classes.scored),
        note=f"binned: at most {bound:.1g} off",
    )


def log_loss(classes: ClassCounts) -> Estimate | None:
    """Return the mean −ln of the score that the real class had; its spread from the bins."""
    if classes.scored <= 0:
        return None
    surprise = -np.log((RANK_EDGES[:-1] + RANK_EDGES[1:]) / 2)
    spread = _spread(surprise, classes.ranks[:, 0].sum(axis=0))
    return Estimate(classes.log_loss_sum / classes.scored, spread / math.sqrt(classes.scored), round(classes.scored))


def brier(classes: ClassCounts) -> Estimate | None:
    """Return the mean squared distance of the scores from what happened, summed over the classes; the spread at most.

    The sum's spread is at most the sum of the spreads of its parts.
    """
    if classes.scored <= 0:
        return None
    middles = (RANK_EDGES[:-1] + RANK_EDGES[1:]) / 2
    squares = np.concatenate([(1 - middles) ** 2, middles**2])
    spread = sum(_spread(squares, ranks.ravel()) for ranks in classes.ranks)
    return Estimate(classes.brier_sum / classes.scored, spread / math.sqrt(classes.scored), round(classes.scored))


def _present(classes: ClassCounts) -> tuple[Floats, list[str]]:
    """Return the counts of the classes that happened or were predicted, and their names."""
    cells = classes.confusion.astype(np.float64)
    kept = np.flatnonzero(cells.sum(axis=0) + cells.sum(axis=1))
    return cells[np.ix_(kept, kept)], [classes.names[place] for place in kept]


def _mean_f1(cells: Floats, weights_of: WeightsOf, *, weighted: bool) -> Estimate | None:
    if not len(cells):
        return None
    value = float(weights_of(cells) @ _f1(cells))
    table = _smoothed(cells)
    weights, f1, size = weights_of(table), _f1(table), table.sum(axis=0) + table.sum(axis=1)
    pull = weights * f1 / size
    slope = np.diag(2 * weights / size) - pull[:, None] - pull[None, :]
    if weighted:
        slope = slope + f1[:, None]  # the weight of the row's class grows with it
    return Estimate(value, _deviation(table, slope, cells.sum()), int(cells.sum()))


def _mean_share(classes: ClassCounts, *, axis: int, without: str) -> Estimate | None:
    """Return the mean of the diagonal over the sums along the axis, of those that have a sum."""
    cells, names = _present(classes)
    sums = cells.sum(axis=axis)
    has = sums > 0
    if not has.any():
        return None
    value = float((np.diag(cells)[has] / sums[has]).mean())
    table = _smoothed(cells)
    size, weight = table.sum(axis=axis), has / has.sum()
    share = np.diag(table) / size
    pull = weight * share / size
    slope = np.diag(weight / size) - (pull[:, None] if axis == 1 else pull[None, :])
    missing = [name for name, known in zip(names, has, strict=True) if not known]
    note = f"without {', '.join(missing[:5])}, {without}" if missing else None
    return Estimate(value, _deviation(table, slope, cells.sum()), int(cells.sum()), note)


def _f1(table: Floats) -> Floats:
    f1: Floats = 2 * np.diag(table) / (table.sum(axis=0) + table.sum(axis=1))
    return f1


def _correlation(table: Floats) -> float | None:
    actual, predicted = table.sum(axis=1), table.sum(axis=0)
    scale = (1 - (predicted**2).sum()) * (1 - (actual**2).sum())
    if scale <= 1e-15:
        return None
    return float((np.trace(table) - actual @ predicted) / math.sqrt(scale))


def _shares(cells: Floats) -> Floats:
    shares: Floats = cells / cells.sum()
    return shares


def _smoothed(cells: Floats) -> Floats:
    """Return the shares of the cells with a little added to each."""
    return _shares(cells + ADDED / cells.size)


def _deviation(table: Floats, slope: Floats, count: float) -> float:
    """Return the standard deviation of a figure that changes by `slope` with the share of each cell."""
    mean = (table * slope).sum()
    return math.sqrt(max(float((table * (slope - mean) ** 2).sum()), 0.0) / float(count))


def _spread(values: Floats, counts: NDArray[np.int64]) -> float:
    total = counts.sum()
    if total <= 0:
        return 0.0
    mean = values @ counts / total
    return math.sqrt(float((values - mean) ** 2 @ counts / total))
