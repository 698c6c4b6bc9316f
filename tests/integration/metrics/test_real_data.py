"""Real data, where MC_TEST_DATA names a folder that has it: telco.csv (churn) and elec.csv (electricity prices).

Half of it trains a model, the other half is scored and sent through the front door; what comes out is compared with
scikit-learn and scipy on the raw rows.
"""

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score, recall_score, roc_auc_score

from tests import sets
from tests.agreement import send
from tests.factories import NOW, make_model
from webapp.core.periods import Window
from webapp.metrics import queries
from webapp.metrics.drift import distribution, drift
from webapp.metrics.performance import performance
from webapp.telemetry import baselines

pytestmark = [
    pytest.mark.skipif(not sets.DATA, reason="MC_TEST_DATA names no folder with telco.csv and elec.csv"),
    pytest.mark.slow,
]

BEFORE = Window(NOW - timedelta(days=30), NOW - timedelta(days=15))
AFTER = Window(NOW - timedelta(days=10), NOW)


@pytest.fixture(scope="module")
def telco():
    return sets.telco()


@pytest.fixture(scope="module")
def elec():
    return sets.elec()


@pytest.fixture(params=["telco", "elec"])
def stream(request, session):
    first, second = request.getfixturevalue(request.param)
    model = make_model(session)
    send(session, model, first, BEFORE, prefix="a", now=NOW)
    baselines.create_from_window(session, model, BEFORE, by="ada", now=NOW)
    send(session, model, second, AFTER, prefix="b", now=NOW)
    return model, first, second


def test_performance_agrees_with_scikit_learn(session, stream):
    model, _, second = stream

    found = performance(session, model, AFTER, now=NOW)

    decided = second.scores >= 0.5
    tn, fp, fn, tp = confusion_matrix(second.actual, decided).ravel().tolist()
    cells = found.confusion
    assert (cells.tn, cells.fp, cells.fn, cells.tp) == (tn, fp, fn, tp)
    assert found.accuracy.value == pytest.approx(accuracy_score(second.actual, decided), abs=1e-12)
    assert found.precision.value == pytest.approx(precision_score(second.actual, decided), abs=1e-12)
    assert found.recall.value == pytest.approx(recall_score(second.actual, decided), abs=1e-12)
    truth = roc_auc_score(second.actual, second.scores)
    assert abs(found.auc.value - truth) <= found.auc_bound < 5e-3
    assert abs(found.auc.value - truth) < 1e-3
    assert found.auc.low < truth < found.auc.high


def test_an_odd_window_agrees_with_its_rows(session, stream):
    model, _, second = stream
    spacing = AFTER.duration / (len(second.features) + 1)
    window = Window(NOW - timedelta(days=6, hours=7), NOW - timedelta(hours=11, minutes=13))
    at = np.array([(AFTER.start + (row + 1) * spacing).timestamp() for row in range(len(second.features))])
    inside = (at >= window.start.timestamp()) & (at < window.end.timestamp())

    found = queries.values(session, [model], ["accuracy", "prediction_count"], window, now=NOW)["churn"]

    assert found["prediction_count"].value == inside.sum()
    assert found["accuracy"].value == accuracy_score(second.actual[inside], second.scores[inside] >= 0.5)


def test_drift_agrees_with_scipy_on_the_same_bins(session, stream):
    model, first, second = stream

    report = drift(session, model, AFTER, now=NOW)

    for feature in report.features:
        shares = distribution(session, model, feature.name, AFTER, now=NOW)
        before, after = ([row[feature.name] for row in half.features] for half in (first, second))
        expected = [_shares(values, shares, feature, first) for values in (before, after)]
        assert expected[0] == pytest.approx(shares.baseline, abs=1e-12)
        assert expected[1] == pytest.approx(shares.current, abs=1e-12)
        assert feature.score.value == pytest.approx(float(jensenshannon(*expected, base=2)), abs=1e-9)
    assert report.score.value is not None


def _shares(values, shares, feature, baseline):
    """Count raw values in the bins by plain means: the deciles of the baseline, or the categories by frequency."""
    missing = sum(value is None for value in values) / len(values)
    if feature.kind == "category":
        names = shares.labels[:-2]
        counts = [sum(value == name for value in values) / len(values) for name in names]
        return [*counts, 1 - sum(counts) - missing, missing]
    known = np.sort([row[feature.name] for row in baseline.features if row[feature.name] is not None])
    grid = np.unique(np.quantile(known, np.linspace(0, 1, 101), method="inverted_cdf"))
    if (known == grid[0]).mean() > 0.01:
        grid = np.concatenate([[grid[0]], grid])
    reached = np.searchsorted(known, grid[1:], side="right") / len(known)
    ends = [int(np.flatnonzero(reached >= tenth / 10 - 1e-9)[0]) + 1 for tenth in range(1, 10)]
    edges = grid[sorted({0, *ends, len(grid) - 1})]
    numbers = np.array([value for value in values if value is not None])
    below, above = (numbers < edges[0]).sum(), (numbers > edges[-1]).sum()
    inside = [
        ((numbers > low) & (numbers <= high)).sum() + (place == 0) * (numbers == low).sum()
        for place, (low, high) in enumerate(pairwise(edges))
    ]
    return [*(np.array([below, *inside, above]) / len(values)), missing]


def test_shuffled_customers_have_not_drifted_and_time_has(session, stream, request):
    model, _, _ = stream

    report = drift(session, model, AFTER, now=NOW)

    if "telco" in request.node.name:
        assert report.score.value < 0.1  # the halves were drawn at random
        assert report.share.value == 0
    else:
        assert report.score.value > 0.1
