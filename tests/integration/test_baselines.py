"""A new baseline recounts what was stored in its bins; nothing that was counted changes."""

import threading
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

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
from webapp.catalog.queries import current_binning, version_ids
from webapp.core.errors import InvalidInputError
from webapp.core.periods import Window
from webapp.telemetry import baselines, queries
from webapp.telemetry.decode import PARTS
from webapp.telemetry.fold import fold

YEAR = Window(NOW - timedelta(days=200), NOW + timedelta(hours=1))
LAST_DAY = Window(NOW - timedelta(days=1), NOW)


def counted(session, model, window=YEAR):
    groups = {model.id: version_ids(session, [model.id])[model.id]}
    return queries.totals(session, groups, window, parts=frozenset(PARTS), now=NOW)[model.id]


def tell(session, sent, *, late=timedelta(0), now=NOW):
    told = [outcome(item.prediction_id, int(item.score > 0.4), at=min(item.at + late, NOW)) for item in sent]
    make_outcomes(session, told, now=now)


@pytest.fixture
def model(session):
    return make_model(session)


def test_a_baseline_from_a_window_knows_its_features(session, model):
    make_predictions(session, 500)

    made = baselines.create_from_window(session, model, YEAR, by="ada", now=NOW)

    reference = baselines.current(session, [model.id])[model.id]
    assert reference.info == made
    assert (made.number, made.row_count, made.provisional, made.created_by) == (1, 500, False, "ada")
    assert set(reference.aggregate.features) == {"tenure", "monthly_charges", "contract"}
    assert set(reference.aggregate.features["contract"].bins.categories) == {"Month-to-month", "One year", "Two year"}
    assert reference.aggregate.features["tenure"].bin_counts.sum() == 500
    assert reference.aggregate.scores.everything.sum() == 500


def test_events_from_before_are_counted_in_the_new_bins(session, model):
    make_predictions(session, predictions(600, start=NOW - timedelta(days=40)))
    assert counted(session, model).features["tenure"].bins.is_learning

    baselines.create_from_window(session, model, YEAR, by="ada", now=NOW)

    now_counted, reference = counted(session, model), baselines.current(session, [model.id])[model.id]
    for name, histogram in now_counted.features.items():
        assert histogram.bins == reference.aggregate.features[name].bins
        assert histogram.counts.tolist() == reference.aggregate.features[name].counts.tolist()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=st.lists(st.integers(0, 150), min_size=1, max_size=4),
    share_known=st.floats(0, 1),
    folded=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_recounting_changes_no_tally_of_any_window(session, days, share_known, folded, seed):
    nested = session.begin_nested()
    model = make_model(session)
    for place, ago in enumerate(days):
        end = NOW - timedelta(days=ago)
        sent = predictions(120, start=end - timedelta(days=2), end=end, prefix=f"p{place}", seed=seed)
        make_predictions(session, sent)
        tell(session, sent[: int(share_known * len(sent))], late=timedelta(hours=5))
        if folded:
            fold_all(session)
    windows = [YEAR, LAST_DAY, Window(NOW - timedelta(days=60), NOW - timedelta(hours=3, minutes=7))]
    before = [counted(session, model, window) for window in windows]

    baselines.create_from_window(session, model, YEAR, by="ada", now=NOW)

    for window, former in zip(windows, before, strict=True):
        after = counted(session, model, window)
        assert after.tally.predictions == former.tally.predictions
        assert after.tally == pytest.approx(former.tally) or _close(after.tally, former.tally)
        if former.scores is not None:
            assert after.scores.counts.sum(axis=1).tolist() == former.scores.counts.sum(axis=1).tolist()
            assert after.scores.sums == pytest.approx(former.scores.sums)
            assert after.latencies.tolist() == former.latencies.tolist()
        for name, histogram in former.features.items():
            assert after.features[name].total == histogram.total
            assert after.features[name].missing == histogram.missing
            assert after.features[name].moments == pytest.approx(histogram.moments)
    nested.rollback()


def _close(first, second):
    return all(
        getattr(first, name) == pytest.approx(getattr(second, name)) for name in type(first).__dataclass_fields__
    )


def test_an_outcome_after_the_recount_moves_the_same_buckets(session, model):
    sent = predictions(400, start=NOW - timedelta(days=30))
    make_predictions(session, sent)
    baselines.create_from_window(session, model, YEAR, by="ada", now=NOW)

    tell(session, sent)
    tell(session, sent)

    found = counted(session, model)
    assert found.tally.known == 400
    assert found.scores.counts[1:].sum() == 400
    assert len(found.scores.edges) == 257  # one binning, so no edge was lost
    assert found.tally.fp == 0


def test_a_correction_after_the_recount_takes_back_what_was_counted_before_it(session, model):
    sent = predictions(200)
    make_predictions(session, sent)
    tell(session, sent)
    baselines.create_from_window(session, model, YEAR, by="ada", now=NOW)

    make_outcomes(session, [outcome(item.prediction_id, int(item.score <= 0.4), at=NOW) for item in sent])

    found = counted(session, model)
    assert found.scores.positives.sum() == sum(item.score <= 0.4 for item in sent)
    assert (found.scores.counts >= 0).all()
    assert found.tally.known == 200


def test_new_features_after_a_baseline_are_learning_and_the_old_ones_stay_comparable(session, model):
    make_predictions(session, 300)
    baselines.create_from_window(session, model, YEAR, by="ada", now=NOW)
    fresh = [prediction(f"n-{number}", features={"tenure": 5, "region": "EU"}) for number in range(50)]

    make_predictions(session, fresh)

    found = counted(session, model)
    assert found.features["region"].bins.is_learning
    assert found.features["tenure"].total == 350
    assert not found.features["tenure"].bins.is_learning


def test_a_second_baseline_replaces_the_first(session, model):
    make_predictions(session, predictions(300, start=NOW - timedelta(days=20), end=NOW - timedelta(days=10)))
    make_predictions(session, predictions(300, prefix="late", seed=9))
    first = baselines.create_from_window(
        session, model, Window(NOW - timedelta(days=20), NOW - timedelta(days=10)), by="ada", now=NOW
    )

    second = baselines.create_from_window(session, model, LAST_DAY, by="ada", now=NOW)

    assert [info.number for info in baselines.baselines(session, model.id)] == [2, 1]
    assert (first.row_count, second.row_count) == (300, 300)
    assert baselines.current(session, [model.id])[model.id].info.number == 2
    assert counted(session, model).features["tenure"].bin_counts.sum() > 500


def test_columns_of_a_file_make_a_baseline(session, model):
    make_predictions(session, 200)
    rng = np.random.default_rng(1)
    columns = {
        "contract": rng.choice(["One year", "Two year"], 400).tolist(),
        "tenure": rng.integers(1, 73, 400).tolist(),
        "region": ["EU", None] * 200,
    }

    made = baselines.create_from_columns(
        session, model, columns, scores=rng.random(400), source="train.csv", by="ada", now=NOW
    )

    features = baselines.current(session, [model.id])[model.id].aggregate.features
    assert (made.source, made.row_count) == ("train.csv", 400)
    assert features["region"].missing == 200
    assert features["monthly_charges"].bins.is_learning  # the file has no such column
    seen = counted(session, model).features["contract"]
    assert seen.counts[4] > 0  # month-to-month was never in the file
    assert seen.total == 200


def test_too_few_rows_are_refused_with_the_number_needed(session, model):
    make_predictions(session, 30)

    with pytest.raises(InvalidInputError, match="at least 100 predictions; the window has 30"):
        baselines.create_from_window(session, model, YEAR, by="ada", now=NOW)
    with pytest.raises(InvalidInputError, match="different lengths"):
        baselines.create_from_columns(session, model, {"a": [1.0], "b": [1.0, 2.0]}, source="x", by="ada", now=NOW)


def test_a_model_with_a_thousand_events_gets_a_provisional_baseline_once(session, model):
    make_predictions(session, 999)
    assert baselines.ensure_provisional(session, now=NOW) == 0
    make_predictions(session, [prediction("the-thousandth")])

    made = baselines.ensure_provisional(session, now=NOW)

    assert made == 1
    assert baselines.ensure_provisional(session, now=NOW) == 0
    (info,) = baselines.baselines(session, model.id)
    assert (info.provisional, info.row_count, info.created_by) == (True, 1000, "system")


def test_events_older_than_the_oldest_partition_keep_their_tallies(session, model):
    sent = predictions(300, start=NOW - timedelta(days=45))
    make_predictions(session, sent)
    tell(session, sent)
    fold_all(session)
    before = counted(session, model)
    session.execute(text('DROP TABLE "prediction_w20260119"'))
    session.execute(text('DROP TABLE "prediction_w20260126"'))

    baselines.create_from_window(session, model, YEAR, by="ada", now=NOW)

    after = counted(session, model)
    assert after.tally == pytest.approx(before.tally) or _close(after.tally, before.tally)
    per_grain = session.execute(
        text("SELECT grain, sum(predictions) FROM rollup WHERE grain > 1 GROUP BY grain ORDER BY grain")
    ).all()
    assert {int(total) for _, total in per_grain} == {300}


@pytest.mark.timeout(60)
def test_events_that_come_in_meanwhile_are_counted_once(runtime):
    with runtime.transaction() as session:
        model = make_model(session)
        make_predictions(session, 400)
    stop = threading.Event()
    sent: list[int] = []
    faults: list[BaseException] = []

    def send(worker: int) -> None:
        number = 0
        while not stop.is_set():
            try:
                batch = predictions(20, prefix=f"t{worker}-{number}-", seed=number)
                with runtime.ingest_transaction() as session:
                    make_predictions(session, batch)
                with runtime.ingest_transaction() as session:
                    tell(session, batch)
            except BaseException as error:  # the test reports it
                faults.append(error)
                return
            sent.append(20)
            number += 1

    threads = [threading.Thread(target=send, args=(worker,)) for worker in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        with runtime.transaction() as session:
            baselines.create_from_window(session, model, YEAR, by="ada", now=NOW)
        with runtime.job_transaction() as session:
            fold(session, now=NOW)
    stop.set()
    for thread in threads:
        thread.join()

    assert not faults
    with runtime.transaction() as session:
        found = counted(session, model)
        assert current_binning(session, model.id) is not None
        total = 400 + sum(sent)
        assert found.tally.predictions == total
        assert found.tally.known == sum(sent)
        assert found.scores.everything.sum() == total
        assert found.scores.counts[1:].sum() == sum(sent)
        assert found.features["tenure"].total == total
        assert len(found.scores.edges) == 257


def test_a_column_whose_first_value_is_missing_has_a_reference_all_the_same(session, model):
    columns = {
        "tenure": [float(number % 60) for number in range(200)],
        "total": [float("nan"), *map(float, range(199))],
    }

    baselines.create_from_columns(session, model, columns, source="training", by="ada", now=NOW)

    binning = current_binning(session, model.id)
    assert binning is not None
    assert not binning.features[binning.position["total"]].is_learning
