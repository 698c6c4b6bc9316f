"""Data quality through the application: methods, hundreds of features a page at a time, and what did not arrive."""

import random
from datetime import timedelta

import pytest

from tests import factories as make
from tests.factories import NOW
from tests.web.dashboards import figure, fire, ids, page, result, texts, words
from webapp.catalog.register import put_model
from webapp.core.periods import Window
from webapp.telemetry.baselines import create_from_window
from webapp.telemetry.ingest import accept_predictions

PAGE = "/technical/data?model=wide"
NAMES = [f"f_{number:03}" for number in range(60)]
MOVED = {"f_007", "f_031"}
BEFORE = Window(NOW - timedelta(days=60), NOW - timedelta(days=40))


def sent(count, *, start, end, prefix, shift=0.0):
    rng = random.Random(prefix)
    return [
        make.prediction(
            f"{prefix}-{number}",
            model="wide",
            at=start + number * (end - start) / count,
            features={name: rng.gauss(shift if name in MOVED else 0.0, 1.0) for name in NAMES},
        )
        for number in range(count)
    ]


@pytest.fixture
def wide(runtime):
    """A model with sixty features, of which two moved."""
    with runtime.transaction() as session:
        model = make.make_model(session, "wide", title="Wide model")
        make.make_predictions(session, sent(600, start=BEFORE.start, end=BEFORE.end, prefix="b"))
        make.make_predictions(session, sent(400, start=NOW - timedelta(days=3), end=NOW, prefix="n", shift=1.5))
        create_from_window(session, model, BEFORE, by="ada", now=NOW)
    return model


def listed(tree):
    """Return the features of the table of drift, in its order."""
    return [each["name"] for each in ids(tree) if isinstance(each, dict) and each.get("table") == "drift"]


def choose(client, *, search="?model=wide", text="", moved=(), turned=None):
    values = {
        "data-search.value": text,
        "data-moved.value": list(moved),
        "location.search": search,
        "rendered.data": {"href": PAGE, "path": "/technical/data"},
    }
    many = {} if turned is None else {"data-turn": [({"page": turned, "type": "data-turn"}, 1)]}
    changed = "data-search.value" if turned is None else f'{{"page":{turned},"type":"data-turn"}}.n_clicks'
    return fire(client, "data-features.children", values, many=many, changed=changed)


def test_what_moved_stands_first_and_a_page_has_twenty_five(wide, client_of):
    shown = page(client_of("data_scientist"), PAGE)

    assert len(listed(shown)) == 25
    assert set(listed(shown)[:2]) == MOVED
    assert "1–25 of 60" in words(shown)
    assert len(figure(shown, "Drift score by feature and day")["data"][0]["y"]) == 25


def test_the_address_opens_any_page_of_the_list(wide, client_of):
    shown = page(client_of("data_scientist"), f"{PAGE}&page=3")

    assert len(listed(shown)) == 10
    assert "51–60 of 60" in words(shown)
    assert not MOVED & set(listed(shown))


def test_turning_the_page_shows_the_next_features_and_keeps_the_address(wide, client_of):
    response = choose(client_of("data_scientist"), turned=2)

    assert "26–50 of 60" in words(result(response, "data-features.children"))
    assert result(response, "location.search") == "?model=wide&page=2"
    assert result(response, "rendered.data")["href"] == "/technical/data?model=wide&page=2"


def test_a_feature_is_found_by_a_part_of_its_name(wide, client_of):
    response = choose(client_of("data_scientist"), text="_03", search="?model=wide&page=2")

    found = listed(result(response, "data-features.children"))
    assert found[0] == "f_031"
    assert len(found) == 10
    assert result(response, "location.search") == "?model=wide&q=_03"


def test_only_what_moved_is_listed_when_that_is_asked_for(wide, client_of):
    client = client_of("data_scientist")

    response = choose(client, moved=["moved"])

    assert set(listed(result(response, "data-features.children"))) == MOVED
    assert set(listed(page(client, f"{PAGE}&show=moved"))) == MOVED


def test_a_name_that_no_feature_has_is_a_sentence(wide, client_of):
    response = choose(client_of("data_scientist"), text="<b>nobody</b>")

    assert "No such feature" in words(result(response, "data-features.children"))


@pytest.mark.parametrize("method", ["psi", "kolmogorov_smirnov", "wasserstein", "chi_square", "hellinger"])
def test_another_method_brings_its_own_lines(wide, client_of, method):
    from webapp.drift.registry import METHODS

    shown = page(client_of("data_scientist"), f"{PAGE}&method={method}")

    lines = [shape["x0"] for shape in figure(shown, "Drift score by feature")["layout"]["shapes"]]
    assert lines == [METHODS[method].warning, METHODS[method].critical]
    assert set(listed(shown)[:2]) == MOVED


def test_choosing_a_method_puts_it_into_the_address(wide, client_of):
    client = client_of("data_scientist")

    output = next(
        each["output"]
        for each in client.get("/_dash-dependencies").get_json()
        if [entry["id"] for entry in each["inputs"]] == ["data-method"]
    )
    chosen = fire(
        client,
        output,
        {"data-method.value": "psi", "location.search": "?model=wide&page=2&range=7d"},
        changed="data-method.value",
    )

    assert result(chosen, "location.search") == "?model=wide&range=7d&method=psi"
    assert "There is no drift method 'magic'" in words(page(client, f"{PAGE}&method=magic"))


def test_the_importance_of_each_feature_is_shown_and_weighs_the_score(runtime, wide, client_of):
    with runtime.transaction() as session:
        put_model(session, "wide", now=NOW, importances={"f_007": 1.0, "f_031": 4.0})

    said = texts(page(client_of("data_scientist"), PAGE))

    assert "Importance" in said
    assert any(text.startswith("highest: f_031, ") for text in said)


def test_the_quality_of_each_feature_stands_beside_its_baseline(runtime, wide, client_of):
    with runtime.transaction() as session:
        features = [{"f_000": "70,5", "f_001": None, "f_002": 99.0, "f_003": "1.5"} for _ in range(30)]
        make.make_predictions(
            session,
            [make.prediction(f"q-{number}", model="wide", features=each) for number, each in enumerate(features)],
        )

    shown = page(client_of("data_scientist"), f"{PAGE}&q=f_00")

    said = words(shown)
    assert "Wrong type. f_000 (30): texts where numbers were expected." in said
    assert "7.0% (was 0.0%)" in said
    assert "· 99 " in said  # the largest value now


def test_a_new_feature_beside_the_others_is_learning(runtime, wide, client_of):
    with runtime.transaction() as session:
        renamed = [
            make.prediction(
                f"r-{number}", model="wide", features={"f_new": 1.0 * number}, at=NOW - timedelta(minutes=number)
            )
            for number in range(60)
        ]
        make.make_predictions(session, renamed)

    said = words(page(client_of("data_scientist"), f"{PAGE}&range=24h&q=f_new"))

    assert "was it renamed?" not in said  # every feature still came in these hours
    assert "f_new learning" in said


def test_a_renamed_feature_is_asked_about(runtime, client_of):
    with runtime.transaction() as session:
        model = make.make_model(session, "churn")
        start = NOW - timedelta(days=20)
        make.make_predictions(session, make.predictions(300, start=start, end=NOW - timedelta(days=2)))
        create_from_window(session, model, Window(start, NOW - timedelta(days=10)), by="ada", now=NOW)
        renamed = [
            make.prediction(
                f"r-{number}", features={"tenure": number, "plan": "A"}, at=NOW - timedelta(minutes=2 * number)
            )
            for number in range(60)
        ]
        make.make_predictions(session, renamed)

    said = words(page(client_of("data_scientist"), "/technical/data?model=churn"))

    assert "stopped arriving on 10 Mar; " in said
    assert "appeared the same day: was it renamed?" in said


def test_what_was_refused_is_shown_with_its_remedy_also_of_models_that_do_not_exist(runtime, wide, client_of):
    with runtime.transaction() as session:
        make.make_model(session, "churn")
        late = make.prediction("x-1", model="wide", at=NOW + timedelta(days=1))
        strange = make.prediction("x-2", model="<b>stranger</b>")
        other = make.prediction("x-3", model="churn", at=NOW + timedelta(days=1))
        accept_predictions(session, [late, strange, other], now=NOW)

    said = words(page(client_of("data_scientist"), PAGE))

    assert "What did not arrive 2 refused" in said
    assert "The time is in the future" in said
    assert "Check the sender's clock" in said
    assert "<b>stranger</b>" in said


def test_the_list_of_models_says_what_was_sent_for_models_that_do_not_exist(runtime, client_of):
    with runtime.transaction() as session:
        make.make_model(session, "churn")
        accept_predictions(
            session,
            [make.prediction("x-1", model="chrun"), make.prediction("x-2", at=NOW + timedelta(days=1))],
            now=NOW,
            check_model=lambda name: None if name == "churn" else "is not registered",
        )

    said = words(page(client_of("data_scientist"), "/models"))

    assert "Sent for models that do not exist" in said
    assert "predictions of  chrun 1 The token may not write this model" in said
    assert "The time is in the future" not in said


def test_what_arrived_is_counted_with_how(runtime, wide, client_of):
    with runtime.transaction() as session:
        make.make_predictions(session, sent(400, start=NOW - timedelta(days=3), end=NOW, prefix="n", shift=1.5))
        make.make_outcomes(session, [make.outcome("n-1", 1, model="wide"), make.outcome("unheard", 1, model="wide")])

    said = words(page(client_of("data_scientist"), PAGE))

    assert "400 predictions" in said
    assert "Outcomes without a prediction 1" in said
    assert "outcomes whose prediction id is not known; they join it when it comes" in said
    assert "no earlier week to compare with" in said


def test_without_a_baseline_the_values_are_counted_all_the_same(runtime, client_of):
    with runtime.transaction() as session:
        make.make_predictions(session, 40)

    said = words(page(client_of("data_scientist"), "/technical/data?model=churn"))

    assert "No baseline yet" in said
    assert "Quality of the values" in said
    assert "What did not arrive" in said
