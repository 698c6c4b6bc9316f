"""Thresholds, drops and absences by hand, and the pack."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.alerting.verdicts import NOW, judge
from webapp.alerting.document import RuleDocument
from webapp.alerting.plugins import prepare, types
from webapp.alerting.rule_pack import RULE_PACK
from webapp.alerting.rule_type import Verdict
from webapp.alerting.severity import Severity
from webapp.alerting.states import Condition
from webapp.core.errors import InvalidInputError
from webapp.metrics.metric import Metric, Value, undefined
from webapp.metrics.registry import METRICS

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


# --- the pack -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(RULE_PACK))
def test_the_pack_fits_what_is_installed(key: str) -> None:
    prepared = prepare(RULE_PACK[key])

    assert prepared.rule_type.severities(prepared.parameters)
    assert prepared.rule_type.condition_text(prepared.parameters, prepared.metric)
    assert msgspec.convert(msgspec.to_builtins(RULE_PACK[key]), type=RuleDocument) == RULE_PACK[key]


# --- threshold ------------------------------------------------------------------------------------------------------


LADDER = {"direction": "above", "medium": 0.3, "high": 0.6}


@pytest.mark.parametrize(
    ("value", "severity"),
    [(0.0, None), (0.3, None), (0.31, Severity.MEDIUM), (0.6, Severity.MEDIUM), (0.61, Severity.HIGH)],
)
def test_a_ladder_gives_the_worst_line_that_is_passed(value: float, severity: Severity | None) -> None:
    verdict = judge("threshold", LADDER, {"current": Value(value, 500)})

    assert verdict.severity == severity
    assert verdict.condition is (Condition.MISS if severity is None else Condition.HIT)
    assert verdict.threshold == (0.6 if severity is Severity.HIGH else 0.3)


def test_below_is_the_other_way_round() -> None:
    down = {"direction": "below", "medium": 0.75, "critical": 0.5}

    assert judge("threshold", down, {"current": Value(0.8, 9)}).condition is Condition.MISS
    assert judge("threshold", down, {"current": Value(0.7, 9)}).severity is Severity.MEDIUM
    assert judge("threshold", down, {"current": Value(0.4, 9)}).severity is Severity.CRITICAL


def test_the_line_on_the_way_back_keeps_what_fires_and_starts_nothing() -> None:
    parameters = {**LADDER, "recover_at": 0.2}

    assert judge("threshold", parameters, {"current": Value(0.25, 9)}).condition is Condition.MISS
    held = judge("threshold", parameters, {"current": Value(0.25, 9)}, is_active=True)
    assert (held.condition, held.severity) == (Condition.HIT, Severity.MEDIUM)
    assert judge("threshold", parameters, {"current": Value(0.2, 9)}, is_active=True).condition is Condition.MISS


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_invalid_and_never_compared(value: float) -> None:
    assert judge("threshold", LADDER, {"current": Value(value, 500)}).condition is Condition.INVALID


def test_too_few_samples_are_not_judged() -> None:
    verdict = judge("threshold", LADDER, {"current": Value(0.9, 99)}, minimum=100)

    assert verdict.condition is Condition.TOO_LITTLE
    assert verdict.reason == "not enough data: 99 of 100 samples"


def test_without_a_value_there_is_no_data_and_the_reason_is_kept() -> None:
    verdict = judge("threshold", LADDER, {"current": undefined("no baseline yet")})

    assert (verdict.condition, verdict.reason) == (Condition.NO_DATA, "no baseline yet")


@given(
    value=st.floats(allow_nan=False, allow_infinity=False), lines=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=4)
)
def test_by_chance_it_is_hit_just_when_the_first_line_is_passed(value: float, lines: list[float]) -> None:
    names = [severity.value for severity in Severity]
    parameters = dict(zip(names, sorted(set(lines)), strict=False))

    verdict = judge("threshold", parameters, {"current": Value(value, 5)})

    passed = [name for name, at in parameters.items() if value > at]
    assert verdict.severity == (Severity(passed[-1]) if passed else None)


# --- drop from baseline ---------------------------------------------------------------------------------------------


def drop(now: Value, before: Value, **parameters: Any) -> Verdict:
    values = {"current": now, "before": before}
    return judge("drop_from_baseline", {"high": 0.05, **parameters}, values, metric="accuracy", minimum=30)


def test_a_drop_is_measured_against_the_days_before() -> None:
    verdict = drop(Value(0.80, 200), Value(0.88, 9000))

    assert (verdict.condition, verdict.severity, verdict.compared_with) == (Condition.HIT, Severity.HIGH, 0.88)
    assert verdict.threshold == pytest.approx(0.83)
    assert drop(Value(0.84, 200), Value(0.88, 9000)).condition is Condition.MISS
    assert drop(Value(0.95, 200), Value(0.88, 9000)).condition is Condition.MISS


def test_a_rise_is_the_other_way_round() -> None:
    assert drop(Value(0.95, 200), Value(0.88, 9000), direction="rise").condition is Condition.HIT


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (Value(0.5, 29), Value(0.88, 9000)),
        (Value(0.5, 200), Value(0.88, 99)),
        (Value(0.5, 200), undefined("no outcomes yet", sample_count=4)),
    ],
)
def test_little_evidence_on_either_side_is_not_judged(now: Value, before: Value) -> None:
    assert drop(now, before).condition is Condition.TOO_LITTLE


def test_the_days_before_end_where_the_judged_window_begins_to_the_hour() -> None:
    rule_type = types()["drop_from_baseline"]

    looks = rule_type.looks(rule_type.parse({"high": 0.05, "days": 30}), METRICS["accuracy"], now=NOW)

    assert looks["current"].window.start == NOW - DAY
    assert looks["before"].window.end == datetime(2026, 3, 9, 12, tzinfo=UTC)
    assert looks["before"].window.duration == 30 * DAY


# --- absence --------------------------------------------------------------------------------------------------------


def volume(now: float, *weeks: float) -> Verdict:
    values = {"current": Value(now, int(now))}
    values |= {f"before {n}": Value(count, int(count)) for n, count in enumerate(weeks, 1)}
    parameters = {"severity": "medium", "fewer_than": 10, "usual_above": 50}
    return judge("absence", parameters, values, metric="prediction_count")


def test_a_thin_hour_counts_only_where_a_full_one_is_usual() -> None:
    assert volume(9, 80, 70, 90, 60).severity is Severity.MEDIUM
    assert volume(10, 80, 70, 90, 60).condition is Condition.MISS
    assert volume(0, 50, 50, 50, 50).condition is Condition.MISS
    assert volume(0, 0, 0, 0, 0).condition is Condition.MISS
    assert volume(3, 0, 0, 0, 80).condition is Condition.HIT  # weeks before the first day say nothing


def test_the_usual_hours_are_the_same_hour_of_the_weeks_before() -> None:
    rule_type = types()["absence"]

    looks = rule_type.looks(rule_type.parse({"fewer_than": 10}), METRICS["prediction_count"], now=NOW)

    starts = [look.window.start for look in looks.values()]
    assert starts == [datetime(2026, 3, 10, 11, tzinfo=UTC) - week * 7 * DAY for week in range(5)]
    assert {look.window.duration for look in looks.values()} == {HOUR}


def heartbeat(silence: int, *, value: Value | None = None, watched: int = 3600) -> Verdict:
    return judge(
        "absence",
        {"intervals": 2, "every_seconds": 60},
        {"current": value or Value(1.0, 2)},
        metric="availability",
        newest=NOW - timedelta(seconds=silence),
        watched_since=NOW - timedelta(seconds=watched),
    )


def test_a_heartbeat_is_missed_after_its_intervals() -> None:
    assert heartbeat(119).condition is Condition.MISS
    late = heartbeat(120)
    assert (late.condition, late.severity) == (Condition.HIT, Severity.CRITICAL)


def test_while_nobody_was_listening_silence_proves_nothing() -> None:
    assert heartbeat(900, watched=119).condition is Condition.MISS
    assert heartbeat(900, watched=120).condition is Condition.HIT


def test_checks_that_fail_count_like_silence() -> None:
    assert heartbeat(5, value=Value(0.0, 2)).condition is Condition.HIT
    assert heartbeat(5, value=Value(0.0, 1)).condition is Condition.MISS
    assert heartbeat(5, value=Value(0.5, 2)).condition is Condition.MISS


def flow(recent: int, before: int) -> Verdict:
    values = {"current": Value(float(recent), recent), "before": Value(float(before), before)}
    parameters = {"intervals": 3, "every_seconds": 600}
    return judge("absence", parameters, values, metric="prediction_count")


def test_a_model_that_falls_silent_is_noticed_and_one_that_never_spoke_is_not() -> None:
    assert flow(0, 500).condition is Condition.HIT
    assert flow(1, 500).condition is Condition.MISS
    assert flow(0, 0).condition is Condition.NO_DATA


# --- windows --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metric", "start", "end"),
    [
        ("accuracy", NOW - DAY, NOW),
        ("drift_score", NOW - DAY, NOW),
        ("error_rate", NOW - timedelta(minutes=5), NOW),
        ("cpu", NOW - timedelta(minutes=5), NOW),
        ("net_benefit", NOW - HOUR, NOW),
        ("prediction_count", datetime(2026, 3, 10, 11, tzinfo=UTC), datetime(2026, 3, 10, 12, tzinfo=UTC)),
    ],
)
def test_each_metric_has_a_window_that_suits_it(metric: str, start: datetime, end: datetime) -> None:
    rule_type = types()["threshold"]

    window = rule_type.looks(rule_type.parse({"high": 1}), METRICS[metric], now=NOW)["current"].window

    assert (window.start, window.end) == (start, end)


def test_a_rule_may_choose_its_window() -> None:
    rule_type = types()["threshold"]

    look = rule_type.looks(rule_type.parse({"high": 1, "window_minutes": 90}), METRICS["cpu"], now=NOW)["current"]

    assert look.window.duration == timedelta(minutes=90)


def test_a_metric_that_every_rule_type_can_name_has_a_label() -> None:
    metrics: list[Metric] = list(METRICS.values())

    assert all(metric.label for metric in metrics)


def test_parameters_that_are_unknown_are_named() -> None:
    with pytest.raises(InvalidInputError, match="colour"):
        types()["threshold"].parse({"colour": 1})
