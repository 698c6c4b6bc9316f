"""Features that misbehave: of another type from some day on, all missing, renamed, constant, out of range."""

from datetime import timedelta

import pytest

from tests.factories import NOW, make_model, make_predictions, prediction, predictions
from webapp.core.periods import DAY, Window
from webapp.metrics.drift import Level, steps, study
from webapp.metrics.feature_quality import quality, renamed
from webapp.telemetry import baselines

BEFORE = Window(NOW - timedelta(days=20), NOW - timedelta(days=10))
WEEK = Window(NOW - timedelta(days=7), NOW)


@pytest.fixture
def model(session):
    made = make_model(session)
    make_predictions(session, predictions(1000, start=BEFORE.start, end=BEFORE.end, prefix="b"))
    baselines.create_from_window(session, made, BEFORE, by="ada", now=NOW)
    return made


def sent(count, features, *, start=WEEK.start, end=WEEK.end, prefix="s"):
    """Return as many predictions, of which each has the features that the function gives for its number."""
    return [
        prediction(f"{prefix}-{number}", at=start + number * (end - start) / count, features=features(number))
        for number in range(count)
    ]


def qualities(session, model, window=WEEK):
    found = study(session, model, window, now=NOW)
    return quality(found.current.features, found.known)


def test_numbers_that_became_texts_are_read_where_they_can_be_and_counted_where_not(session, model):
    written = ("70.5", "70,5", 70.5)
    make_predictions(session, sent(300, lambda n: {"monthly_charges": written[n % 3], "tenure": 5}))

    found = qualities(session, model)["monthly_charges"]

    assert (found.total, found.values, found.type_errors) == (300, 200, 100)
    assert found.moments.mean == pytest.approx(70.5)
    assert found.is_constant
    assert found.baseline_moments.low < 70.5 < found.baseline_moments.high


def test_what_is_out_of_range_infinite_or_new_is_counted_apart(session, model):
    make_predictions(
        session,
        sent(
            200,
            lambda n: {
                "tenure": -4 if n < 3 else 500 if n < 5 else float("inf") if n < 6 else 5,
                "contract": "Three year" if n < 7 else "One year",
            },
        ),
    )

    found = qualities(session, model)

    assert (found["tenure"].below, found["tenure"].above, found["tenure"].infinite) == (3, 2, 1)
    assert (found["tenure"].moments.low, found["tenure"].moments.high) == (-4, 500)
    assert found["contract"].unseen == 7
    assert found["contract"].faults == 7
    assert found["monthly_charges"].has_no_values


def test_a_renamed_feature_is_recognised_with_its_day(session, model):
    third = WEEK.start + 3 * DAY
    make_predictions(session, sent(90, lambda n: {"tenure": n, "contract": "One year"}, end=third))
    renewed = sent(
        120, lambda n: {"tenure": n, "contract_name": "One year"}, start=third + timedelta(hours=5), prefix="r"
    )
    make_predictions(session, renewed)

    found = renamed(steps(session, model, WEEK, DAY, now=NOW), qualities(session, model))

    assert [(each.former, each.new) for each in found] == [("contract", "contract_name")]
    assert found[0].at == third


def test_a_feature_that_never_came_in_the_window_has_no_day(session, model):
    make_predictions(session, sent(120, lambda n: {"tenure": n, "plan": "One year"}))

    found = renamed(steps(session, model, WEEK, DAY, now=NOW), qualities(session, model))

    assert len(found) == 1
    assert (found[0].new, found[0].at) == ("plan", None)


def test_a_new_feature_beside_the_old_ones_is_no_renaming(session, model):
    make_predictions(
        session, sent(120, lambda n: {"tenure": n, "monthly_charges": 5.0, "contract": "One year", "plan": "A"})
    )

    assert renamed(steps(session, model, WEEK, DAY, now=NOW), qualities(session, model)) == []


def test_all_missing_is_undefined_and_the_others_go_on(session, model):
    make_predictions(session, sent(150, lambda n: {"tenure": None, "contract": "One year", "monthly_charges": 60 + n}))
    found = study(session, model, WEEK, now=NOW)

    by_name = {each.name: each for each in found.report.features}

    assert by_name["tenure"].score.reason == "no values"
    assert by_name["tenure"].level is Level.UNDEFINED
    assert quality(found.current.features, found.known)["tenure"].missing_share == 1
    assert by_name["contract"].score.value is not None
