"""What scikit-learn and scipy say of raw rows, by the names of our metrics, and how far binning lets ours differ."""

import numpy as np
from scipy.spatial.distance import cityblock, euclidean, jensenshannon
from scipy.special import rel_entr
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance
from sklearn import metrics as sk

from webapp.metrics import calibration, curves

EXACT = 1e-9
TOP = 0.1

OF_DECISIONS = {
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "f1": sk.f1_score,
    "f2": lambda actual, decided: sk.fbeta_score(actual, decided, beta=2),
    "f_half": lambda actual, decided: sk.fbeta_score(actual, decided, beta=0.5),
    "mcc": sk.matthews_corrcoef,
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "specificity": lambda actual, decided: sk.recall_score(actual, decided, pos_label=0),
    "positive_share": lambda actual, decided: float(np.mean(actual)),
    "flagged_share": lambda actual, decided: float(np.mean(decided)),
}


def _gain(actual, score):
    """Return the share of positives among the highest tenth, equal scores sharing what is left of it."""
    heights, number = np.unique(-score, return_inverse=True)
    sizes = np.cumsum(np.bincount(number, minlength=len(heights)))
    positives = np.cumsum(np.bincount(number, weights=actual, minlength=len(heights)))
    return float(np.interp(TOP * len(score), [0, *sizes], [0, *positives]) / actual.sum())


OF_SCORES = {
    "average_precision": sk.average_precision_score,
    "brier": sk.brier_score_loss,
    "calibration_bias": lambda actual, score: float(score.mean() - actual.mean()),
    "gain_at_10": _gain,
    "gini": lambda actual, score: 2 * sk.roc_auc_score(actual, score) - 1,
    "ks": lambda actual, score: ks_2samp(score[actual == 1], score[actual == 0]).statistic,
    "lift_at_10": lambda actual, score: _gain(actual, score) / TOP,
    "log_loss": sk.log_loss,
    "roc_auc": sk.roc_auc_score,
}

BOUNDS = {
    "average_precision": lambda scores: curves.average_precision(scores).bound,
    "ece": lambda scores: calibration.error(scores).bound,
    "gain_at_10": lambda scores: curves.gain(scores, TOP).bound,
    "gini": lambda scores: 2 * curves.area(scores).bound,
    "ks": lambda scores: curves.widest_gap(scores).bound,
    "lift_at_10": lambda scores: curves.gain(scores, TOP).bound / TOP,
    "roc_auc": lambda scores: curves.area(scores).bound,
}

NAMES = tuple(sorted([*OF_DECISIONS, *OF_SCORES, "ece"]))


def expected(name, actual, score, *, scores, threshold=0.5):
    """Return what the reference says of the metric; `scores` is the histogram that ours is computed from."""
    actual, score = np.asarray(actual).astype(int), np.asarray(score, dtype=float)
    if name in OF_DECISIONS:
        return float(OF_DECISIONS[name](actual, (score >= threshold).astype(int)))
    return _calibration_error(actual, score, scores.edges) if name == "ece" else float(OF_SCORES[name](actual, score))


def bound(name, scores):
    """Return how far ours may be off: nearly nothing where it is exact, else what the metric itself states."""
    return EXACT + (BOUNDS[name](scores) if name in BOUNDS else 0.0)


def _calibration_error(actual, score, edges):
    """Return the calibration error of the rows themselves, in ten parts cut where ours are cut."""
    ends = edges[curves.bounds_near(edges, 10)]
    part = (np.searchsorted(ends, score, side="right") - 1).clip(0, len(ends) - 2)
    return float(np.abs(np.bincount(part, weights=score - actual)).sum() / len(score))


# --- drift ------------------------------------------------------------------------------------------------------------


def drift(method, histograms):
    """Return what scipy says of two counts in the same bins; the formula where scipy has none."""
    before, after = np.atleast_1d(histograms.baseline), np.atleast_1d(histograms.current)
    return float(DRIFT[method](before, after, histograms.places))


def _psi(before, after, _):
    p, q = (counts[(before > 0) | (after > 0)] / counts.sum() for counts in (before, after))
    p, q = np.maximum(p, 1e-4), np.maximum(q, 1e-4)
    return rel_entr(q, p).sum() + rel_entr(p, q).sum()


def _chi_square(before, after, _):
    filled = before + after > 0
    table = np.stack([before[filled], after[filled]])
    return np.sqrt(chi2_contingency(table, correction=False).statistic / table.sum()) if filled.sum() > 1 else 0.0


def _placed(before, after, places):
    """Return places and counts of the bins that have an order."""
    places = np.arange(len(before), dtype=float) if places is None else places
    ordered = ~np.isnan(places)
    return places[ordered], before[ordered].astype(int), after[ordered].astype(int)


def _kolmogorov_smirnov(before, after, places):
    places, before, after = _placed(before, after, places)
    numbers = np.arange(len(places))[np.argsort(np.argsort(places, kind="stable"), kind="stable")]
    if not before.sum() or not after.sum():
        return float(bool(before.sum()) != bool(after.sum()))
    with np.errstate(divide="ignore"):  # Its p-value, not asked for here, divides by zero for samples of one.
        return ks_2samp(np.repeat(numbers, before), np.repeat(numbers, after), method="asymp").statistic


def _wasserstein(before, after, places):
    places, before, after = _placed(before, after, places)
    return wasserstein_distance(places, places, before, after)


DRIFT = {
    "chi_square": _chi_square,
    "hellinger": lambda before, after, _: euclidean(*(np.sqrt(c / c.sum()) for c in (before, after))) / np.sqrt(2),
    "jensen_shannon": lambda before, after, _: jensenshannon(before, after, base=2),
    "kolmogorov_smirnov": _kolmogorov_smirnov,
    "psi": _psi,
    "total_variation": lambda before, after, _: cityblock(*(c / c.sum() for c in (before, after))) / 2,
    "wasserstein": _wasserstein,
}
