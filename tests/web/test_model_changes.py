"""Who changed a model, and what, is written down whichever way it was done."""

from datetime import timedelta

import pytest

from tests import factories as make
from tests.factories import NOW, WORKED_EXAMPLE
from tests.web.dashboards import fire
from webapp.accounts import audit
from webapp.catalog import queries, register
from webapp.catalog.models import Business, Costs

MONEY = {
    "model-name.data": "churn",
    "model-money-from.value": "2026-03-01",
    "model-money-value.value": "1200",
    "model-money-contact.value": "50",
    "model-money-rate.value": "35",
    "model-money-running.value": "1000",
    "model-money-horizon.value": "12",
    "model-money-currency.value": "EUR",
}
AS_SENT = {
    "valid_from": "2026-03-01T00:00:00+00:00",
    "customer_value": 1200,
    "contact_cost": 50,
    "save_rate": 0.35,
    "running_cost_monthly": 1000,
    "horizon_months": 12,
    "currency": "EUR",
}
DESCRIPTION = {
    "model-name.data": "churn",
    "model-title.value": "Churn",
    "model-positive.value": "1",
    "model-cut.value": "0.4",
    "model-owners.value": "ada",
}


@pytest.fixture
def churn(runtime):
    with runtime.transaction() as session:
        return make.make_model(session, "churn", title="Customer churn")


@pytest.fixture
def ada(client_of):
    return client_of("data_scientist")


@pytest.fixture
def written(runtime):
    """Return a function to what was written down of models since, the oldest first."""

    def entries():
        with runtime.transaction() as session:
            found = audit.events(session)
        return [each for each in reversed(found) if each.subject.startswith("model:")]

    return entries


def put(client, **document):
    answer = client.put("/api/v1/models/churn", json=document, headers=client.csrf)
    assert answer.status_code == 200, answer.text


def test_a_description_saved_on_screen_and_over_the_api_reads_the_same(churn, ada, written):
    said = {"title": "Churn", "positive_class": "1", "threshold": 0.4, "owners": ["ada"]}

    fire(ada, "model-saved.children", DESCRIPTION, changed="model-save.n_clicks")
    put(ada, **said)

    on_screen, over_api = written()
    assert (on_screen.action, on_screen.subject, on_screen.actor) == ("model.saved", "model:churn", "Ada")
    assert on_screen.before == {"title": "Customer churn", "positive_class": "1", "threshold": 0.5, "owners": []}
    assert on_screen.after == over_api.before == over_api.after == said


def test_a_model_registered_on_screen_has_nothing_before_it(ada, written):
    fire(
        ada,
        "models-new-problem.children",
        {"models-new-name.value": "credit-risk", "models-new-cut.value": "0.4", "models-new-owners.value": "ada"},
        changed="models-new-save.n_clicks",
    )

    (entry,) = written()
    assert (entry.action, entry.subject, entry.before) == ("model.saved", "model:credit-risk", None)
    assert entry.after == {"task": "binary", "threshold": 0.4, "owners": ["ada"]}


def test_targets_saved_on_screen_tell_the_former_ones(churn, ada, written):
    bounds = [
        ({"type": "model-bound", "metric": "accuracy", "bound": bound}, value)
        for bound, value in {"target": "91.5", "warning": "80", "critical": "70"}.items()
    ]

    fire(
        ada,
        "model-targets-saved.children",
        {"model-name.data": "churn"},
        many={"model-bound": bounds},
        changed="model-targets-save.n_clicks",
    )

    (entry,) = written()
    assert entry.before["targets"]["accuracy"]["target"] == 0.85
    assert entry.after["targets"]["accuracy"] == {"target": 0.915, "warning": 0.8, "critical": 0.7}


def test_money_put_in_force_on_screen_and_over_the_api_reads_the_same(churn, ada, written):
    fire(ada, "model-money.children", MONEY, changed="model-money-save.n_clicks")
    put(ada, business=AS_SENT)

    on_screen, over_api = written()
    assert (on_screen.action, on_screen.before) == ("model.business_set", None)
    assert (over_api.action, over_api.before) == ("model.business_set", on_screen.after)
    assert on_screen.after == over_api.after
    assert on_screen.after.items() >= AS_SENT.items()


def test_what_the_form_of_money_does_not_ask_for_stays(runtime, churn, ada):
    with runtime.transaction() as session:
        former = Business(NOW - timedelta(days=90), 900, 40, costs=Costs(over=2.0, under=9.0))
        register.set_business(session, churn.id, former, now=NOW)

    fire(ada, "model-money.children", MONEY, changed="model-money-save.n_clicks")

    with runtime.transaction() as session:
        *_, last = queries.business(session, [churn.id])[churn.id]
    assert (last.customer_value, last.costs) == (1200, Costs(over=2.0, under=9.0))


def test_a_baseline_made_on_screen_and_over_the_api_reads_the_same(runtime, churn, ada, written):
    with runtime.transaction() as session:
        make.make_confusion(session, WORKED_EXAMPLE)
    days = {"model-baseline-since.value": "2026-02-20", "model-baseline-until.value": "2026-03-11"}

    fire(
        ada,
        "model-baseline-list.children",
        {"model-name.data": "churn"} | days,
        changed="model-baseline-make.n_clicks",
    )
    span = {"from": (NOW - timedelta(days=15)).isoformat(), "to": NOW.isoformat()}
    assert ada.post("/api/v1/models/churn/baseline", json=span, headers=ada.csrf).status_code == 201

    on_screen, over_api = written()
    assert (on_screen.action, on_screen.after["number"], on_screen.after["row_count"]) == ("baseline.made", 1, 2500)
    assert (over_api.action, over_api.after["number"], over_api.actor) == ("baseline.made", 2, "Ada")


def test_a_model_taken_off_the_screens_is_written_down(churn, ada, written):
    fire(ada, "model-retire.is_open", {"model-name.data": "churn"}, changed="model-retire-do.n_clicks")

    (entry,) = written()
    assert (entry.action, entry.before, entry.after) == ("model.retired", {"status": "active"}, {"status": "retired"})


def test_what_is_refused_is_not_written_down_as_done(churn, ada, written):
    fire(ada, "model-saved.children", DESCRIPTION | {"model-cut.value": "7"}, changed="model-save.n_clicks")
    far = ada.put(
        "/api/v1/models/churn", json={"title": "C", "business": AS_SENT | {"horizon_months": 121}}, headers=ada.csrf
    )

    assert far.status_code == 422
    assert written() == []


def test_money_of_the_year_one_is_refused(churn, ada, written):
    early = AS_SENT | {"valid_from": "0001-01-01T00:00:00+14:00"}

    answer = ada.put("/api/v1/models/churn", json={"business": early}, headers=ada.csrf)

    assert answer.status_code == 422
    assert "The first day is in the year 1" in answer.json["detail"]
    assert written() == []


@pytest.mark.parametrize(("months", "said"), [("120", "Saved"), ("121", "The horizon is a number from 0.1 to 120")])
def test_the_horizon_has_one_limit(churn, ada, months, said):
    answer = fire(
        ada, "model-money.children", MONEY | {"model-money-horizon.value": months}, changed="model-money-save.n_clicks"
    )

    assert said in answer.get_data(as_text=True)
