"""The rules that draw attention, each with its evidence."""

import dataclasses

import pytest

from tests.unit.reporting import made
from webapp.alerting.severity import Severity
from webapp.alerting.types import Status
from webapp.metrics.metric import Value
from webapp.reporting.document import Level
from webapp.reporting.facts import Facts
from webapp.reporting.observations import Observation, observations

CALM = made.alert_month(opened=0, unresolved=0, worst=())


def seen(facts: Facts | None = None, **values: Value) -> list[Observation]:
    """Return what is seen in the worked example with other values, and no alerts."""
    given = {"drift_score": Value(0.05)} | values
    model = made.model_facts(now=made.worked_values() | given)
    return list(observations(facts or made.facts(model, alerts=CALM)))


def test_a_month_in_which_every_target_is_met_draws_no_attention():
    assert seen() == []


@pytest.mark.parametrize(
    ("name", "value", "level"),
    [
        ("accuracy", 0.79, Level.ATTENTION),
        ("accuracy", 0.69, Level.CRITICAL),
        ("drift_score", 0.31, Level.ATTENTION),
        ("drift_score", 0.61, Level.CRITICAL),
        ("error_rate", 0.06, Level.ATTENTION),
        ("response_time_mean", 2_500.0, Level.CRITICAL),
        ("roi", 150.0, Level.ATTENTION),
        ("roi", -20.0, Level.CRITICAL),
    ],
)
def test_a_value_beyond_its_line_is_told_with_the_line(name, value, level):
    (found,) = seen(**{name: Value(value)})

    assert (found.rule, found.level) == (f"target:{name}", level)
    assert "the target is" in found.evidence


@pytest.mark.parametrize(("name", "value"), [("accuracy", 0.82), ("drift_score", 0.2), ("roi", 250.0)])
def test_a_value_between_target_and_warning_is_no_cause_for_attention(name, value):
    assert not [each for each in seen(**{name: Value(value)}) if each.rule.startswith("target:")]


def test_a_clear_fall_is_told_though_the_target_is_still_met():
    before = made.worked_values() | {"accuracy": made.share(2_400, 2_500)}
    model = made.model_facts(now=made.worked_values() | {"drift_score": Value(0.05)}, before=before)

    (found,) = seen(made.facts(model, alerts=CALM))

    assert found.rule == "drop:accuracy"
    assert "88.0% after 96.0%" in found.evidence


def test_an_alert_that_is_high_and_not_resolved_is_named_with_its_owner():
    alerts = made.alert_month(
        worst=(
            made.alert_row(),
            made.alert_row(severity=Severity.LOW, title="Low"),
            made.alert_row(status=Status.RESOLVED, title="Resolved"),
            made.alert_row(severity=Severity.CRITICAL, title="Down", assignee=None, acknowledged_by=None),
        )
    )
    facts = dataclasses.replace(made.facts(), alerts=alerts)

    found = [each for each in observations(facts) if each.rule == "unresolved-alert"]

    assert [each.title for each in found] == [
        "Unresolved: Down",
        "Unresolved: Drift of MonthlyCharges in Customer churn",
    ]
    assert [each.owner for each in found] == ["Nobody has taken it", "Owner omar"]


def test_the_worst_comes_first():
    levels = [each.level for each in seen(drift_score=Value(0.4), accuracy=Value(0.5))]

    assert levels == [Level.CRITICAL, Level.ATTENTION]


def test_among_several_models_each_is_named():
    bad = made.model_facts(
        model=made.model(id=2, name="credit", title="Credit default"),
        now=made.worked_values() | {"accuracy": Value(0.5), "drift_score": Value(0.05)},
    )
    good = made.model_facts(now=made.worked_values() | {"drift_score": Value(0.05)})

    (found,) = observations(made.facts(good, bad, alerts=CALM))

    assert found.title.startswith("Credit default: Accuracy is 50.0%")


def test_an_alert_from_outside_without_a_value_names_its_sender():
    row = made.alert_row(rule_id=None, value=None, value_text="", threshold_text="", source_name="prod-cluster")
    facts = dataclasses.replace(made.facts(), alerts=made.alert_month(worst=(row,)))

    (found,) = [each for each in observations(facts) if each.rule == "unresolved-alert"]

    assert found.evidence == "High alert, acknowledged: sent by prod-cluster."
