"""Outcomes come late, early, twice or corrected, and each ends in the bucket of its prediction."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import (
    HOUR_AGO,
    NOW,
    WORKED_EXAMPLE,
    fold_all,
    make_confusion,
    make_model,
    make_outcomes,
    make_predictions,
    outcome,
    prediction,
    predictions,
)
from tests.integration.telemetry.truth import assert_exact, total
from webapp.catalog.queries import model_named, version_ids
from webapp.core.periods import DAY, HOUR, Window
from webapp.runtime import Runtime
from webapp.telemetry.aggregate import Tally
from webapp.telemetry.ingest import Limits, accept_outcomes, accept_predictions, join_missed
from webapp.telemetry.queries import steps
from webapp.telemetry.wire import Outcome

EVER = Window(NOW - 90 * DAY, NOW)


def tally(session: Session, window: Window = EVER) -> Tally:
    return total(session, model_named(session, "churn"), window, now=NOW).tally


def test_a_late_outcome_is_counted_when_its_prediction_was_made(session: Session) -> None:
    make_predictions(session, [prediction(at=NOW - 30 * DAY)])
    fold_all(session)

    make_outcomes(session, [outcome(at=NOW)])

    day = Window(NOW - 31 * DAY, NOW - 29 * DAY)
    assert (tally(session, day).known, tally(session, day).tp) == (1, 1)
    assert tally(session, day).delay_sum_s == pytest.approx(30 * 86_400)
    assert tally(session, Window(NOW - DAY, NOW)).known == 0


def test_an_early_outcome_waits_for_its_prediction(session: Session) -> None:
    make_outcomes(session, [outcome(at=HOUR_AGO - HOUR)])
    assert tally(session) == Tally()

    make_predictions(session, [prediction()])

    assert (tally(session).known, tally(session).tp, tally(session).delay_sum_s) == (1, 1, 0)


def test_a_repeated_outcome_changes_nothing(session: Session) -> None:
    make_predictions(session, [prediction()])

    first = make_outcomes(session, [outcome(), outcome()])
    again = make_outcomes(session, [outcome()])

    assert (first.accepted, first.duplicates, again.accepted, again.duplicates) == (1, 1, 0, 1)
    assert (tally(session).known, tally(session).tp) == (1, 1)


def test_a_correction_moves_the_count_and_is_kept(session: Session) -> None:
    make_predictions(session, [prediction()])
    make_outcomes(session, [outcome(actual=1)])
    fold_all(session)

    assert make_outcomes(session, [outcome(actual=0, at=NOW)]).accepted == 1

    counted = tally(session)
    assert (counted.known, counted.tp, counted.fp) == (1, 0, 1)
    assert session.execute(text("SELECT former, actual FROM outcome_correction")).all() == [(1.0, 0.0)]
    assert session.scalars(text("SELECT corrections FROM outcome")).one() == 1
    assert counted.delay_sum_s == 0, "the delay stays that of the first telling"
    fold_all(session)
    assert tally(session) == counted


def test_yesterdays_news_does_not_correct_today(session: Session) -> None:
    make_predictions(session, [prediction()])
    make_outcomes(session, [outcome(actual=1, at=HOUR_AGO)])

    assert make_outcomes(session, [outcome(actual=0, at=HOUR_AGO - HOUR)]).duplicates == 1
    assert tally(session).tp == 1


def test_one_outcome_serves_every_version_that_predicted(session: Session) -> None:
    make_predictions(session, [prediction(), prediction(version="v13", score=0.1)])

    make_outcomes(session, [outcome()])

    assert (tally(session).tp, tally(session).fn) == (1, 1)


def test_an_outcome_after_the_window_of_outcomes_is_kept_but_not_joined(session: Session) -> None:
    late, early = prediction("late", at=NOW - 80 * DAY), prediction("early", at=NOW - 2 * DAY)
    limits = Limits(outcome_window=timedelta(days=60))
    accept_predictions(session, [late, early], now=NOW, limits=limits)

    told = [outcome("late", at=NOW), outcome("early", at=NOW)]
    assert accept_outcomes(session, told, now=NOW, limits=limits).accepted == 2
    assert tally(session).known == 1

    accept_predictions(session, [prediction("late", version="v13", at=NOW - 80 * DAY)], now=NOW, limits=limits)
    assert tally(session).known == 1


@pytest.mark.parametrize(
    ("told", "field"),
    [
        (outcome(actual="maybe"), "actual"),
        (Outcome(model="churn", prediction_id="c-1", actual=float("inf"), at=HOUR_AGO), "actual"),
        (outcome("a\x00b"), "prediction_id"),
        (outcome(model="no spaces"), "model"),
        (outcome(at=NOW + timedelta(minutes=6)), "at"),
        (outcome(at=NOW - 401 * DAY), "at"),
    ],
)
def test_what_cannot_be_an_outcome_is_refused(session: Session, told: Outcome, field: str) -> None:
    answered = make_outcomes(session, [told, outcome("c-2")])

    assert answered.accepted == 1
    assert [(each.index, each.field) for each in answered.rejected] == [(0, field)]


def test_a_model_with_named_classes_knows_its_positive_one(session: Session) -> None:
    make_model(session, positive_class="yes")
    make_predictions(session, [prediction("c-1"), prediction("c-2")])

    make_outcomes(session, [outcome("c-1", "yes"), outcome("c-2", "no")])

    assert (tally(session).tp, tally(session).fp) == (1, 1)


def test_the_worked_example_comes_out(session: Session) -> None:
    make_confusion(session, WORKED_EXAMPLE)

    counted = tally(session)
    assert (counted.predictions, counted.known) == (2500, 2500)
    assert (counted.tp, counted.fp, counted.fn, counted.tn) == (450, 180, 120, 1750)


def test_an_outcome_told_while_its_prediction_is_being_written_is_joined_later(runtime: Runtime) -> None:
    with runtime.ingest_transaction() as session:
        accept_predictions(session, [prediction("c-0")], now=NOW)

    with runtime.ingest_transaction() as writing:
        accept_predictions(writing, [prediction()], now=NOW)
        with runtime.ingest_transaction() as telling:
            accept_outcomes(telling, [outcome()], now=NOW)
    with runtime.transaction() as session:
        assert tally(session).known == 0
        assert join_missed(session, since=NOW - HOUR, now=NOW, window=90 * DAY) == 1
        assert join_missed(session, since=NOW - HOUR, now=NOW, window=90 * DAY) == 0
        assert (tally(session).known, tally(session).tp) == (1, 1)


def test_the_same_outcomes_and_corrections_at_once_are_counted_once(runtime: Runtime) -> None:
    sent = predictions(200, end=HOUR_AGO)
    with runtime.ingest_transaction() as session:
        accept_predictions(session, sent, now=NOW)
    faults: list[BaseException] = []

    def tell(order: int, actual: int) -> None:
        try:
            for _ in range(2):
                with runtime.ingest_transaction() as session:
                    told = [outcome(item.prediction_id, actual, at=HOUR_AGO) for item in sent[::order]]
                    accept_outcomes(session, told, now=NOW)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=tell, args=each) for each in ((1, 1), (-1, 1), (1, 0), (-1, 0))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    with runtime.transaction() as session:
        assert_exact(session, model_named(session, "churn"), Window(NOW - 2 * DAY, NOW), now=NOW)
        assert tally(session).known == 200
        assert session.scalars(text("SELECT count(*) FROM prediction p JOIN outcome o USING (key)"
                                    " WHERE p.actual IS DISTINCT FROM o.actual")).one() == 0  # fmt: skip


def test_steps_show_the_outcome_in_the_step_of_its_prediction(session: Session) -> None:
    make_predictions(session, [prediction("c-1", at=NOW - 5 * DAY), prediction("c-2", at=NOW - 3 * DAY)])
    make_outcomes(session, [outcome("c-1", at=NOW), outcome("c-2", at=NOW)])
    model = model_named(session, "churn")

    window = Window(NOW - 6 * DAY, NOW)
    found = steps(session, version_ids(session, [model.id]), window, DAY, now=NOW)[model.id]

    assert [bucket.aggregate.tally.known for bucket in found] == [0, 1, 0, 1, 0, 0]
