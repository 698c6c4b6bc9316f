"""Rules that compare with the past, by hand."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.alerting.verdicts import judge
from webapp.alerting.rule_type import Verdict
from webapp.alerting.severity import Severity
from webapp.alerting.states import Condition
from webapp.metrics.metric import Value, undefined

# --- the median of the days ----------------------------------------------------------------------------------------


def median_drop(now: float, days: Sequence[Value]) -> Verdict:
    parameters = {"high": 0.05, "days": len(days), "average": "median"}
    return judge(
        "drop_from_baseline", parameters, {"current": Value(now, 200)}, metric="accuracy", steps={"before": days}
    )


def test_one_bad_day_does_not_move_the_median() -> None:
    days = [Value(each, 100) for each in (0.88, 0.87, 0.10, 0.89, 0.88)]

    verdict = median_drop(0.80, days)

    assert (verdict.condition, verdict.compared_with) == (Condition.HIT, 0.88)


def test_half_of_the_days_must_be_known() -> None:
    gone = undefined("no outcomes yet")

    assert median_drop(0.5, [Value(0.9, 100), gone, gone, gone]).reason == (
        "the days before: not enough data: 1 of 4 days are known, 2 are needed"
    )
    assert median_drop(0.5, [Value(0.9, 100), Value(0.9, 100), gone, gone]).condition is Condition.HIT


# --- the same hour of the week -------------------------------------------------------------------------------------


def seasonal(now: float, *weeks: Value, **parameters: Any) -> Verdict:
    values = {"current": Value(now, int(now))} | {f"before {n}": week for n, week in enumerate(weeks, 1)}
    given = {"direction": "drop", "measured_in": "percent", "medium": 50, "high": 80, "weeks": len(weeks), **parameters}
    return judge("seasonal_baseline", given, values, metric="prediction_count")


def counted(*counts: int) -> list[Value]:
    return [Value(float(count), count) for count in counts]


def test_an_hour_is_compared_with_the_median_of_its_weeks() -> None:
    verdict = seasonal(40, *counted(100, 110, 5, 90))

    assert (verdict.condition, verdict.severity) == (Condition.HIT, Severity.MEDIUM)
    assert (verdict.compared_with, verdict.threshold, verdict.operator) == (95.0, 47.5, "<")
    assert seasonal(10, *counted(100, 110, 5, 90)).severity is Severity.HIGH
    assert seasonal(48, *counted(100, 110, 5, 90)).condition is Condition.MISS
    assert seasonal(400, *counted(100, 110, 5, 90)).condition is Condition.MISS


def test_weeks_without_samples_are_not_known() -> None:
    assert seasonal(10, *counted(100, 0, 0, 0)).reason == (
        "the weeks before: not enough data: 1 of 4 weeks are known, 2 are needed"
    )
    assert seasonal(10, *counted(100, 0, 0, 0), weeks_minimum=1).condition is Condition.HIT


# --- rate of change ------------------------------------------------------------------------------------------------


def rate(now: float, before: float, **parameters: Any) -> Verdict:
    values = {"current": Value(now, 50), "before": Value(before, 50)}
    return judge(
        "rate_of_change", {"medium": 50, "over_minutes": 60, **parameters}, values, metric="response_time_mean"
    )


def test_a_rise_is_judged_in_the_unit_or_in_percent() -> None:
    assert rate(160, 100).condition is Condition.HIT
    assert rate(150, 100).condition is Condition.MISS
    assert rate(1060, 1000, measured_in="percent").condition is Condition.MISS
    assert rate(1600, 1000, measured_in="percent").threshold == 1500
    assert rate(40, 100).condition is Condition.MISS
    assert rate(40, 100, direction="either").operator == "<"


def test_of_zero_there_are_no_percent() -> None:
    verdict = rate(10, 0, measured_in="percent")

    assert (verdict.condition, verdict.value) == (Condition.TOO_LITTLE, 10)
    assert verdict.reason == "the earlier value is 0, and of 0 there are no percent"


@settings(deadline=None)
@given(before=st.floats(-1e5, 1e5), nearer=st.floats(-1e5, 1e5), further=st.floats(0, 1e5))
def test_by_chance_a_larger_rise_is_never_milder(before: float, nearer: float, further: float) -> None:
    ladder = {"low": 1, "medium": 10, "high": 1000, "critical": 50_000}

    small, large = rate(nearer, before, **ladder).severity, rate(nearer + further, before, **ladder).severity

    assert (small.rank if small else 0) <= (large.rank if large else 0)


# --- anomaly -------------------------------------------------------------------------------------------------------


HISTORY = (10.0, 11.0, 9.0, 10.0, 12.0, 8.0, 10.0, 11.0, 9.0, 10.0, 12.0, 8.0, 10.0, 500.0)


def anomaly(now: float, history: Sequence[float] = HISTORY, **parameters: Any) -> Verdict:
    steps = {"history": [Value(each, 50) for each in history]}
    given = {"direction": "above", "medium": 3, "high": 6, **parameters}
    return judge("anomaly", given, {"current": Value(now, 50)}, metric="response_time_mean", steps=steps)


def test_a_value_is_measured_in_robust_deviations_that_an_outlier_does_not_move() -> None:
    # The median is 10, the median distance from it 1: a deviation is 1.4826.
    assert anomaly(10 + 3 * 1.4826 - 0.001).condition is Condition.MISS
    verdict = anomaly(10 + 3 * 1.4826 + 0.001)
    assert (verdict.severity, verdict.compared_with) == (Severity.MEDIUM, 10.0)
    assert verdict.threshold == pytest.approx(10 + 3 * 1.4826)
    assert verdict.reason == "3.0 robust deviations above the median of 14 windows"
    assert anomaly(20).severity is Severity.HIGH
    assert anomaly(0.0).condition is Condition.MISS
    assert anomaly(0.0, direction="either").operator == "<"


def test_a_history_that_is_too_short_says_nothing() -> None:
    assert anomaly(99, HISTORY[:9]).reason == ("the days before: not enough data: 9 windows are known of 14")


def test_where_nothing_ever_varies_the_least_change_decides() -> None:
    assert anomaly(99, [0.0] * 20).condition is Condition.TOO_LITTLE
    assert anomaly(0.6, [0.0] * 20, least_change=0.5).severity is Severity.MEDIUM
    assert anomaly(0.4, [0.0] * 20, least_change=0.5).condition is Condition.MISS
    assert anomaly(1.1, [0.0] * 20, least_change=0.5).severity is Severity.HIGH


def test_where_most_values_are_the_same_the_mean_distance_serves() -> None:
    assert anomaly(10.0, [0.0] * 15 + [1.0] * 5).severity is Severity.HIGH
    assert anomaly(0.5, [0.0] * 15 + [1.0] * 5).condition is Condition.MISS


@settings(deadline=None)
@given(
    history=st.lists(st.integers(-1000, 1000), min_size=14, max_size=40),
    shift=st.integers(-1000, 1000),
    now=st.integers(-1000, 1000),
)
def test_by_chance_where_the_scale_begins_does_not_matter(history: list[int], shift: int, now: int) -> None:
    given = {"direction": "either", "medium": 3, "least_change": 1.0}
    here, there = anomaly(now, history, **given), anomaly(now + shift, [each + shift for each in history], **given)

    if here.value is not None and here.threshold is not None and abs(here.value - here.threshold) > 1e-6:
        assert here.condition is there.condition
