"""The dashboards through the application: what is stored comes out as the numbers that people read."""

from datetime import timedelta

import pytest

from tests import factories as make
from tests.factories import NOW, WORKED_EXAMPLE
from tests.web.dashboards import figure, fire, ids, page, result, texts, words
from webapp.catalog import register
from webapp.catalog.models import Business
from webapp.core.periods import Window
from webapp.telemetry.baselines import create_from_window


@pytest.fixture
def worked(runtime):
    """The worked example: 2,500 predictions whose outcomes are known, and the money parameters they are valued by."""
    with runtime.transaction() as session:
        model = make.make_model(session, "churn", title="Customer churn", now=NOW)
        make.make_business(session, model)
        make.make_confusion(session, WORKED_EXAMPLE)
    return model


@pytest.fixture
def with_baseline(runtime, worked):
    with runtime.transaction() as session:
        create_from_window(session, worked, Window(NOW - timedelta(days=10), NOW), by="ada", now=NOW)
    return worked


# --- executive --------------------------------------------------------------------------------------------------------


def test_the_worked_example_comes_out_of_stored_events_on_the_executive_page(worked, client_of):
    said = texts(page(client_of("executive"), "/executive?model=churn"))

    for number in ("88.0%", "71.4%", "78.9%", "450", "$540,000", "$31,500", "$508,500", "1,614.3%", "17.1×"):
        assert number in said
    assert "Outcomes are known for 100% of the predictions." in " ".join(said)


def test_every_number_of_the_executive_page_says_how_it_was_computed(worked, client_of):
    said = words(page(client_of("executive"), "/executive?model=churn"))

    assert said.count("How was this computed?") >= 11
    assert "(TP + TN) / (TP + FP + FN + TN)" in said
    assert "Assumes that all flagged were contacted; assumes that every flagged churner is saved" in said
    assert "With 95 % certainty between 86.7% and 89.2%." in said


def test_the_months_of_the_executive_page_are_those_of_the_events(worked, client_of):
    shown = page(client_of("executive"), "/executive?model=churn")

    impact = figure(shown, "Revenue protected and customers saved by month")
    assert impact["data"][0]["x"][-1] == "Mar 26 …"
    assert impact["data"][0]["y"] == [None] * 5 + [540_000]
    roi = figure(shown, "Return on investment by month")
    assert round(roi["data"][0]["y"][-1], 1) == 1614.3


def test_several_models_add_up_and_a_report_needs_one_of_them(runtime, worked, client_of):
    with runtime.transaction() as session:
        other = make.make_model(session, "credit", title="Credit")
        make.make_business(session, other)
        make.make_confusion(session, WORKED_EXAMPLE, model="credit", prefix="o")

    said = texts(page(client_of("executive"), "/executive"))

    for number in ("88.0%", "900", "$1,080,000", "1,614.3%", "17.1×"):
        assert number in said
    assert "Download report" not in said


def test_money_of_two_currencies_is_never_added(runtime, worked, client_of):
    with runtime.transaction() as session:
        other = make.make_model(session, "credit", title="Credit")
        register.set_business(session, other.id, Business(NOW - timedelta(days=30), 100, 5, currency="EUR"), now=NOW)
        make.make_confusion(session, WORKED_EXAMPLE, model="credit", prefix="o")

    said = words(page(client_of("executive"), "/executive"))

    assert "The models count in different currencies; choose one" in said
    assert "900" in said  # customers have no currency


def test_what_cannot_be_computed_says_why(runtime, client_of):
    with runtime.transaction() as session:
        make.make_predictions(session, 40)

    shown = page(client_of("executive"), "/executive?model=churn")

    assert "No outcomes are known yet" in words(shown)
    assert texts(shown).count("no data") >= 9  # every number that needs outcomes or money
    assert "$0" not in texts(shown)


def test_the_executive_page_without_models_says_what_to_do(client_of):
    assert "Add the first model" in words(page(client_of("executive"), "/executive"))


def test_a_model_that_does_not_exist_is_a_sentence(worked, client_of):
    assert "There is no model named 'nobody'" in words(page(client_of("executive"), "/executive?model=nobody"))


# --- mission control --------------------------------------------------------------------------------------------------


def test_every_model_is_a_tile_with_its_health_and_why(worked, client_of):
    said = words(page(client_of("devops"), "/"))

    assert "Customer churn" in said
    assert "Healthy" in said
    assert "within their lines" in said
    assert "No open alerts" in said


def test_without_a_model_four_steps_lead_to_the_first(client_of):
    said = words(page(client_of("data_scientist"), "/"))

    for step in ("Add a model", "Send the first prediction", "Make a baseline", "Let rules watch it"):
        assert step in said
    assert "curl -X POST http://localhost/api/v1/predictions" in said
    assert "urllib.request" in said


def test_the_first_model_is_led_on_until_it_is_compared_with_a_baseline(runtime, worked, client_of):
    ada = client_of("data_scientist")
    assert "Make a baseline" in words(page(ada, "/"))

    with runtime.transaction() as session:
        create_from_window(session, worked, Window(NOW - timedelta(days=10), NOW), by="ada", now=NOW)

    assert "Make a baseline" not in words(page(ada, "/"))


def test_a_model_that_appeared_by_itself_asks_to_be_completed(runtime, client_of):
    with runtime.transaction() as session:
        make.make_predictions(session, 3)

    assert "Complete this model" in words(page(client_of("data_scientist"), "/"))


# --- technical --------------------------------------------------------------------------------------------------------


def test_the_performance_tab_shows_the_confusion_at_the_models_threshold(worked, client_of):
    shown = page(client_of("data_scientist"), "/technical/performance?model=churn")

    cells = figure(shown, "Confusion matrix")["data"][0]["text"]
    assert [text.partition("<")[0] for row in cells for text in row] == ["1,750", "180", "120", "450"]
    assert "100.0% of 2,500" in texts(shown)


def test_moving_the_threshold_recounts_the_same_predictions(worked, client_of):
    response = fire(
        client_of("data_scientist"),
        "performance-confusion.figure",
        {"performance-threshold.value": 1.0, "location.search": "?model=churn"},
        changed="performance-threshold.value",
    )

    cells = result(response, "performance-confusion.figure")["data"][0]["text"]
    assert [text.partition("<")[0] for row in cells for text in row] == ["1,930", "0", "570", "0"]
    assert "0 of 2,500" in words(result(response, "performance-at-threshold.children"))


@pytest.mark.parametrize("value", [None, "much", 7, float("1e400")])
def test_a_threshold_that_is_none_is_a_sentence_and_no_fault(worked, client_of, value):
    response = fire(
        client_of("data_scientist"),
        "performance-confusion.figure",
        {"performance-threshold.value": value if value != float("inf") else "inf", "location.search": "?model=churn"},
        changed="performance-threshold.value",
    )

    assert response.status_code in {200, 204}
    assert "The threshold" in response.get_data(as_text=True)


def test_an_executive_cannot_move_the_threshold_even_by_hand(worked, client_of):
    insider, outsider = client_of("data_scientist"), client_of("executive")
    outsider_posts = _Disguised(insider, outsider)

    response = fire(
        outsider_posts,
        "performance-confusion.figure",
        {"performance-threshold.value": 0.9, "location.search": "?model=churn"},
        changed="performance-threshold.value",
    )

    assert response.status_code == 403


def test_the_data_tab_asks_for_a_baseline_first(worked, client_of):
    assert "No baseline yet" in words(page(client_of("data_scientist"), "/technical/data?model=churn"))


def test_the_data_tab_compares_each_feature_with_the_baseline(with_baseline, client_of):
    shown = page(client_of("data_scientist"), "/technical/data?model=churn")

    bars = figure(shown, "Drift score by feature")
    assert {row[0] for trace in bars["data"] for row in trace["customdata"]} == {"tenure", "contract"}
    assert "2 features" not in words(shown)
    assert {"type": "data-feature", "name": "tenure", "table": "drift"} in ids(shown)


def test_pressing_a_bar_shows_the_features_two_distributions(with_baseline, client_of):
    clicked = {"points": [{"customdata": ["contract", "contract: 0.000"]}]}

    response = fire(
        client_of("data_scientist"),
        "data-feature-detail.children",
        {"data-drift-bars.clickData": clicked, "location.search": "?model=churn"},
        changed="data-drift-bars.clickData",
    )

    shown = result(response, "data-feature-detail.children")
    traces = figure(shown, "Values of contract: baseline and now")["data"]
    assert [trace["name"] for trace in traces] == ["Baseline", "Now"]
    assert {"Month-to-month", "Two year"} <= set(traces[0]["x"])


def test_pressing_a_row_shows_the_feature_too(with_baseline, client_of):
    button = {"name": "tenure", "table": "drift", "type": "data-feature"}

    response = fire(
        client_of("data_scientist"),
        "data-feature-detail.children",
        {"location.search": "?model=churn"},
        many={"data-feature": [(button, 1)]},
        changed='{"name":"tenure","table":"drift","type":"data-feature"}.n_clicks',
    )

    assert "tenure" in texts(result(response, "data-feature-detail.children"))


def test_a_bar_of_a_feature_that_is_not_there_is_a_sentence(with_baseline, client_of):
    response = fire(
        client_of("data_scientist"),
        "data-feature-detail.children",
        {"data-drift-bars.clickData": {"points": [{"customdata": ["nobody"]}]}, "location.search": "?model=churn"},
        changed="data-drift-bars.clickData",
    )

    assert "This feature has no values in the window" in response.get_data(as_text=True)


def test_the_health_tab_shows_machines_by_instance(runtime, worked, client_of):
    with runtime.transaction() as session:
        make.make_measurements(session, "cpu_percent", [40.0, 90.0], instance="api-1")
        make.make_measurements(session, "cpu_percent", [20.0, 30.0], instance="api-2")

    shown = page(client_of("devops"), "/technical/health?model=churn&range=24h")

    assert {trace["name"] for trace in figure(shown, "CPU by instance")["data"]} == {"api-1", "api-2"}
    assert "Send the measurement memory_percent to see it here." in words(shown)


def test_the_gauges_stand_on_each_tab(runtime, worked, client_of):
    with runtime.transaction() as session:
        make.make_measurements(session, "cpu_percent", [50.0] * 5)

    for tab in ("performance", "data", "health", "predictions"):
        said = words(page(client_of("devops"), f"/technical/{tab}?model=churn"))
        assert "Rules evaluated" in said
        assert "50.0%" in said


def test_a_prediction_is_found_by_a_part_of_its_id(worked, client_of):
    response = fire(
        client_of("oncall"),
        "predictions-rows.children",
        {"predictions-search.value": "w-2499", "location.search": "?model=churn"},
        changed="predictions-search.value",
    )

    assert "w-2499" in texts(result(response, "predictions-rows.children"))
    assert "w-2498" not in texts(result(response, "predictions-rows.children"))


def test_one_prediction_shows_its_features_and_its_outcome(worked, client_of):
    button = {"id": "w-7", "type": "prediction"}

    response = fire(
        client_of("oncall"),
        "predictions-detail.children",
        {"location.search": "?model=churn"},
        many={"prediction": [(button, 1)]},
        changed='{"id":"w-7","type":"prediction"}.n_clicks',
    )

    said = texts(result(response, "predictions-detail.children"))
    assert {"w-7", "tenure", "contract", "Outcome", "Outcome came"} <= set(said)


def test_the_address_of_a_prediction_opens_it(worked, client_of):
    client = client_of("oncall")

    assert "tenure" in texts(page(client, "/technical/predictions?model=churn&prediction=w-7"))
    assert "There is no prediction 'nobody'" in words(
        page(client, "/technical/predictions?model=churn&prediction=nobody")
    )


@pytest.mark.parametrize("tab", ["performance", "data", "health", "predictions"])
def test_a_technical_tab_without_models_says_what_to_do(client_of, tab):
    assert "Add the first model" in words(page(client_of("data_scientist"), f"/technical/{tab}"))


@pytest.mark.parametrize("tab", ["performance", "data", "health", "predictions"])
def test_a_window_without_anything_is_shown_without_a_fault(worked, client_of, tab):
    shown = page(client_of("data_scientist"), f"/technical/{tab}?model=churn&from=2025-01-01&to=2025-01-03")

    assert "Something went wrong" not in words(shown)


def test_names_from_outside_stand_as_text(runtime, client_of):
    hostile = "<img src=x onerror=alert(1)>"
    with runtime.transaction() as session:
        make.make_model(session, "churn", title=hostile)
        make.make_predictions(session, [make.prediction("p-1", version=hostile, features={hostile: 1.0})])

    shown = page(client_of("data_scientist"), "/technical/predictions?model=churn")

    assert hostile in texts(shown)
    volume = figure(shown, "Predictions over time by version")
    assert volume["data"][0]["name"] == "&lt;img src=x onerror=alert(1)&gt;"


# --- impact -----------------------------------------------------------------------------------------------------------


def test_impact_shows_what_was_invested_and_what_came_back(worked, client_of):
    shown = page(client_of("analyst"), "/impact?model=churn")

    said = texts(shown)
    for number in ("$540,000", "$31,500", "$508,500", "1,614.3%"):
        assert number in said
    assert "March 2026, 1,614.3%" in said
    flow = figure(shown, "Investment and returns by month")["data"]
    assert [trace["y"][-1] for trace in flow] == [31_500, 540_000]


def test_other_prices_are_tried_on_the_same_decisions_and_not_kept(worked, client_of):
    prices = {
        "impact-worth.value": 600,
        "impact-contact.value": 100,
        "impact-rate.value": 50,
        "location.search": "?model=churn",
    }

    response = fire(client_of("analyst"), "impact-outcome.children", prices, changed="impact-worth.value")

    said = texts(result(response, "impact-outcome.children"))
    assert {"$540,000", "$135,000", "$31,500", "$63,000", "$72,000", "114.3%"} <= set(said)
    assert "$135,000" not in texts(page(client_of("analyst"), "/impact?model=churn"))


def test_prices_that_are_none_are_refused(worked, client_of):
    prices = {"impact-worth.value": -5, "impact-contact.value": 1, "impact-rate.value": 1, "location.search": ""}

    response = fire(client_of("analyst"), "impact-outcome.children", prices, changed="impact-worth.value")

    assert "The customer value is a number from 0 up" in response.get_data(as_text=True)


def test_impact_without_prices_leads_to_them(runtime, client_of):
    with runtime.transaction() as session:
        make.make_confusion(session, WORKED_EXAMPLE)

    said = words(page(client_of("analyst"), "/impact?model=churn"))

    assert "No business parameters" in said
    assert "Set them" in said


class _Disguised:
    """Knows the callbacks of one person and posts them as another."""

    def __init__(self, knows, posts):
        self.knows, self.posts, self.csrf = knows, posts, posts.csrf

    def get(self, address):
        return self.knows.get(address)

    def post(self, address, **options):
        return self.posts.post(address, **options)
