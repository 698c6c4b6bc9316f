"""Drift against a baseline, from stored events."""

import random
from datetime import timedelta

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from tests.factories import NOW, make_model, make_predictions, prediction, predictions
from webapp.core.errors import InvalidInputError, NotFoundError
from webapp.core.periods import HOUR, Window
from webapp.metrics import queries
from webapp.metrics.drift import Level, distribution, drift, drift_series, score_distribution, study
from webapp.telemetry import baselines

BEFORE = Window(NOW - timedelta(days=20), NOW - timedelta(days=10))
NOWADAYS = Window(NOW - timedelta(days=1), NOW)


def shifted(count, *, contract="Three year", tenure=30, start=NOWADAYS.start, end=NOWADAYS.end):
    rng = random.Random(11)
    return [
        prediction(
            f"s-{number}",
            at=start + number * (end - start) / count,
            features={
                "tenure": rng.randrange(1, 73) + tenure,
                "monthly_charges": round(rng.gauss(65, 20), 2),
                "contract": contract if rng.random() < 0.3 else rng.choice(("Month-to-month", "One year", "Two year")),
            },
            score=round(rng.betavariate(4, 2), 6),
        )
        for number in range(count)
    ]


@pytest.fixture
def model(session):
    made = make_model(session)
    make_predictions(session, predictions(2000, start=BEFORE.start, end=BEFORE.end, prefix="b"))
    baselines.create_from_window(session, made, BEFORE, by="ada", now=NOW)
    return made


def test_what_moved_is_named_and_what_did_not_is_left_alone(session, model):
    make_predictions(session, shifted(800))

    found = drift(session, model, NOWADAYS, now=NOW)

    by_name = {feature.name: feature for feature in found.features}
    assert found.features[0].name == "tenure"
    assert found.score.value == by_name["tenure"].score.value > found.warning
    assert found.score.note == "tenure"
    assert by_name["tenure"].level in {Level.WARNING, Level.CRITICAL}
    assert by_name["tenure"].out_of_range_share > 0.3
    assert by_name["monthly_charges"].level is Level.OK
    assert by_name["monthly_charges"].score.value <= by_name["monthly_charges"].noise_floor
    assert by_name["contract"].new_categories == ("Three year",)
    assert found.prediction.value > 0.3
    assert found.baseline.number == 1


def test_the_score_is_scipys_on_the_same_bins(session, model):
    make_predictions(session, shifted(800))
    found = {feature.name: feature for feature in drift(session, model, NOWADAYS, now=NOW).features}

    for name in ("tenure", "contract", "monthly_charges"):
        shares = distribution(session, model, name, NOWADAYS, now=NOW)
        assert len(shares.labels) == len(shares.baseline) == len(shares.current)
        assert sum(shares.current) == pytest.approx(1)
        assert found[name].score.value == pytest.approx(float(jensenshannon(shares.baseline, shares.current, base=2)))


def test_nothing_is_called_drifted_when_nothing_moved(session, model):
    make_predictions(session, predictions(300, start=NOWADAYS.start, prefix="same", seed=99))

    found = drift(session, model, NOWADAYS, now=NOW)

    assert [feature.level for feature in found.features] == [Level.OK] * 3
    assert found.score.value < found.warning
    assert found.share.value == 0


def test_thirty_predictions_are_too_few(session, model):
    make_predictions(session, shifted(30))

    found = drift(session, model, NOWADAYS, now=NOW)

    assert found.score.value is None
    assert found.score.reason == "too few predictions (30 of at least 100)"
    assert {feature.level for feature in found.features} == {Level.UNDEFINED}


def test_a_feature_without_values_is_undefined_and_the_others_go_on(session, model):
    empty = [
        prediction(f"e-{n}", at=NOW - timedelta(minutes=n + 1), features={"tenure": None, "contract": "One year"})
        for n in range(200)
    ]
    make_predictions(session, empty)

    found = {feature.name: feature for feature in drift(session, model, NOWADAYS, now=NOW).features}

    assert found["tenure"].score.reason == "no values"
    assert found["tenure"].missing_share == 1
    assert found["contract"].level is Level.CRITICAL


def test_an_outlier_does_not_move_the_score(session, model):
    make_predictions(session, predictions(500, start=NOWADAYS.start, prefix="same", seed=99))
    for method in ("psi", "wasserstein"):
        before = {f.name: f.score.value for f in drift(session, model, NOWADAYS, now=NOW, method=method).features}
        make_predictions(
            session, [prediction(f"x-{method}", features={"monthly_charges": 1e9, "tenure": 5, "contract": "One year"})]
        )
        after = {f.name: f.score.value for f in drift(session, model, NOWADAYS, now=NOW, method=method).features}
        assert after["monthly_charges"] == pytest.approx(before["monthly_charges"], abs=1e-2)


def test_without_a_baseline_the_reason_says_so(session):
    model = make_model(session, "new")
    make_predictions(session, predictions(200, model="new"))

    found = drift(session, model, NOWADAYS, now=NOW)

    assert found.baseline is None
    assert found.score.reason == "no baseline yet"
    assert found.prediction.reason == "no baseline yet"


def test_an_empty_window_is_no_drift_and_no_health(session, model):
    found = drift(session, model, NOWADAYS, now=NOW)

    assert found.score.reason == "no predictions in this window"
    assert [feature.count for feature in found.features] == [0, 0, 0]


def test_the_series_has_a_point_a_step(session, model):
    make_predictions(session, shifted(800))

    found = drift_series(session, model, NOWADAYS, 6 * HOUR, now=NOW)

    assert set(found) == {"contract", "monthly_charges", "tenure"}
    assert [point.at for point in found["tenure"]] == [NOWADAYS.start + n * 6 * HOUR for n in range(4)]
    assert all(point.value.value > 0.3 for point in found["tenure"])


def test_the_series_is_of_the_features_and_the_method_that_are_asked_for(session, model):
    make_predictions(session, shifted(800))

    found = drift_series(session, model, NOWADAYS, 6 * HOUR, now=NOW, method="psi", names={"tenure", "nobody"})

    assert set(found) == {"tenure"}
    assert all(point.value.value > 1 for point in found["tenure"])


def test_scores_have_a_distribution_of_their_own(session, model):
    make_predictions(session, shifted(800))

    found = score_distribution(study(session, model, NOWADAYS, now=NOW))

    assert len(found.labels) == len(found.baseline) == len(found.current) == 10
    assert sum(found.baseline) == pytest.approx(1)
    assert found.current[-1] > 2 * found.baseline[-1]


def test_the_metrics_say_what_the_report_says(session, model):
    make_predictions(session, shifted(800))
    report = drift(session, model, NOWADAYS, now=NOW)

    found = queries.values(session, [model], ["drift_score", "drift_share", "prediction_drift"], NOWADAYS, now=NOW)

    assert found["churn"]["drift_score"] == report.score
    assert found["churn"]["drift_share"] == report.share
    assert found["churn"]["prediction_drift"] == report.prediction


def test_unknown_methods_and_features_are_named(session, model):
    with pytest.raises(InvalidInputError, match="There is no drift method 'magic'; there are chi_square"):
        drift(session, model, NOWADAYS, now=NOW, method="magic")
    with pytest.raises(NotFoundError, match="no feature 'shoe size'"):
        distribution(session, model, "shoe size", NOWADAYS, now=NOW)


def test_no_drift_seldom_alarms(session, model):
    rng = np.random.default_rng(0)
    alarms = 0
    for run in range(20):
        window = Window(NOW - timedelta(hours=run + 1), NOW - timedelta(hours=run))
        sent = predictions(150, start=window.start, end=window.end, prefix=f"r{run}", seed=int(rng.integers(1e6)))
        make_predictions(session, sent)
        report = drift(session, model, window, now=NOW)
        alarms += any(feature.level is not Level.OK for feature in report.features)
    assert alarms <= 1
