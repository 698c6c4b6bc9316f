"""Stored events beside scikit-learn, scipy and what came true: every metric of a binary model, every drift method.

Where MC_TEST_DATA names a folder with telco.csv and elec.csv, both files are held to the same.
"""

from datetime import timedelta

import pytest

from tests import sets
from tests.agreement import evidence, of_drift, of_estimates, of_performance, of_published_estimates, send
from tests.factories import NOW, make_model
from tests.unit.metrics.evidence import labelled
from webapp.core.periods import Window
from webapp.metrics.registry import METRICS
from webapp.telemetry import baselines

BEFORE = Window(NOW - timedelta(days=30), NOW - timedelta(days=15))
AFTER = Window(NOW - timedelta(days=10), NOW)
SETS = {
    "balanced": sets.balanced,
    "imbalanced": sets.imbalanced,
    "telco": sets.telco,
    "elec": sets.elec,
}
needs_data = pytest.mark.skipif(not sets.DATA, reason="MC_TEST_DATA names no folder with telco.csv and elec.csv")


@pytest.fixture(
    params=[
        "balanced",
        "imbalanced",
        *(pytest.param(name, marks=[needs_data, pytest.mark.slow]) for name in ("telco", "elec")),
    ]
)
def stored(request, session):
    first, second = SETS[request.param]()
    model = make_model(session)
    send(session, model, first, BEFORE, prefix="a", now=NOW)
    baselines.create_from_window(session, model, BEFORE, by="ada", now=NOW)
    send(session, model, second, AFTER, prefix="b", now=NOW)
    return request.param, evidence(session, model, AFTER, now=NOW), second


def test_every_figure_agrees(stored):
    name, found, rows = stored

    lines = [*of_performance(name, found, rows), *of_drift(name, found)]
    if name not in sets.REAL:  # Their models were trained on the baseline, and flatter themselves there.
        lines += of_estimates(name, found, rows)

    assert [line for line in lines if not line.agrees] == []
    assert len(lines) > 35


def test_estimates_follow_the_published_definition():
    assert [line for line in of_published_estimates() if not line.agrees] == []


@needs_data
@pytest.mark.parametrize(
    ("part", "figures"),
    [
        ("first", (0.792, 0.732010, 0.322404, 0.447648, 0.386317, 0.829191, 0.611532, 0.439627, 0.144608, 0.039287)),
        ("fiber", (0.709948, 0.748705, 0.450858, 0.562804, 0.391546, 0.777765, 0.700249, 0.596854, 0.202994, 0.109923)),
        ("all", (0.788300, 0.738636, 0.313002, 0.439684, 0.381534, 0.821000, 0.614971, 0.451628, 0.148165, 0.045395)),
    ],
)
def test_figures_of_the_customers_scored_by_a_formula(part, figures):
    parts, rows = sets.telco_by_formula()
    found = labelled(rows.scores[parts[part]], rows.actual[parts[part]])

    exact = {name: METRICS[name].compute(found).value for name in ("accuracy", "precision", "recall", "f1", "mcc")}
    binned = {name: METRICS[name].compute(found).value for name in ("roc_auc", "average_precision")}
    losses = {name: METRICS[name].compute(found).value for name in ("log_loss", "brier")}

    assert list(exact.values()) == pytest.approx(figures[:5], abs=1e-6)
    assert list(binned.values()) == pytest.approx(figures[5:7], abs=5e-4)
    assert list(losses.values()) == pytest.approx(figures[7:9], abs=1e-6)
    assert METRICS["ece"].compute(found).value == pytest.approx(figures[9], abs=4e-3)
