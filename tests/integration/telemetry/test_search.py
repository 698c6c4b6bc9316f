"""Finding single predictions."""

from datetime import timedelta

from tests.factories import NOW, make_model, make_outcomes, make_predictions, outcome, prediction, predictions
from webapp.core.periods import Window
from webapp.telemetry import baselines, search


def test_the_latest_come_first(session):
    model = make_model(session)
    make_predictions(session, predictions(30))
    make_predictions(session, predictions(30, model="other", prefix="o"))

    found = search.latest(session, model, limit=3, now=NOW)

    assert [row.prediction_id for row in found] == ["c-29", "c-28", "c-27"]


def test_old_ones_are_found_without_looking_at_everything(session):
    model = make_model(session)
    make_predictions(session, predictions(5, start=NOW - timedelta(days=200), end=NOW - timedelta(days=190)))

    assert len(search.latest(session, model, limit=50, now=NOW)) == 5


def test_a_text_finds_parts_of_an_id_and_a_full_id_goes_first(session):
    model = make_model(session)
    make_predictions(session, [prediction(name) for name in ("Berlin-1", "berlin-12", "100%_sure")])

    assert [row.prediction_id for row in search.latest(session, model, text="Berlin-1", now=NOW)] == ["Berlin-1"]
    assert len(search.latest(session, model, text="BERLIN", now=NOW)) == 2
    assert [row.prediction_id for row in search.latest(session, model, text="0%_s", now=NOW)] == ["100%_sure"]
    assert search.latest(session, model, text="'; DROP TABLE", now=NOW) == []


def test_one_has_its_features_by_name_outcome_and_error(session):
    model = make_model(session)
    features = {"tenure": 7, "contract": "One year", "plan": None, "size": "tall"}
    make_predictions(session, [prediction("x", features=features, segments={"region": "EU"}, error="too late")])
    make_predictions(session, [prediction("y", features={"size": "12", "tenure": "seven"})])
    make_outcomes(session, [outcome("x", 0)])
    make_outcomes(session, [outcome("x", 1, at=NOW)])

    found = search.find(session, model, "x")

    assert found.features == {"contract": "One year", "size": "tall", "tenure": 7}
    assert (found.version, found.environment, found.error) == ("v12", "production", "too late")
    assert (found.actual, found.outcome_at) == (1, NOW)
    assert [(each.former, each.actual) for each in found.corrections] == [(0, 1)]
    assert found.segments == {"region": "EU"}
    assert search.find(session, model, "y").features["tenure"] == "not a number"
    assert search.find(session, model, "z") is None


def test_categories_are_named_before_and_after_a_baseline(session):
    model = make_model(session)
    make_predictions(session, predictions(200))
    before = search.find(session, model, "c-3").features
    baselines.create_from_window(session, model, Window(NOW - timedelta(days=2), NOW), by="ada", now=NOW)
    make_predictions(session, [prediction("new", features={"contract": "Three year"})])

    assert search.find(session, model, "c-3").features == before
    assert search.find(session, model, "new").features["contract"] == "Three year"
