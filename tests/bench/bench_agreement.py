"""Our numbers beside scikit-learn and scipy on the same rows: exact, or within the printed bound where binned.

With MC_TEST_DATA naming a folder that has telco.csv and elec.csv, the tests do the same on those files.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
from scipy.spatial.distance import jensenshannon
from sklearn import metrics as reference

from tests.bench.run import scratch_runtime, show
from webapp.catalog import queries as catalog
from webapp.core.periods import Window
from webapp.metrics.drift import distribution, drift
from webapp.metrics.performance import performance
from webapp.runtime import Runtime
from webapp.telemetry import baselines
from webapp.telemetry.ingest import accept_outcomes, accept_predictions
from webapp.telemetry.wire import Outcome, Prediction

ROWS = 20_000


def run() -> None:
    rng = np.random.default_rng(3)
    now = datetime.now(UTC)
    for name, share in (("balanced", 0.4), ("imbalanced", 0.01)):
        actual = rng.random(ROWS) < share
        score = np.clip(rng.beta(2, 6, ROWS) + actual * rng.beta(2, 3, ROWS) * 0.5, 0, 1)
        feature = rng.normal(0.3, 1, ROWS)
        with scratch_runtime() as runtime:
            _send(runtime, name, score, actual, feature, now)
            _compare(runtime, name, score, actual, now)


def _send(runtime: Runtime, name, score, actual, feature, now) -> None:  # type: ignore[no-untyped-def]
    predictions = [
        Prediction(
            model=name,
            prediction_id=str(number),
            at=now - timedelta(seconds=number % 3000),
            features={"x": float(feature[number])},
            score=float(score[number]),
        )
        for number in range(ROWS)
    ]
    outcomes = [Outcome(name, str(number), int(actual[number]), now) for number in range(ROWS)]
    reference_rows = np.random.default_rng(4).normal(0, 1, ROWS).tolist()
    with runtime.job_transaction() as session:
        accept_predictions(session, predictions, now=now)
        accept_outcomes(session, outcomes, now=now)
        model = catalog.model_named(session, name)
        baselines.create_from_columns(session, model, {"x": reference_rows}, source="bench", by="bench", now=now)


def _compare(runtime: Runtime, name, score, actual, now) -> None:  # type: ignore[no-untyped-def]
    window = Window(now - timedelta(hours=2), now + timedelta(minutes=1))
    with runtime.transaction() as session:
        model = catalog.model_named(session, name)
        ours = performance(session, model, window, now=now)
        moved = drift(session, model, window, now=now)
        bins = distribution(session, model, "x", window, now=now)
    decided = score >= model.threshold
    tn, fp, fn, tp = reference.confusion_matrix(actual, decided).ravel()
    found = ours.confusion
    same = (found.tp, found.fp, found.fn, found.tn) == (tp, fp, fn, tn)
    show(f"{name}: confusion matrix", "exact" if same else f"differs: {found}", "exact")
    for label, value, other in (
        ("accuracy", ours.accuracy.value, reference.accuracy_score(actual, decided)),
        ("precision", ours.precision.value, reference.precision_score(actual, decided)),
        ("recall", ours.recall.value, reference.recall_score(actual, decided)),
    ):
        show(f"{name}: {label}", f"{value:.6f}", "scikit-learn", f"{other:.6f}, off by {abs(value - other):.0e}")
    auc = reference.roc_auc_score(actual, score)
    off = abs((ours.auc.value or 0) - auc)
    bound = f"{auc:.6f}, off by {off:.1e}, bound {ours.auc_bound:.1e}"
    show(f"{name}: ROC AUC", f"{ours.auc.value:.6f}", "scikit-learn", bound)
    scipy = float(jensenshannon(bins.baseline, bins.current, base=2))
    own = moved.features[0].score.value
    show(
        f"{name}: Jensen–Shannon of x", f"{own:.6f}", "scipy, same bins", f"{scipy:.6f}, off by {abs(own - scipy):.0e}"
    )
