"""Rules of several conditions: how they go together, what is shown, what is not known."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.alerting.verdicts import judge
from webapp.alerting.plugins import types
from webapp.alerting.rule_type import Verdict
from webapp.alerting.severity import Severity
from webapp.alerting.states import Condition
from webapp.core.errors import InvalidInputError
from webapp.metrics.metric import Value, undefined
from webapp.metrics.registry import METRICS

BOTH = [{"medium": 0.3, "high": 0.6}, {"metric": "accuracy", "direction": "below", "medium": 0.8, "high": 0.7}]


def composite(drift: Value, accuracy: Value, match: str = "all") -> Verdict:
    values = {"current": drift, "accuracy": accuracy}
    return judge("composite", {"match": match, "conditions": BOTH}, values)


def test_all_is_as_bad_as_the_mildest_and_any_as_bad_as_the_worst() -> None:
    drift, accuracy = Value(0.7, 500), Value(0.75, 500)

    assert composite(drift, accuracy).severity is Severity.MEDIUM
    assert composite(drift, accuracy, "any").severity is Severity.HIGH
    assert composite(drift, Value(0.9, 500)).condition is Condition.MISS
    assert composite(drift, Value(0.9, 500), "any").condition is Condition.HIT
    assert composite(Value(0.1, 500), Value(0.9, 500), "any").condition is Condition.MISS


def test_the_alert_shows_the_metric_of_the_rule_and_tells_the_others() -> None:
    verdict = composite(Value(0.7, 500), Value(0.75, 480))

    assert (verdict.value, verdict.threshold, verdict.sample_count) == (0.7, 0.6, 500)
    assert verdict.reason == "Accuracy is 75.0%, < 80%"
    other = composite(Value(0.1, 500), Value(0.65, 480), "any")
    assert (other.value, other.threshold) == (0.1, None)
    assert composite(Value(0.7, 500), Value(0.9, 480)).reason == "Accuracy is 90.0%, not < 80%"


GONE = undefined("no outcomes yet")


@pytest.mark.parametrize(
    ("match", "drift", "condition"),
    [
        ("all", 0.1, Condition.MISS),  # whatever the other is
        ("all", 0.7, Condition.NO_DATA),
        ("any", 0.7, Condition.HIT),
        ("any", 0.1, Condition.NO_DATA),
    ],
)
def test_what_is_not_known_decides_nothing(match: str, drift: float, condition: Condition) -> None:
    verdict = composite(Value(drift, 500), GONE, match)

    assert verdict.condition is condition
    assert condition is not Condition.NO_DATA or verdict.reason == "Accuracy: no outcomes yet"


@settings(deadline=None)
@given(st.lists(st.sampled_from([True, False, None]), min_size=1, max_size=5), st.sampled_from(["all", "any"]))
def test_by_chance_the_conditions_go_together_as_in_logic_with_an_unknown(
    truths: list[bool | None], match: str
) -> None:
    names = ["cpu", "memory", "disk", "availability", "cpu"]
    parts = [{"metric": name, "high": 50} for name in names[: len(truths)]]
    truths = [truths[names.index(name)] for name in names[: len(truths)]]
    values = {
        "current" if name == "cpu" else name: Value(99.0 if truth else 1.0, 9) if truth is not None else GONE
        for name, truth in zip(names, truths, strict=False)
    }

    verdict = judge("composite", {"match": match, "conditions": parts}, values, metric="cpu")

    settles = match == "any"  # one that holds settles "any", one that fails settles "all"
    unsettled = None if None in truths else not settles
    expected = settles if settles in truths else unsettled
    outcome = {Condition.HIT: True, Condition.MISS: False, Condition.NO_DATA: None}
    assert outcome[verdict.condition] is expected


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ([{"metric": "joy", "high": 1}], "Condition 1: there is no metric 'joy'."),
        ([{"metric": "cpu", "high": 1}], "not measured on the same things"),
        ([{"metric": "accuracy", "high": 1}], "One condition must be about Drift score"),
        ([{"high": 1}, {}], "Condition 2: set a line"),
        ([{"high": 1, "critical": 0.5}], "Condition 1: the lines are not in order"),
    ],
)
def test_conditions_that_do_not_fit_are_refused_by_number(conditions: list[dict[str, Any]], said: str) -> None:
    rule_type = types()["composite"]

    with pytest.raises(InvalidInputError, match=said):
        rule_type.check(rule_type.parse({"conditions": conditions}), METRICS["drift_score"])


@pytest.mark.parametrize("conditions", [[], [{"high": 1}] * 6])
def test_there_are_one_to_five_conditions(conditions: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidInputError, match="conditions"):
        types()["composite"].parse({"conditions": conditions})
