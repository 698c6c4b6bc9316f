"""Nothing is lost silently: refusals, repeats, orphans, late and corrected outcomes are counted and can be read."""

from datetime import timedelta

import pytest

from tests.factories import (
    NOW,
    fold_all,
    make_model,
    make_outcomes,
    make_predictions,
    outcome,
    prediction,
    predictions,
)
from webapp.core.periods import HOUR, Window
from webapp.metrics.volume import compare, volume
from webapp.telemetry.arrivals import told
from webapp.telemetry.ingest import accept_predictions
from webapp.telemetry.refusals import REASONS, refused, repeats

WINDOW = Window(NOW - timedelta(days=30), NOW + HOUR)
OUTCOME_WINDOW = timedelta(days=90)


def test_refusals_are_read_by_reason_also_of_a_model_that_does_not_exist(session):
    model = make_model(session)
    future = [prediction(f"f-{n}", at=NOW + timedelta(days=2)) for n in range(3)]
    accept_predictions(session, future, now=NOW)
    accept_predictions(
        session,
        [prediction("s-1", model="stranger")],
        now=NOW,
        check_model=lambda name: None if name == "churn" else "may not be written",
    )

    found = refused(session, WINDOW)

    assert [(each.model, each.kind, each.reason, each.count) for each in found] == [
        ("churn", "prediction", "in_the_future", 3),
        ("stranger", "prediction", "not_allowed", 1),
    ]
    assert found[0].in_words == "the time is in the future"
    assert "clock" in found[0].remedy
    assert [each.model for each in refused(session, WINDOW, models=[model.name])] == ["churn"]
    assert refused(session, Window(NOW - timedelta(days=9), NOW - timedelta(days=2))) == []


def test_every_reason_has_words_and_a_remedy():
    for words, remedy in REASONS.values():
        assert words
        assert remedy.endswith(".")


def test_repeats_are_counted_apart_from_refusals(session):
    make_model(session)
    sent = [prediction("p-1"), prediction("p-2")]
    make_predictions(session, sent)
    make_predictions(session, sent)
    make_outcomes(session, [outcome("p-1"), outcome("p-1")])

    assert repeats(session, WINDOW, "churn") == {"outcome": 1, "prediction": 2}
    assert refused(session, WINDOW) == []


def test_outcomes_that_wait_come_late_or_are_corrected_are_seen(session):
    model = make_model(session)
    make_predictions(
        session,
        [prediction("quick", at=NOW - timedelta(days=2)), prediction("slow", at=NOW - timedelta(days=120))],
    )
    make_outcomes(
        session,
        [
            outcome("quick", 1, at=NOW - timedelta(days=1)),
            outcome("slow", 1, at=NOW - timedelta(days=1)),
            outcome("nobody", 1, at=NOW - timedelta(days=1)),
        ],
    )
    make_outcomes(session, [outcome("quick", 0, at=NOW - HOUR)])

    found = told(session, model.id, WINDOW, outcome_window=OUTCOME_WINDOW)

    assert (found.looked_at, found.waiting, found.late, found.corrections) == (3, 1, 1, 1)
    assert found.delay_p50 == timedelta(days=2) - HOUR
    assert found.delay_p95 == timedelta(days=119)
    assert found.is_all


def test_a_window_without_outcomes_has_no_delay(session):
    model = make_model(session)

    found = told(session, model.id, WINDOW, outcome_window=OUTCOME_WINDOW)

    assert (found.looked_at, found.waiting, found.delay_p50) == (0, 0, None)


def test_the_last_hour_is_compared_with_the_same_hour_of_the_weeks_before(session):
    model = make_model(session)
    for weeks, count in enumerate((10, 100, 104, 96)):
        start = NOW - HOUR - timedelta(days=7 * weeks)
        make_predictions(session, predictions(count, start=start, end=start + HOUR, prefix=f"w{weeks}"))

    found = volume(session, model, until=NOW, now=NOW)

    assert (found.hour, found.count, found.before, found.usual) == (NOW - HOUR, 10, (100, 104, 96), 100)
    assert found.verdict == "fewer than usual"


@pytest.mark.parametrize("fold", [lambda _session: None, fold_all])
def test_only_the_hours_that_are_compared_count_whether_or_not_they_are_folded(session, fold):
    model = make_model(session)
    for weeks, count in enumerate((7, 5)):
        start = NOW - HOUR - timedelta(days=7 * weeks)
        make_predictions(session, predictions(count, start=start, end=start + HOUR, prefix=f"w{weeks}"))
        make_predictions(session, predictions(40, start=start - HOUR, end=start, prefix=f"before{weeks}"))
        make_predictions(session, predictions(40, start=start - timedelta(days=3), end=start, prefix=f"between{weeks}"))
    fold(session)

    found = volume(session, model, until=NOW, now=NOW)

    assert (found.count, found.before) == (7, (5,))


def test_one_odd_week_does_not_change_what_is_usual():
    assert compare(NOW, 103, [100, 98, 5_000, 102]).usual == 101
    assert compare(NOW, 103, [100, 98, 5_000, 102]).verdict == "no clear change"
    assert compare(NOW, 300, [100, 98, 101, 102]).verdict == "more than usual"


def test_an_hour_that_is_always_silent_is_no_change_and_a_new_model_has_nothing_to_compare_with():
    assert compare(NOW, 0, [0, 0, 0, 0]).verdict == "nothing to compare with"
    assert compare(NOW, 95, [100, 0, 0, 0]).before == (100,)
    assert compare(NOW, 95, [100, 0, 0, 0]).verdict == "no clear change"
