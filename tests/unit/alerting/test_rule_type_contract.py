"""What every rule type keeps to, whatever it judges by."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.alerting.verdicts import NOW
from webapp.alerting.plugins import types
from webapp.alerting.rule_type import CURRENT, Context, Look, Readings, Verdict
from webapp.alerting.states import Condition
from webapp.core.errors import InvalidInputError
from webapp.metrics.metric import Value, undefined
from webapp.metrics.registry import METRICS

# Each with a metric and parameters as somebody might write them.
EXAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "absence": ("prediction_count", {"fewer_than": 10, "severity": "medium"}),
    "anomaly": ("error_rate", {"medium": 3, "high": 6}),
    "composite": ("error_rate", {"conditions": [{"low": 0.1, "high": 0.5}, {"metric": "accuracy", "medium": 0.2}]}),
    "drop_from_baseline": ("accuracy", {"direction": "either", "medium": 0.05, "high": 0.2, "average": "median"}),
    "rate_of_change": ("response_time_mean", {"medium": 20, "critical": 80, "measured_in": "percent"}),
    "seasonal_baseline": ("prediction_count", {"direction": "either", "low": 30, "measured_in": "percent"}),
    "threshold": ("drift_score", {"medium": 0.3, "high": 0.6}),
}
KINDS = sorted(EXAMPLES)


def readings(looks: dict[str, Look], current: Value, other: Value) -> Readings:
    """Return one value for what is judged, and another for all that it is compared with."""
    values = {name: current if name == CURRENT else other for name, look in looks.items() if look.step is None}
    steps = {name: [other] * round(look.window.duration / look.step) for name, look in looks.items() if look.step}
    return Readings(values, newest=NOW, watched_since=NOW - timedelta(days=1), steps=steps)


def judged(kind: str, current: Value, other: Value, *, minimum: int = 0) -> Verdict:
    metric, raw = EXAMPLES[kind]
    rule_type = types()[kind]
    parameters = rule_type.parse(raw)
    rule_type.check(parameters, METRICS[metric])
    looks = dict(rule_type.looks(parameters, METRICS[metric], now=NOW))
    context = Context(METRICS[metric], NOW, minimum)
    return rule_type.evaluate(readings(looks, current, other), parameters, context)


def test_every_rule_type_has_an_example_here() -> None:
    assert set(types()) == set(EXAMPLES)


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_explains_itself(kind: str) -> None:
    described = msgspec.json.schema(types()[kind].parameters)
    structs = [each["properties"] for each in described["$defs"].values() if "properties" in each]

    silent = [name for fields in structs for name, schema in fields.items() if "description" not in str(schema)]
    assert silent == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_condition_is_told_in_words_with_the_name_of_the_metric(kind: str) -> None:
    metric, raw = EXAMPLES[kind]
    parameters = types()[kind].parse(raw)

    told = types()[kind].condition_text(parameters, METRICS[metric])

    assert METRICS[metric].label in told
    assert "{" not in told
    assert "None" not in told
    assert types()[kind].severities(parameters)


@pytest.mark.parametrize("kind", KINDS)
def test_everything_that_is_read_has_ended_and_is_not_empty(kind: str) -> None:
    metric, raw = EXAMPLES[kind]

    looks = types()[kind].looks(types()[kind].parse(raw), METRICS[metric], now=NOW)

    assert CURRENT in looks
    assert all(look.window.start < look.window.end <= NOW for look in looks.values())
    assert all(not look.window.duration % look.step for look in looks.values() if look.step)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"absence"}))  # to find nothing is what an absence looks for
def test_without_a_value_nothing_is_judged_and_the_reason_is_a_sentence(kind: str) -> None:
    verdict = judged(kind, undefined("no outcomes yet"), Value(1.0, 500))

    assert (verdict.condition, verdict.severity) == (Condition.NO_DATA, None)
    assert "no outcomes yet" in verdict.reason


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"absence"}))
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_never_compared(kind: str, value: float) -> None:
    assert judged(kind, Value(value, 500), Value(1.0, 500)).condition is Condition.INVALID


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"absence"}))
def test_too_few_samples_are_not_judged(kind: str) -> None:
    verdict = judged(kind, Value(0.9, 99), Value(0.9, 99), minimum=100)

    assert verdict.condition is Condition.TOO_LITTLE
    assert "99 of 100 samples" in verdict.reason


@pytest.mark.parametrize("kind", ["anomaly", "drop_from_baseline", "rate_of_change", "seasonal_baseline"])
@pytest.mark.parametrize("before", [undefined("no baseline yet"), Value(math.nan, 500), Value(5.0, 0)])
def test_without_anything_to_compare_with_nothing_is_judged(kind: str, before: Value) -> None:
    verdict = judged(kind, Value(0.9, 500), before, minimum=1)

    assert verdict.condition is Condition.TOO_LITTLE
    assert verdict.reason


numbers = st.floats(-1e6, 1e6, allow_nan=False)


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)
@given(current=numbers, other=numbers, count=st.integers(0, 1000))
def test_a_verdict_is_sound_whatever_the_values_are(kind: str, current: float, other: float, count: int) -> None:
    rule_type, raw = types()[kind], EXAMPLES[kind][1]
    possible = rule_type.severities(rule_type.parse(raw))

    verdict = judged(kind, Value(current, count), Value(other, 500))

    assert verdict == judged(kind, Value(current, count), Value(other, 500))
    assert (verdict.severity in possible) if verdict.condition is Condition.HIT else verdict.severity is None
    assert verdict.condition in {Condition.HIT, Condition.MISS} or verdict.reason
    if verdict.condition is Condition.HIT and verdict.threshold is not None and verdict.value is not None:
        is_beyond = verdict.value > verdict.threshold if verdict.operator == ">" else verdict.value < verdict.threshold
        assert is_beyond or math.isclose(verdict.value, verdict.threshold, rel_tol=1e-9)


@pytest.mark.parametrize("kind", ["anomaly", "seasonal_baseline"])
def test_what_is_compared_with_old_hours_asks_for_whole_hours(kind: str) -> None:
    metric, raw = EXAMPLES[kind]
    rule_type = types()[kind]

    with pytest.raises(InvalidInputError, match="whole hours"):
        rule_type.check(rule_type.parse({**raw, "window_minutes": 90}), METRICS[metric])


@pytest.mark.parametrize("kind", ["anomaly", "drop_from_baseline", "rate_of_change", "seasonal_baseline"])
@pytest.mark.parametrize("lines", [{}, {"medium": 5, "high": 4}])
def test_a_ladder_needs_a_step_and_rises(kind: str, lines: dict[str, float]) -> None:
    rule_type = types()[kind]

    with pytest.raises(InvalidInputError, match=r"at least one severity|not in order"):
        rule_type.check(rule_type.parse(lines), METRICS["accuracy"])


def test_the_same_hours_of_the_weeks_before_are_read() -> None:
    rule_type = types()["seasonal_baseline"]

    looks = rule_type.looks(rule_type.parse({"low": 5, "weeks": 3}), METRICS["prediction_count"], now=NOW)

    assert [look.window.start for look in looks.values()] == [
        datetime(2026, 3, day, 11, tzinfo=UTC) if day > 0 else datetime(2026, 2, 28 + day, 11, tzinfo=UTC)
        for day in (10, 3, -4, -11)
    ]
