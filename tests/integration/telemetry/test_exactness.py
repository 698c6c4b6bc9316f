"""Rollups say exactly what a recount of the raw rows says, whatever came when and however it was folded."""

import random
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.factories import NOW, fold_all, make_model, make_outcomes, make_predictions, outcome, prediction
from tests.integration.telemetry.truth import assert_exact, assert_steps_exact
from webapp.catalog.models import Model
from webapp.core.periods import DAY, HOUR, MINUTE, Window
from webapp.telemetry.fold import expire_minutes
from webapp.telemetry.wire import Outcome, Prediction

EDGES = [timedelta(), MINUTE, HOUR, DAY, timedelta(hours=48), timedelta(hours=50), timedelta(days=31)]
AGES = st.one_of(
    st.timedeltas(timedelta(), timedelta(hours=3)),
    st.timedeltas(timedelta(hours=45), timedelta(hours=53)),
    st.timedeltas(timedelta(), timedelta(days=60)),
    st.sampled_from(EDGES),
)
WINDOWS = st.tuples(AGES, AGES).map(lambda ages: Window(NOW - max(ages), NOW - min(ages)))
STEPS = st.sampled_from([MINUTE * 5, MINUTE * 90, HOUR, HOUR * 6, DAY, DAY * 7])
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def sent(rng: random.Random, number: int) -> Prediction:
    """Return a prediction of any kind and age: with and without a score, a class, a response time, an error."""
    age = rng.choice((timedelta(days=rng.uniform(0, 60)), timedelta(hours=rng.uniform(0, 55)), rng.choice(EDGES)))
    score = rng.choice((None, round(rng.random(), 3), 0.5, 0.0, 1.0))
    missing = () if number == 0 else (None,)  # A feature is counted from the batch on in which it first has a value.
    return prediction(
        f"c-{number}",
        version=rng.choice(("v12", "v13")),
        at=NOW - age,
        score=score,
        predicted=rng.randrange(2) if score is None or rng.random() < 0.3 else None,
        latency_ms=rng.choice((None, round(rng.lognormvariate(5, 1), 3))),
        error="out of memory" if rng.random() < 0.1 else None,
        features={
            "tenure": rng.choice((rng.randrange(72), *missing)),
            "contract": rng.choice(("One", "Two", *missing)),
        },
    )


def told(rng: random.Random, item: Prediction, actual: int) -> Outcome:
    """Return an outcome that comes up to three weeks after its prediction."""
    return outcome(item.prediction_id, actual, at=min(item.at + timedelta(days=rng.uniform(0, 20)), NOW))


def history(session: Session, *, count: int, seed: int) -> Model:
    """Store predictions in batches, with outcomes late, early, repeated and corrected, folding meanwhile."""
    rng = random.Random(seed)
    model = make_model(session)
    items = [sent(rng, number) for number in range(count)]
    answers = {item.prediction_id: (item, rng.randrange(2)) for item in rng.sample(items, count * 3 // 4)}
    truths = [told(rng, item, actual) for item, actual in answers.values()]
    # At the same instant: the delay of an outcome is that of its first telling, which the rows keep only so.
    corrections = [outcome(each.prediction_id, 1 - int(each.actual), at=each.at) for each in truths[::3]]
    make_outcomes(session, truths[: count // 4])  # before their predictions
    size = max(count // 7, 1)
    for first in range(0, count, size):
        make_predictions(session, items[first : first + size])
        if rng.random() < 0.5:
            fold_all(session)
    make_outcomes(session, truths[count // 8 :])
    make_outcomes(session, corrections[::2])
    fold_all(session)
    make_outcomes(session, corrections)
    make_predictions(session, items[: count // 3])
    return model


@pytest.fixture
def past(session: Session) -> Model:
    return history(session, count=420, seed=7)


@QUICK
@given(window=WINDOWS)
def test_any_window_is_exact_while_deltas_are_pending(session: Session, past: Model, window: Window) -> None:
    assert_exact(session, past, window, now=NOW)


@QUICK
@given(window=WINDOWS)
def test_any_window_is_exact_after_folding_and_expiry(session: Session, past: Model, window: Window) -> None:
    fold_all(session)
    expire_minutes(session, now=NOW)

    assert_exact(session, past, window, now=NOW)


@QUICK
@given(window=WINDOWS, later=st.timedeltas(timedelta(), timedelta(hours=30)))
def test_a_window_stays_exact_as_time_goes_by(session: Session, past: Model, window: Window, later: timedelta) -> None:
    assert_exact(session, past, window, now=NOW + later)


@QUICK
@given(window=st.tuples(AGES, AGES).map(lambda ages: Window(NOW - max(ages), NOW - min(ages))), step=STEPS)
def test_steps_are_exact_where_they_are_whole_hours_or_recent(
    session: Session, past: Model, window: Window, step: timedelta
) -> None:
    if step % HOUR and window.start < NOW - timedelta(hours=48):
        window = Window(max(window.start, NOW - timedelta(hours=48)), NOW)

    assert_steps_exact(session, past, window, step, now=NOW)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), window=WINDOWS)
def test_any_history_is_exact(session: Session, seed: int, window: Window) -> None:
    with session.begin_nested() as undone:
        model = history(session, count=40, seed=seed)

        assert_exact(session, model, window, now=NOW)
        fold_all(session)
        assert_exact(session, model, window, now=NOW)
        undone.rollback()


def test_old_steps_finer_than_an_hour_keep_the_sum(session: Session, past: Model) -> None:
    from webapp.catalog.queries import version_ids
    from webapp.telemetry.queries import steps, totals

    window = Window(NOW - timedelta(days=4, minutes=17), NOW)
    versions = version_ids(session, [past.id])

    fine = steps(session, versions, window, MINUTE * 10, now=NOW)[past.id]
    whole = totals(session, versions, window, now=NOW)[past.id]

    assert sum(bucket.aggregate.tally.predictions for bucket in fine) == whole.tally.predictions
