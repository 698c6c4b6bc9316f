"""Predictions are stored once, whatever is sent again, at once, out of order or wrong."""

import threading
from collections.abc import Callable
from datetime import timedelta

import msgspec
import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import HOUR_AGO, NOW, fold_all, make_model, make_predictions, prediction, predictions
from tests.integration.telemetry.truth import assert_exact, total
from webapp.catalog import register
from webapp.catalog.binning import NOT_A_NUMBER, code_of
from webapp.catalog.queries import current_binning, model_named, texts, version_ids, versions
from webapp.core.periods import DAY, Window
from webapp.runtime import Runtime
from webapp.telemetry import partitions
from webapp.telemetry.ingest import accept_predictions
from webapp.telemetry.wire import Prediction, Receipt

TODAY = Window(NOW - DAY, NOW)


def count(session: Session, table: str = "prediction") -> int:
    return int(session.scalars(text(f"SELECT count(*) FROM {table}")).one())


def at_once(*work: Callable[[], object]) -> None:
    """Run the pieces of work in threads of their own and wait for all; what one raises is raised here."""
    faults: list[BaseException] = []

    def run(piece: Callable[[], object]) -> None:
        try:
            piece()
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=run, args=(piece,)) for piece in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


def test_a_repeat_is_a_duplicate_and_counts_once(session: Session) -> None:
    make_predictions(session, [prediction()])

    again = make_predictions(session, [prediction(), prediction(), prediction("c-2")])

    assert (again.accepted, again.duplicates) == (1, 2)
    assert count(session) == 2
    assert total(session, model_named(session, "churn"), TODAY, now=NOW).tally.predictions == 2


@pytest.mark.parametrize(
    "other",
    [
        prediction(score=0.7),
        prediction(predicted=0),
        prediction(latency_ms=99.0),
        prediction(error="out of memory"),
        prediction(at=HOUR_AGO + timedelta(minutes=1)),
        prediction(features={"tenure": 6, "contract": "One year"}),
        prediction(features={"tenure": 5, "contract": "Two year"}),
        prediction(features={"tenure": 5}),
    ],
)
def test_another_body_under_the_same_name_is_refused(session: Session, other: Prediction) -> None:
    make_predictions(session, [prediction()])

    answered = make_predictions(session, [other])
    again = make_predictions(session, [prediction()])
    within = make_predictions(session, [prediction("c-2"), msgspec.structs.replace(other, prediction_id="c-2")])

    assert (answered.accepted, answered.duplicates, again.duplicates) == (0, 0, 1)
    assert [(each.index, each.field) for each in answered.rejected] == [(0, "prediction_id")]
    assert within.accepted == 1
    assert len(within.rejected) == 1
    assert count(session) == 2


def test_a_prediction_without_features_or_response_time_is_repeated_too(session: Session) -> None:
    bare = prediction(features={}, latency_ms=None, score=None, predicted=1)

    first, again = make_predictions(session, [bare]), make_predictions(session, [bare])

    assert (first.accepted, again.duplicates) == (1, 1)


def test_versions_and_environments_predict_the_same_customer_each(session: Session) -> None:
    sent = [prediction(), prediction(version="v13", score=0.1), prediction(environment="staging", score=0.2)]

    assert make_predictions(session, sent).accepted == 3
    model = model_named(session, "churn")
    assert {(each.name, each.environment) for each in versions(session, model.id)} == {
        ("v12", "production"),
        ("v13", "production"),
        ("v12", "staging"),
    }


def test_batches_in_any_order_are_counted_alike(session: Session) -> None:
    sent = predictions(90)

    for batch in (sent[60:], sent[:30][::-1], sent[20:70], sent[::-1]):
        make_predictions(session, batch)

    assert count(session) == 90
    assert_exact(session, model_named(session, "churn"), TODAY, now=NOW)


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (prediction(at=NOW + timedelta(minutes=6)), "at"),
        (prediction(at=NOW - timedelta(days=401)), "at"),
        (prediction(score=None), "score"),
        (prediction(score=float("nan")), "score"),
        (prediction(model="no spaces"), "model"),
        (prediction(model="a\x00b"), "model"),
        (prediction("a\x00b"), "prediction_id"),
        (prediction(features={f"f{number}": 1.0 for number in range(501)}), "features"),
    ],
)
def test_what_cannot_be_right_is_refused_and_counted(session: Session, item: Prediction, field: str) -> None:
    answered = make_predictions(session, [item, prediction("good")])

    assert answered.accepted == 1
    assert [(each.index, each.field) for each in answered.rejected] == [(0, field)]
    assert session.scalars(text("SELECT item_count FROM refusal")).all() == [1]


def test_the_time_may_be_at_the_very_edges(session: Session) -> None:
    edges = [prediction("new", at=NOW + timedelta(minutes=5)), prediction("old", at=NOW - timedelta(days=400))]

    assert make_predictions(session, edges).accepted == 2


def test_a_text_that_the_database_cannot_hold_is_kept_without_its_nul(session: Session) -> None:
    item = prediction(
        features={"tenure": 1, "con\x00tract": 1, "city": "Par\x00is"},
        segments={"re\x00gion": "E\x00U"},
        error="a\x00b",
    )

    assert make_predictions(session, [item]).accepted == 1
    assert session.scalars(text("SELECT segments FROM prediction")).one() == ["region=EU"]
    assert session.scalars(text("SELECT message FROM prediction_error")).one() == "ab"
    assert list(texts(session, model_named(session, "churn").id, "city").values()) == ["Paris"]


def test_features_are_kept_as_they_were_sent(session: Session) -> None:
    rows: list[dict[str, float | str | bool | None]] = [
        {"n": 1.5, "c": "a"},
        {"n": "x", "c": True},
        {"n": None, "c": 1.0},
        {"n": "nan", "c": None},
        {"n": "2", "late": 7.0},
        {"n": 1e308, "c": "a"},
    ]

    for number, features in enumerate(rows):
        make_predictions(session, [prediction(f"c-{number}", features=features)])

    model = model_named(session, "churn")
    binning = current_binning(session, model.id)
    assert binning is not None
    assert set(binning.names) == {"n", "c", "late"}
    kept = [list(row) for row in session.scalars(text("SELECT features FROM prediction ORDER BY prediction_id"))]
    place = binning.position["n"]
    assert [row[place] for row in kept[:2]] == [1.5, NOT_A_NUMBER]
    assert np.isnan(kept[2][place])
    assert [row[place] for row in kept[3:]] == [NOT_A_NUMBER, 2.0, 1e308]
    category = binning.position["c"]
    assert [kept[row][category] for row in (0, 1, 2)] == [code_of("a"), code_of("true"), code_of("1")]


def test_true_and_one_are_different_texts_in_one_batch_too(session: Session) -> None:
    make_predictions(session, [prediction("c-0", features={"c": "a"})])

    make_predictions(session, [prediction("c-1", features={"c": True}), prediction("c-2", features={"c": 1.0})])

    kept = session.scalars(text("SELECT features[1] FROM prediction ORDER BY prediction_id")).all()
    assert kept == [code_of("a"), code_of("true"), code_of("1")]


def test_past_five_hundred_features_of_a_model_further_ones_are_not_kept(session: Session) -> None:
    make_predictions(session, [prediction("c-1", features={f"a{number}": 1.0 for number in range(500)})])

    assert make_predictions(session, [prediction("c-2", features={"b": 1.0})]).accepted == 1
    binning = current_binning(session, model_named(session, "churn").id)
    assert binning is not None
    assert "b" not in binning.names


def test_a_changed_threshold_gets_an_edge_of_its_own(session: Session) -> None:
    make_model(session)
    make_predictions(session, predictions(30))
    model = make_model(session, threshold=0.437)

    make_predictions(session, predictions(30, prefix="d"))

    binning = current_binning(session, model.id)
    assert binning is not None
    assert 0.437 in binning.score_edges
    assert len(binning.score_edges) == 257
    assert {0.0, 1.0} <= set(binning.score_edges)
    assert_exact(session, model, TODAY, now=NOW)


def test_a_retired_model_comes_back_unconfirmed_when_it_is_used(session: Session) -> None:
    make_model(session)
    register.retire_model(session, "churn")

    make_predictions(session, [prediction()])

    assert model_named(session, "churn").status == "unconfirmed"


def test_classes_may_be_written_as_any_language_does(session: Session) -> None:
    answers: list[int | float | str | bool] = [1, 1.0, True, "1", 0, 0.0, False, "0", "yes"]
    sent = [prediction(f"c-{place}", predicted=answer) for place, answer in enumerate(answers)]

    answered = make_predictions(session, sent)

    decided = session.scalars(text("SELECT predicted FROM prediction ORDER BY prediction_id")).all()
    assert decided == [1, 1, 1, 1, 0, 0, 0, 0]
    assert [(each.index, each.field) for each in answered.rejected] == [(8, "predicted")]


def test_names_that_look_alike_when_joined_stay_apart(session: Session) -> None:
    sent = [prediction("c", version="a\x1fproduction"), prediction("production\x1fc", version="a")]

    assert make_predictions(session, sent).accepted == 2


def test_a_partition_made_by_a_transaction_that_failed_is_made_again(runtime: Runtime) -> None:
    class StopError(Exception):
        pass

    def fail_late() -> None:
        with runtime.ingest_transaction() as session:
            accept_predictions(session, [prediction()], now=NOW)
            accept_predictions(session, [prediction("c-2", model="fraud")], now=NOW)
            raise StopError

    with pytest.raises(StopError):
        fail_late()

    with runtime.ingest_transaction() as session:
        assert accept_predictions(session, [prediction()], now=NOW).accepted == 1


def test_the_same_batch_at_once_is_stored_once_in_any_order(runtime: Runtime) -> None:
    sent = predictions(400)
    receipts: list[Receipt] = []

    def send(order: int) -> None:
        with runtime.ingest_transaction() as session:
            receipts.append(accept_predictions(session, sent[::order], now=NOW))

    at_once(*(lambda order=order: send(order) for order in (1, -1, 1, -1)))

    assert sum(each.accepted for each in receipts) == 400
    assert sum(each.duplicates for each in receipts) == 1200
    with runtime.transaction() as session:
        assert_exact(session, model_named(session, "churn"), TODAY, now=NOW)


def test_first_batches_of_several_versions_at_once_do_not_block_each_other(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        make_model(session)
    barrier = threading.Barrier(4)

    def send(version: str) -> None:
        with runtime.ingest_transaction() as session:
            model = model_named(session, "churn")
            register.ensure_version(session, model.id, version, now=NOW)
            barrier.wait(10)
            features = {f"only_{version}": 1.0}
            accept_predictions(session, [prediction(version, version=version, features=features)], now=NOW)

    at_once(*(lambda version=version: send(version) for version in ("v1", "v2", "v3", "v4")))

    with runtime.transaction() as session:
        model = model_named(session, "churn")
        assert len(version_ids(session, [model.id])[model.id]) == 4
        binning = current_binning(session, model.id)
        assert binning is not None
        assert set(binning.names) == {"only_v1", "only_v2", "only_v3", "only_v4"}
        assert_exact(session, model, TODAY, now=NOW, whole=False)


def test_repeats_are_looked_up_one_by_one_not_by_reading_the_week(runtime: Runtime) -> None:
    with runtime.ingest_transaction() as session:
        accept_predictions(session, predictions(3000), now=NOW)
    looked_at = "SELECT idx_tup_read::int FROM pg_stat_user_indexes WHERE relname LIKE 'prediction_w%' ORDER BY 1"

    with runtime.ingest_transaction() as session:
        accept_predictions(session, predictions(300, prefix="d"), now=NOW)

    with runtime.ingest_engine.connect() as connection:
        connection.execute(text("SELECT pg_stat_force_next_flush()"))
    with runtime.transaction() as session:
        assert sum(session.scalars(text(looked_at))) < 3000


def test_partitions_are_made_ahead_and_dropped_whole(session: Session) -> None:
    old = prediction("old", at=NOW - timedelta(days=60), error="out of memory")
    make_predictions(session, [old, prediction("new", error="out of memory")])
    partitions.keep_ahead(session, now=NOW)

    dropped = partitions.expire(session, before=NOW - timedelta(days=30))

    assert dropped == [partitions.week_of(old.at)]
    assert session.scalars(text("SELECT prediction_id FROM prediction")).all() == ["new"]
    assert count(session, "prediction_error") == 1
    names = set(session.scalars(text("SELECT inhrelid::regclass::text FROM pg_inherits")))
    assert {f"prediction_w{NOW + timedelta(weeks=week) - timedelta(days=1):%Y%m%d}" for week in range(5)} <= names
    fold_all(session)
    assert total(session, model_named(session, "churn"), Window(NOW - 90 * DAY, NOW), now=NOW).tally.predictions == 2
