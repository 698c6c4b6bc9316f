"""What forecasts and answers of several classes cost or are worth, as the business parameters say."""

from dataclasses import replace

import pytest

from tests.unit.metrics.answered import class_counts, error_counts, of_classes, of_errors
from tests.unit.metrics.evidence import BUSINESS, MARCH
from webapp.catalog.models import Costs
from webapp.metrics.evidence import MoneyPeriod
from webapp.metrics.queries import value_of
from webapp.metrics.registry import METRICS

NAMES = ("billing", "hardware", "network")


def with_costs(evidence, costs):
    business = replace(BUSINESS, costs=costs)
    return replace(evidence, money=(MoneyPeriod.of(business, MARCH, evidence.aggregate),))


def test_a_unit_too_much_and_a_unit_too_little_cost_what_they_cost():
    evidence = of_errors(error_counts([12, 7, 5], [10, 10, 5]))

    found = METRICS["forecast_cost"].compute(with_costs(evidence, Costs(over=1.5, under=4.0)))

    assert found.value == pytest.approx(2 * 1.5 + 3 * 4.0)
    assert found.sample_count == 3


def test_answers_are_worth_what_the_matrix_says_and_else_the_usual():
    evidence = of_classes(class_counts([0, 0, 1, 2, 2], [0, 1, 1, 1, 0], names=NAMES))
    costs = Costs(right=5.0, wrong=-8.0, matrix={"network": {"hardware": -20.0}})

    found = METRICS["decision_value"].compute(with_costs(evidence, costs))

    assert found.value == 2 * 5 - 8 - 20 - 8


@pytest.mark.parametrize(
    ("name", "evidence", "what"),
    [
        ("forecast_cost", of_errors(error_counts([12], [10])), "over- or under-forecasting"),
        ("decision_value", of_classes(class_counts([0], [0], names=NAMES)), "right or wrong answers"),
    ],
)
def test_without_costs_the_reason_says_where_to_set_them(name, evidence, what):
    for asked in (evidence, with_costs(evidence, Costs())):
        reason = METRICS[name].compute(asked).reason

        assert what in reason
        assert "among the business parameters of the model" in reason


def test_without_outcomes_nothing_has_cost_anything():
    evidence = of_errors(error_counts([], []), predictions=4)

    assert METRICS["forecast_cost"].compute(with_costs(evidence, Costs(over=1.0))).reason == "no outcomes yet"


def test_what_is_not_known_yet_is_told():
    evidence = of_errors(error_counts([12, 7], [10, 10]), predictions=4)

    found = METRICS["forecast_cost"].compute(with_costs(evidence, Costs(under=2.0)))

    assert found.value == 6
    assert found.note == "realised: from the 50% of predictions whose outcome is known"


def test_money_of_yes_and_no_is_not_asked_of_others():
    evidence = with_costs(of_errors(error_counts([12], [10])), Costs(over=1.0))

    assert value_of(METRICS["roi"], evidence).reason == "not defined for regression models"
