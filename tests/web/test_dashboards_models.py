"""Models through the application: register, describe, set targets and money, make a baseline, retire."""

from datetime import timedelta

import pytest

from tests import factories as make
from tests.factories import NOW, WORKED_EXAMPLE
from tests.web.dashboards import fire, ids, page, result, texts, words
from webapp.catalog import queries
from webapp.catalog.models import Target
from webapp.catalog.targets import DEFAULTS
from webapp.core.errors import NotFoundError

MONEY = {
    "model-money-from.value": "2026-03-01",
    "model-money-value.value": "1200",
    "model-money-contact.value": "50",
    "model-money-rate.value": "35",
    "model-money-running.value": "1000",
    "model-money-horizon.value": "12",
    "model-money-currency.value": "eur",
    "model-name.data": "churn",
}
NEW = {
    "models-new-name.value": "credit-risk",
    "models-new-title.value": "Credit risk",
    "models-new-positive.value": "1",
    "models-new-cut.value": "0.4",
    "models-new-owners.value": "ada, omar@example.com",
}


@pytest.fixture
def churn(runtime):
    with runtime.transaction() as session:
        return make.make_model(session, "churn", title="Customer churn")


def stored(runtime, name="churn"):
    with runtime.transaction() as session:
        return queries.model_named(session, name)


def bounds(**changed):
    """Return the fields of the form as the browser sends them: the usual targets with some changed."""
    fields = []
    for metric, target in DEFAULTS.items():
        scale = 100 if metric in {"accuracy", "error_rate", "availability"} else 1
        for bound in ("target", "warning", "critical"):
            value = changed.get(f"{metric}_{bound}", getattr(target, bound) * scale)
            fields.append(({"type": "model-bound", "metric": metric, "bound": bound}, value))
    return {"model-bound": fields}


def test_the_list_shows_each_model_with_its_state(runtime, churn, client_of):
    with runtime.transaction() as session:
        make.make_predictions(session, 5)
        make.make_deployment(session)

    said = texts(page(client_of("analyst"), "/models"))

    assert {"Customer churn", "churn", "active", "v13", "5"} <= set(said)
    assert "Register a model" not in said


def test_a_new_model_is_registered_and_its_page_opened(runtime, client_of):
    response = fire(client_of("data_scientist"), "models-new-problem.children", NEW, changed="models-new-save.n_clicks")

    model = stored(runtime, "credit-risk")
    assert (model.title, model.threshold, model.owners) == ("Credit risk", 0.4, ("ada", "omar@example.com"))
    assert response.get_json()["sideUpdate"]["location"]["pathname"] == "/models/credit-risk"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("models-new-name.value", "", "The name is empty"),
        ("models-new-name.value", "has space", "cannot be a model's name"),
        ("models-new-cut.value", "2", "The threshold is a number from 0.001 to 0.999"),
        ("models-new-cut.value", None, "The threshold needs a number"),
    ],
)
def test_a_model_is_not_registered_with(runtime, client_of, field, value, said):
    response = fire(
        client_of("data_scientist"),
        "models-new-problem.children",
        {**NEW, field: value},
        changed="models-new-save.n_clicks",
    )

    assert said in response.get_data(as_text=True)
    with runtime.transaction() as session, pytest.raises(NotFoundError):
        queries.model_named(session, "credit-risk")


def test_a_name_that_is_taken_is_not_taken_over(runtime, churn, client_of):
    response = fire(
        client_of("data_scientist"),
        "models-new-problem.children",
        {**NEW, "models-new-name.value": "churn"},
        changed="models-new-save.n_clicks",
    )

    assert "There is already a model named" in response.get_data(as_text=True)
    assert stored(runtime).title == "Customer churn"


def test_a_model_that_appeared_by_itself_says_what_to_complete_and_saving_confirms_it(runtime, client_of):
    with runtime.transaction() as session:
        make.make_predictions(session, 3)
    ada = client_of("data_scientist")
    assert "This model appeared with its first event." in texts(page(ada, "/models/churn"))

    fire(
        ada,
        "model-saved.children",
        {
            "model-name.data": "churn",
            "model-title.value": "Customer churn",
            "model-positive.value": "yes",
            "model-cut.value": "0.35",
            "model-owners.value": "ada",
        },
        changed="model-save.n_clicks",
    )

    model = stored(runtime)
    assert (model.status, model.title, model.positive_class, model.threshold) == (
        "active",
        "Customer churn",
        "yes",
        0.35,
    )
    assert "This model appeared with its first event." not in texts(page(ada, "/models/churn"))


def test_a_target_is_edited_in_the_unit_that_people_read(runtime, churn, client_of):
    response = fire(
        client_of("data_scientist"),
        "model-targets-saved.children",
        {"model-name.data": "churn"},
        many=bounds(accuracy_target="91.5", drift_score_warning=0.25),
        changed="model-targets-save.n_clicks",
    )

    assert "Saved" in words(result(response, "model-targets-saved.children"))
    targets = stored(runtime).targets
    assert targets["accuracy"] == Target(0.915, 0.80, 0.70)
    assert targets["drift_score"] == Target(0.1, 0.25, 0.6)
    assert targets["cpu"] == DEFAULTS["cpu"]


def test_bounds_in_the_wrong_order_are_refused_with_the_metrics_name(runtime, churn, client_of):
    response = fire(
        client_of("data_scientist"),
        "model-targets-saved.children",
        {"model-name.data": "churn"},
        many=bounds(accuracy_critical=95, cpu_warning=50),
        changed="model-targets-save.n_clicks",
    )

    said = response.get_data(as_text=True)
    assert "Accuracy: the bounds must fall" in said
    assert "CPU: the bounds must rise" in said
    assert stored(runtime).targets["accuracy"] == DEFAULTS["accuracy"]


def test_money_is_valued_from_its_day_on(runtime, churn, client_of):
    with runtime.transaction() as session:
        make.make_confusion(session, WORKED_EXAMPLE, start=NOW - timedelta(days=8))

    response = fire(client_of("data_scientist"), "model-money.children", MONEY, changed="model-money-save.n_clicks")

    said = texts(result(response, "model-money.children"))
    assert {"€1,200", "€50", "35.0%", "€1,000"} <= set(said)
    assert "€189,000" in texts(page(client_of("executive"), "/executive?model=churn"))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("model-money-from.value", "soon", "The first day is not a day"),
        ("model-money-rate.value", "120", "The save rate is a number from 0 to 100"),
        ("model-money-value.value", "-1", "The customer value is a number from 0 up"),
        ("model-money-currency.value", "dollars", "The currency is longer than 3"),
        ("model-money-currency.value", "12", "a code of three letters"),
    ],
)
def test_money_is_refused_with(runtime, churn, client_of, field, value, said):
    response = fire(
        client_of("data_scientist"),
        "model-money.children",
        {**MONEY, field: value},
        changed="model-money-save.n_clicks",
    )

    assert said in response.get_data(as_text=True)


def test_a_baseline_is_made_from_a_window(runtime, churn, client_of):
    with runtime.transaction() as session:
        make.make_confusion(session, WORKED_EXAMPLE)

    response = fire(
        client_of("data_scientist"),
        "model-baseline-list.children",
        {
            "model-name.data": "churn",
            "model-baseline-since.value": "2026-02-20",
            "model-baseline-until.value": "2026-03-11",
        },
        changed="model-baseline-make.n_clicks",
    )

    assert "2,500" in texts(result(response, "model-baseline-list.children"))
    assert "from 1 to 72" in texts(page(client_of("data_scientist"), "/models/churn"))


def test_a_baseline_counts_from_the_day_that_is_given(runtime, churn, client_of):
    with runtime.transaction() as session:
        make.make_confusion(session, WORKED_EXAMPLE)
    client, values = (
        client_of("data_scientist"),
        {
            "model-name.data": "churn",
            "model-baseline-since.value": "2026-02-20",
            "model-baseline-until.value": "2026-03-11",
        },
    )

    for day, said in (("2026-03-05", "5 Mar 2026"), ("2026-04-01", "A baseline counts from a day that has begun")):
        response = fire(
            client,
            "model-baseline-made.children",
            {**values, "model-baseline-counts.value": day},
            changed="model-baseline-make.n_clicks",
        )
        assert said in response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"problem": "There is no column <b>x</b>."}, "There is no column <b>x</b>."),
        ({"made": 3}, "Baseline 3 was made; drift is measured against it."),
    ],
)
def test_what_the_api_said_of_a_file_is_shown(runtime, churn, client_of, answer, said):
    response = fire(
        client_of("data_scientist"),
        "model-baseline-preview.children",
        {"model-name.data": "churn", "model-baseline-answer.data": answer},
        changed="model-baseline-answer.data",
    )

    assert said in words(
        [result(response, "model-baseline-preview.children"), result(response, "model-baseline-applied.children")]
    )


def test_how_a_file_fits_is_shown_before_it_is_applied(runtime, churn, client_of):
    found = {
        "rows": 1200,
        "matched": ["tenure"],
        "unknown": ["region"],
        "missing": ["contract"],
        "wrong_types": {"tenure": 3},
        "scores": 0,
        "outcomes": 0,
    }
    client = client_of("data_scientist")

    shown = fire(
        client,
        "model-baseline-preview.children",
        {"model-name.data": "churn", "model-baseline-answer.data": {"preview": found, "name": "train.csv"}},
        changed="model-baseline-answer.data",
    )
    broken = fire(
        client,
        "model-baseline-preview.children",
        {"model-name.data": "churn", "model-baseline-answer.data": {"preview": {"rows": "many"}}},
        changed="model-baseline-answer.data",
    )

    said = words(result(shown, "model-baseline-preview.children"))
    assert {"1,200", "1: tenure", "1: region", "1: contract", "1: tenure (3)"} <= set(
        texts(result(shown, "model-baseline-preview.children"))
    )
    assert "What has no column will have no reference" in said
    assert "The file could not be looked at" in broken.get_data(as_text=True)


def test_a_window_that_ends_before_it_begins_makes_no_baseline(runtime, churn, client_of):
    response = fire(
        client_of("data_scientist"),
        "model-baseline-list.children",
        {
            "model-name.data": "churn",
            "model-baseline-since.value": "2026-03-11",
            "model-baseline-until.value": "2026-03-01",
        },
        changed="model-baseline-make.n_clicks",
    )

    assert "before it starts" in response.get_data(as_text=True)


def test_a_retired_model_leaves_the_screens_and_stays_in_the_list(runtime, churn, client_of):
    ada = client_of("data_scientist")

    fire(ada, "model-retire.is_open", {"model-name.data": "churn"}, changed="model-retire-do.n_clicks")

    assert stored(runtime).status == "retired"
    assert "Customer churn" not in words(page(ada, "/"))
    assert "retired" in texts(page(ada, "/models"))


@pytest.mark.parametrize(
    ("role", "may_see", "may_write"),
    [("data_scientist", True, True), ("executive", True, False), ("devops", False, False), ("oncall", False, False)],
)
def test_what_decisions_are_worth_is_for_those_who_may_see_money(runtime, churn, client_of, role, may_see, may_write):
    with runtime.transaction() as session:
        make.make_business(session, churn)

    shown = page(client_of(role), "/models/churn")

    said = set(texts(shown))
    assert ("Business parameters" in said, "$1,200" in said) == (may_see, may_see)
    assert ("model-money-save" in ids(shown)) == may_write


def test_who_may_only_read_sees_no_form(churn, client_of):
    shown = page(client_of("executive"), "/models/churn")

    assert "model-targets-save" not in ids(shown)
    assert "model-retire-do" not in ids(shown)
    assert {"Accuracy", "85", "80", "70"} <= set(texts(shown))


def test_a_model_without_events_shows_how_to_send_the_first(churn, client_of):
    said = words(page(client_of("data_scientist"), "/models/churn"))

    assert '"model": "churn"' in said
    assert "Send the first prediction" in said
