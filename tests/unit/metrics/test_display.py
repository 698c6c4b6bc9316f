"""Values and changes in words."""

import pytest

from webapp.metrics.display import Delta, delta_of, number_text, text_of
from webapp.metrics.metric import Value, undefined
from webapp.metrics.registry import METRICS


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("accuracy", 0.88, "88.0%"),
        ("roc_auc", 0.8712, "0.871"),
        ("prediction_count", 1239.0, "1,239"),
        ("revenue_protected", 540_000.0, "$540,000"),
        ("roi", 1614.2857, "1,614.3%"),
        ("return_multiple", 17.14, "17.1×"),
        ("response_time_mean", 312.0, "312 ms"),
        ("freshness", 10_800_000.0, "3 h"),
        ("availability", 0.9995, "99.95%"),
        ("cpu", 67.0, "67.0%"),
    ],
)
def test_a_value_has_its_unit(name, value, text):
    assert text_of(Value(value), METRICS[name]) == text


def test_no_value_is_in_words():
    assert text_of(undefined("no outcomes yet"), METRICS["accuracy"]) == "no data"


def test_money_is_in_the_models_currency():
    assert number_text(31_500, METRICS["retention_cost"], currency="EUR") == "€31,500"


@pytest.mark.parametrize(
    ("name", "before", "now", "expected"),
    [
        ("accuracy", 0.859, 0.88, Delta("+2.1 pp", "up", "better")),
        ("error_rate", 0.01, 0.02, Delta("+1.00 pp", "up", "worse")),
        ("revenue_protected", 100.0, 112.5, Delta("+12.5%", "up", "better")),
        ("retention_cost", 100.0, 90.0, Delta("-10.0%", "down", "better")),
        ("roi", 300.0, 284.0, Delta("-16.0 pp", "down", "worse")),
        ("response_time_mean", 100.0, 150.0, Delta("+50.0%", "up", "worse")),
        ("roc_auc", 0.8, 0.75, Delta("-0.050", "down", "worse")),
        ("prediction_count", 100.0, 200.0, Delta("+100.0%", "up", "neutral")),
        ("prediction_count", 0.0, 20.0, Delta("+20", "up", "neutral")),
        ("accuracy", 0.88, 0.88, Delta("+0.0 pp", "flat", "neutral")),
        ("accuracy", 0.88, 0.8801, Delta("+0.0 pp", "flat", "neutral")),
    ],
)
def test_a_change_has_direction_and_tone(name, before, now, expected):
    assert delta_of(Value(now), Value(before), METRICS[name]) == expected


def test_a_change_inside_the_interval_is_unclear():
    now, before = Value(0.88, low=0.86, high=0.90), Value(0.87, low=0.85, high=0.89)

    assert delta_of(now, before, METRICS["accuracy"]).tone == "unclear"
    assert delta_of(now, Value(0.80, low=0.78, high=0.82), METRICS["accuracy"]).tone == "better"


def test_without_one_of_both_there_is_no_change():
    assert delta_of(Value(0.9), undefined("no outcomes yet"), METRICS["accuracy"]) is None
