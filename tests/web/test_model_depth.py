"""Segment keys and importances, as a data scientist sets them on the model's page."""

import pytest

from tests import factories as make
from tests.factories import NOW
from tests.web.dashboards import fire, page, words
from webapp.accounts.permissions import Role
from webapp.catalog.queries import model_named

SAVE = {"output": "model-depth-saved.children", "changed": "model-depth-save.n_clicks"}


@pytest.fixture
def plans(runtime):
    with runtime.transaction() as session:
        make.make_model(session, "churn", title="Customer churn", now=NOW)
        make.make_predictions(session, [make.prediction(segments={"plan": "gold", "region": "north"})])
        make.make_outcomes(session, [make.outcome()])


def save(client, keys, weights):
    values = {"model-name.data": "churn", "model-depth-keys.value": keys, "model-depth-weights.value": weights}
    return fire(client, SAVE["output"], values, changed=SAVE["changed"])


def test_keys_and_importances_are_saved_and_written_down(runtime, plans, client_of):
    ada = client_of("data_scientist")
    assert "Keys that arrive now: plan, region." in words(page(ada, "/models/churn"))

    assert save(ada, "plan, region", "tenure 0.31\nmonthly charges = 0.2").status_code == 200

    with runtime.transaction() as session:
        model = model_named(session, "churn")
    assert model.segment_keys == ("plan", "region")
    assert model.importances == {"tenure": 0.31, "monthly charges": 0.2}
    assert "Segments by plan" in words(page(ada, "/technical/performance?model=churn"))
    assert "model.saved" in words(page(client_of("auditor"), "/administration/audit"))


@pytest.mark.parametrize(
    ("keys", "weights", "said"),
    [
        ("a,b,c,d,e,f", "", "at most 5"),
        ("plan", "tenure", "is no importance"),
        ("plan", "tenure -1", "must be a number from 0 up"),
        ("plan", "tenure nan", "must be a number from 0 up"),
    ],
)
def test_what_cannot_be_is_a_sentence(plans, client_of, keys, weights, said):
    assert said in save(client_of("data_scientist"), keys, weights).get_data(as_text=True)


def test_who_may_only_read_sees_what_is_set(plans, client_of):
    said = words(page(client_of(Role.DEVOPS), "/models/churn"))

    assert "Segments and importances" in said
    assert "not given" in said
