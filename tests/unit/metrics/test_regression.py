"""Metrics of numbers beside scikit-learn's on the same rows, and how often their intervals hold."""

import numpy as np
import pytest
from sklearn import metrics as reference

from tests.unit.metrics.answered import error_counts, of_errors
from webapp.metrics.display import delta_of, text_of
from webapp.metrics.metric import REGRESSION_ONLY, Value
from webapp.metrics.queries import value_of
from webapp.metrics.registry import METRICS

OURS = [metric for metric in METRICS.values() if metric.tasks == REGRESSION_ONLY and metric.group == "performance"]


def rows(count=5_000, seed=1):
    rng = np.random.default_rng(seed)
    actual = rng.poisson(rng.gamma(3, 12, count)).astype(float)
    return actual * rng.uniform(0.8, 1.3, count) + rng.normal(1.5, 4, count), actual


def value(name, predicted, actual):
    return METRICS[name].compute(of_errors(error_counts(predicted, actual)))


def test_each_agrees_with_scikit_learn():
    predicted, actual = rows()
    known = actual != 0

    assert value("mae", predicted, actual).value == pytest.approx(
        reference.mean_absolute_error(actual, predicted), 1e-9
    )
    assert value("rmse", predicted, actual).value == pytest.approx(
        reference.root_mean_squared_error(actual, predicted), 1e-9
    )
    assert value("r2", predicted, actual).value == pytest.approx(reference.r2_score(actual, predicted), 1e-9)
    assert value("bias", predicted, actual).value == pytest.approx((predicted - actual).mean(), 1e-9)
    assert value("mape", predicted, actual).value == pytest.approx(
        reference.mean_absolute_percentage_error(actual[known], predicted[known]), 1e-9
    )
    assert value("over_forecast_share", predicted, actual).value == (predicted > actual).mean()


@pytest.mark.parametrize(("name", "share"), [("error_p50", 0.5), ("error_p90", 0.9)])
def test_quantiles_are_within_one_percent(name, share):
    for seed in range(5):
        predicted, actual = rows(997, seed)

        found = value(name, predicted, actual)

        truth = np.quantile(np.abs(predicted - actual), share, method="inverted_cdf")
        assert found.value == pytest.approx(truth, rel=0.01)
        assert found.low < truth < found.high


@pytest.mark.parametrize("name", ["mae", "rmse", "bias", "error_p50", "error_p90", "over_forecast_share"])
def test_intervals_hold_about_as_often_as_they_say(name):
    predicted, actual = rows(200_000, seed=2)
    truth = value(name, predicted, actual).value
    held = 0
    for seed in range(200):
        chosen = np.random.default_rng(seed).choice(len(actual), 400)
        found = value(name, predicted[chosen], actual[chosen])
        held += found.low <= truth <= found.high

    assert held >= 180


def test_mape_says_how_many_it_left_out():
    found = value("mape", [3.0, 4.0, 6.0], [0.0, 4.0, 5.0])

    assert found.value == pytest.approx(0.1)
    assert found.note == "without the 1 whose actual value was 0"
    assert value("mape", [3.0, 4.0], [0.0, 0.0]).reason == "every actual value was 0"


def test_what_does_not_vary_cannot_be_explained():
    assert value("r2", [3.0] * 12, [1e6 + 0.1] * 12).reason == "the actual values do not vary"


def test_perfect_forecasts_have_no_error():
    predicted = np.arange(30.0)

    for name in ("mae", "rmse", "bias", "error_p90"):
        assert value(name, predicted, predicted).value == 0
    assert value("r2", predicted, predicted).value == 1


@pytest.mark.parametrize("metric", OURS, ids=lambda metric: metric.name)
def test_no_outcomes_and_another_task_are_reasons(metric):
    nothing = of_errors(error_counts([], []), predictions=5)

    assert value_of(metric, nothing).reason == "no outcomes yet"
    assert value_of(METRICS["accuracy"], nothing).reason == "not defined for regression models"


@pytest.mark.parametrize(
    ("error", "text"), [(4.2713, "4.27"), (12.34, "12.3"), (1234.5, "1,234"), (0.004561, "0.00456"), (100.0, "100")]
)
def test_errors_read_in_the_unit_of_what_is_predicted(error, text):
    assert text_of(Value(error), METRICS["mae"]) == text


def test_errors_change_by_their_own_unit():
    assert delta_of(Value(4.2), Value(5.0), METRICS["mae"]).text == "-0.800"
    assert delta_of(Value(4.2), Value(5.0), METRICS["mae"]).tone == "better"
