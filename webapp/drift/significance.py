"""How surprising a difference is: the p-value of one feature, and what is left of it when many were looked at.

With five hundred features twenty-five have p < 0.05 though nothing moved. Benjamini and Hochberg (1995) bound the share
of false ones among those that are called: q < 0.05 means at most one in twenty.
"""

import math
from collections.abc import Sequence

import numpy as np

from webapp.drift.method import Floats, Histograms, Method

FALSE_SHARE = 0.05
ENOUGH = 5.0  # Expected values in a bin, from where the chi-square approximation holds (Cochran, 1954).


def p_value(method: Method, histograms: Histograms) -> float:
    """Return the method's own p-value; without one, that of the chi-square test on the same bins."""
    test = method.p_value or chi_square_test
    return test(histograms)


def q_values(p_values: Sequence[float]) -> list[float]:
    """Return for each p-value the least false share at which it is still called (Benjamini and Hochberg)."""
    count = len(p_values)
    order = np.argsort(p_values, kind="stable")
    ranked = np.asarray(p_values, dtype=np.float64)[order] * count / np.arange(1, count + 1)
    q = np.empty(count)
    q[order] = np.minimum.accumulate(ranked[::-1])[::-1].clip(max=1.0)
    values: list[float] = q.tolist()
    return values


def chi_square_test(histograms: Histograms) -> float:
    """Return the p-value of the contingency table of both histograms, its sparse bins taken together."""
    table = _without_sparse(np.stack([histograms.baseline, histograms.current]))
    rows, columns, total = table.sum(axis=1, keepdims=True), table.sum(axis=0), table.sum()
    if len(columns) < 2 or rows.min() <= 0:
        return 1.0
    expected = rows * columns / total
    return chi_square_tail(float(((table - expected) ** 2 / expected).sum()), len(columns) - 1)


def chi_square_tail(statistic: float, freedom: int) -> float:
    """Return P(X > statistic) of the chi-square distribution with a whole number of degrees of freedom, exactly."""
    half = statistic / 2
    if half <= 0:
        return 1.0
    if freedom % 2:
        total = math.erfc(math.sqrt(half))
        steps = [step + 0.5 for step in range(freedom // 2)]
    else:
        total, steps = 0.0, [float(step) for step in range(freedom // 2)]
    logarithm = math.log(half)
    total += sum(math.exp(step * logarithm - half - math.lgamma(step + 1)) for step in steps)
    return min(total, 1.0)


def kolmogorov_tail(distance: float, baseline: float, current: float) -> float:
    """Return P(D > distance) for samples of these sizes from one continuous distribution, by Kolmogorov's limit."""
    if min(baseline, current) <= 0:
        return 1.0
    scaled = distance * math.sqrt(baseline * current / (baseline + current))
    if scaled < 0.2:
        return 1.0  # where the series is slow, and its sum is 1 to twelve digits
    terms = (2 * (-1) ** (k - 1) * math.exp(-2 * k * k * scaled * scaled) for k in range(1, 101))
    return min(max(math.fsum(terms), 0.0), 1.0)


def _without_sparse(table: Floats) -> Floats:
    """Put the bins that expect too few values into one, and that one into the smallest other if it needs company."""
    columns = table.sum(axis=0)
    table, columns = table[:, columns > 0], columns[columns > 0]
    least = table.sum(axis=1).min() / max(float(columns.sum()), 1.0)
    sparse = columns * least < ENOUGH
    if not sparse.any():
        return table
    rest, dense = table[:, sparse].sum(axis=1), table[:, ~sparse].copy()
    if float(rest.sum()) * least >= ENOUGH or not dense.shape[1]:
        return np.column_stack([dense, rest])
    dense[:, int(np.argmin(dense.sum(axis=0)))] += rest
    return dense
