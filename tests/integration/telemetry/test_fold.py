"""Folding moves counts and never makes or loses one, however often and by however many it is done."""

import threading
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import NOW, fold_all, make_outcomes, make_predictions, outcome, predictions
from tests.integration.telemetry.truth import assert_exact, total
from webapp.catalog.queries import model_named
from webapp.core.periods import DAY, Window
from webapp.runtime import Runtime
from webapp.telemetry.fold import expire_minutes, fold
from webapp.telemetry.ingest import accept_outcomes, accept_predictions
from webapp.telemetry.rows import Grain

WEEK = Window(NOW - 7 * DAY, NOW)


def pending(session: Session) -> int:
    return int(session.scalars(text("SELECT count(*) FROM rollup_delta")).one())


def test_readers_see_the_same_before_during_and_after_folding(session: Session) -> None:
    for batch in range(4):
        make_predictions(session, predictions(25, prefix=f"b{batch}", seed=batch))
    model = model_named(session, "churn")
    before = total(session, model, WEEK, now=NOW, parts=True)

    fold(session, now=NOW, limit=10)
    during = total(session, model, WEEK, now=NOW, parts=True)
    fold_all(session)
    after = total(session, model, WEEK, now=NOW, parts=True)

    assert before.tally.predictions == during.tally.predictions == after.tally.predictions == 100
    assert_exact(session, model, WEEK, now=NOW)
    assert pending(session) == 0


def test_folding_nothing_changes_nothing(session: Session) -> None:
    make_predictions(session, predictions(25))
    assert fold_all(session) > 0
    query = text("SELECT grain, sum(predictions)::int FROM rollup GROUP BY 1 ORDER BY 1")
    once = session.execute(query).all()

    assert fold(session, now=NOW) == 0
    assert session.execute(query).all() == once == [(grain, 25) for grain in Grain]


def test_minutes_are_kept_for_days_and_hours_for_ever(session: Session) -> None:
    make_predictions(session, predictions(25))
    fold_all(session)

    expire_minutes(session, now=NOW + timedelta(days=4))

    left = session.execute(text("SELECT DISTINCT grain FROM rollup ORDER BY 1")).scalars().all()
    assert left == [Grain.HOUR, Grain.DAY, Grain.MONTH]
    assert_exact(session, model_named(session, "churn"), WEEK, now=NOW + timedelta(days=4))


def test_many_fold_while_many_write_and_every_count_stays_exact(runtime: Runtime) -> None:
    writing = threading.Event()
    faults: list[BaseException] = []

    def write(number: int) -> None:
        for batch in range(6):
            sent = predictions(40, prefix=f"w{number}-{batch}", seed=number * 100 + batch)
            with runtime.ingest_transaction() as session:
                accept_predictions(session, sent, now=NOW)
            with runtime.ingest_transaction() as session:
                accept_outcomes(session, [outcome(item.prediction_id, place % 2, at=NOW)
                                          for place, item in enumerate(sent)], now=NOW)  # fmt: skip

    def keep_folding() -> None:
        while not writing.is_set():
            with runtime.job_transaction() as session:
                fold(session, now=NOW, limit=50)

    def watched(work, *args):  # type: ignore[no-untyped-def]
        try:
            work(*args)
        except BaseException as error:
            faults.append(error)

    folders = [threading.Thread(target=watched, args=(keep_folding,)) for _ in range(3)]
    writers = [threading.Thread(target=watched, args=(write, number)) for number in range(3)]
    for thread in (*folders, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    writing.set()
    for thread in folders:
        thread.join()

    assert faults == []
    with runtime.transaction() as session:
        model = model_named(session, "churn")
        assert_exact(session, model, WEEK, now=NOW)
        fold_all(session)
        assert_exact(session, model, WEEK, now=NOW)
        assert total(session, model, WEEK, now=NOW).tally.known == 720


def test_a_fold_that_is_rolled_back_leaves_the_deltas(runtime: Runtime) -> None:
    with runtime.ingest_transaction() as session:
        make_predictions(session, predictions(25))
        make_outcomes(session, [outcome("c-3", at=NOW)])

    with runtime.transaction() as opened:
        waiting = pending(opened)
        with opened.begin_nested() as part:
            assert fold(opened, now=NOW) == waiting
            part.rollback()
        assert pending(opened) == waiting
        assert_exact(opened, model_named(opened, "churn"), WEEK, now=NOW)
