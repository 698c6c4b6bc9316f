"""Two versions over HTTP."""

from datetime import timedelta

import pytest

from tests.factories import (
    NOW,
    Confusion,
    make_confusion,
    make_deployment,
    make_model,
    make_outcomes,
    make_predictions,
    outcome,
    prediction,
)
from webapp.accounts.permissions import Role

SPAN = "from=2026-03-01T00:00:00Z&to=2026-03-11T00:00:00Z"
PATH = "/api/v1/models/churn/compare"


@pytest.fixture
def ada(client_of):
    return client_of(Role.DATA_SCIENTIST)


@pytest.fixture
def two(runtime):
    with runtime.transaction() as session:
        make_model(session)
        make_confusion(session, Confusion(180, 40, 30, 750), version="v12", end=NOW - timedelta(days=5))
        make_confusion(
            session, Confusion(120, 100, 90, 690), version="v13", start=NOW - timedelta(days=5), prefix="x", seed=8
        )
        make_deployment(session, version="v12", at=NOW - timedelta(days=9))
        make_deployment(session, version="v13", at=NOW - timedelta(days=5), note="retrained")


def test_each_metric_comes_with_its_difference_and_what_it_means(ada, two):
    found = ada.get(f"{PATH}?a=v12&b=v13&{SPAN}").get_json()

    assert (found["a"]["version"], found["b"]["version"]) == ("v12", "v13")
    assert (found["a"]["predictions"], found["a"]["environment"]) == (1000, "production")
    assert found["b"]["deployments"] == [{"at": "2026-03-05T12:00:00Z", "note": "retrained"}]
    accuracy = next(each for each in found["metrics"] if each["metric"] == "accuracy")
    assert (accuracy["a"]["value"], accuracy["b"]["value"]) == (0.93, 0.81)
    assert accuracy["difference"]["verdict"] == "worse"
    assert accuracy["difference"]["low"] < -0.12 < accuracy["difference"]["high"] < 0
    assert found["paired"] is None


def test_without_names_it_is_the_version_deployed_last_and_the_one_before(ada, two):
    found = ada.get(f"{PATH}?{SPAN}&names=recall,accuracy").get_json()

    assert (found["a"]["version"], found["b"]["version"]) == ("v13", "v12")
    assert [each["metric"] for each in found["metrics"]] == ["recall", "accuracy"]


def test_cases_that_both_decided_are_counted(ada, runtime):
    at = NOW - timedelta(days=1)
    with runtime.transaction() as session:
        make_model(session)
        for version, predicted in (("v12", 1), ("v13", 0)):
            environment = "production" if version == "v12" else "shadow"
            sent = [
                prediction(f"s-{n}", version=version, at=at, predicted=predicted, environment=environment)
                for n in range(8)
            ]
            make_predictions(session, sent)
        make_outcomes(session, [outcome(f"s-{n}", 1, at=NOW) for n in range(6)])

    found = ada.get(f"{PATH}?a=v12&b=v13&{SPAN}").get_json()

    paired = found["paired"]
    assert found["b"]["environment"] == "shadow"
    assert (paired["both"], paired["known"], paired["only_a_right"], paired["only_b_right"]) == (8, 6, 6, 0)
    assert paired["p_value"] == pytest.approx(2 / 2**6)


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("a=v12&b=v12", 422, "choose two different versions"),
        ("a=v12&b=v99", 404, "has no version 'v99'"),
        ("a=v12&b=v13&names=nonsense", 422, "There is no metric 'nonsense'"),
    ],
)
def test_what_cannot_be_compared_is_said(ada, two, query, status, said):
    response = ada.get(f"{PATH}?{query}")

    assert response.status_code == status
    assert said in response.get_json()["detail"]


def test_a_single_version_has_nothing_beside_it(ada, runtime):
    with runtime.transaction() as session:
        make_predictions(session, 3)

    response = ada.get(PATH)

    assert response.status_code == 404
    assert "no two versions" in response.get_json()["detail"]


def test_money_is_compared_only_by_those_who_may_see_it(client_of, two):
    assert client_of(Role.ONCALL).get(f"{PATH}?names=net_benefit").status_code == 403
    assert client_of(Role.ANALYST).get(f"{PATH}?names=net_benefit").status_code == 200
