"""Rows stored by the block are the same events, outcomes and counts as rows stored one by one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from tests.factories import NOW, make_outcomes, make_predictions, outcome, prediction
from webapp.catalog import register
from webapp.catalog.models import Task
from webapp.runtime import Runtime
from webapp.telemetry import importer, segments
from webapp.telemetry.importer import Mapped, Means, PredictionImporter
from webapp.telemetry.importer_bulk import Bulk
from webapp.telemetry.importer_files import open_file
from webapp.telemetry.ingest import Limits

SIZE = 700
EVENTS = (
    "SELECT p.id, key, at, v.name, score, predicted, actual, latency_ms, failed, features::text, prediction_id,"
    " segments FROM prediction p JOIN model_version v ON v.id = p.version_id ORDER BY p.id"
)
OUTCOMES = "SELECT key, model_id, prediction_id, actual, at, corrections FROM outcome ORDER BY key"
TEXTS = "SELECT model_id, feature, value, code FROM feature_value ORDER BY feature, value"
COUNTS = (
    "SELECT v.name, grain, bucket, sum(predictions), sum(known), sum(tp), sum(fp), sum(fn), sum(tn), sum(flagged),"
    " sum(latency_sum_ms)::numeric(20, 3), sum(delay_sum_s) FROM rollup_delta d"
    " JOIN model_version v ON v.id = d.version_id GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(importer, "BLOCK_ROWS", 200)


def columns(size=SIZE, *, prefix="p", seed=7):
    rng = np.random.default_rng(seed)
    score = np.round(rng.beta(2, 5, size), 6)
    at = NOW - timedelta(days=9) + np.arange(size) * timedelta(minutes=17)
    plan = rng.choice(["basic", "plus", ""], size)
    return {
        "prediction_id": [f"{prefix}-{number}é" if number % 7 == 0 else f"{prefix}-{number}" for number in range(size)],
        "at": pa.array(list(at), pa.timestamp("us", tz="UTC")),
        "version": list(rng.choice(["v1", "v2"], size)),
        "score": pa.array(score),
        "latency_ms": pa.array([None if number % 5 == 0 else 10.0 + number for number in range(size)], pa.float64()),
        "actual": pa.array(
            [None if number % 3 == 0 else int(rng.random() < 0.3) for number in range(size)], pa.int64()
        ),
        "tenure": pa.array([None if number % 11 == 0 else int(number % 72) for number in range(size)], pa.int64()),
        "charges": pa.array(rng.normal(65, 20, size)),
        "plan": pa.array([each or None for each in plan]),
        "flagged": pa.array(rng.random(size) < 0.5),
        "never": pa.array([None] * size, pa.null()),
    }


def parquet(folder, given):
    path = folder / "rows.parquet"
    pq.write_table(pa.table(given), path)
    return path


def comma_separated(folder, given):
    path = folder / "rows.csv"
    pa_csv.write_csv(pa.table(given), path)
    return path


def bring_in(runtime, path, mapped=None):
    refused = []
    made = PredictionImporter(open_file(path), mapped or Mapped("churn"), now=NOW)
    summary = made.run(
        Means(
            open=runtime.ingest_transaction,
            clock=runtime.clock.now,
            limits=Limits(),
            refuse=refused.append,
            progress=lambda _position: None,
        )
    )
    return summary, refused


def stored(runtime):
    with runtime.transaction() as session:
        return [session.execute(text(query)).all() for query in (EVENTS, OUTCOMES, TEXTS, COUNTS)]


@pytest.fixture
def by_block(monkeypatch):
    """How many rows were stored by the block."""
    taken = []
    accept = Bulk.accept

    def noted(self, session, block, **more):
        accept(self, session, block, **more)
        taken.append(len(block))

    monkeypatch.setattr(Bulk, "accept", noted)
    return taken


@pytest.fixture
def other(databases, runtime):
    """Another fresh database, for what is stored row by row."""
    url = databases.fresh()
    made = Runtime.build(replace(runtime.settings, database_url=url), clock=runtime.clock)
    yield made
    made.dispose()
    databases.drop(url)


@pytest.mark.parametrize("kind", [parquet, comma_separated])
def test_blocks_and_rows_store_the_same(runtime, other, tmp_path, monkeypatch, by_block, kind):
    path = kind(tmp_path, columns())

    summary, refused = bring_in(runtime, path)
    assert sum(by_block) == SIZE
    monkeypatch.setattr(importer, "block_of", _not_plain)
    bring_in(other, path)

    assert (summary.read, summary.accepted, refused) == (SIZE, SIZE, [])
    assert stored(runtime) == stored(other)


def test_numbers_that_a_regression_predicts_are_stored_by_the_block_too(
    runtime, other, tmp_path, monkeypatch, by_block
):
    given = columns()
    del given["score"], given["actual"]
    rng = np.random.default_rng(3)
    given |= {"predicted": pa.array(rng.normal(50, 9, SIZE)), "actual": pa.array(rng.normal(50, 9, SIZE))}
    path = parquet(tmp_path, given)

    bring_in(runtime, path)
    assert sum(by_block) == SIZE
    monkeypatch.setattr(importer, "block_of", _not_plain)
    bring_in(other, path)

    assert stored(runtime) == stored(other)
    with runtime.transaction() as session:
        assert session.scalar(text("SELECT task FROM model")) == Task.REGRESSION


def test_a_second_run_finds_every_row_stored_before(runtime, tmp_path, by_block):
    path = parquet(tmp_path, columns())
    bring_in(runtime, path)
    before = stored(runtime)
    by_block.clear()

    again, refused = bring_in(runtime, path)

    assert (again.accepted, again.duplicates, refused, by_block) == (0, SIZE, [], [])
    assert stored(runtime) == before


def test_the_next_months_file_goes_by_the_block_as_well(runtime, tmp_path, by_block):
    bring_in(runtime, parquet(tmp_path, columns()))
    by_block.clear()

    summary, _ = bring_in(runtime, parquet(tmp_path, columns(prefix="next", seed=8)))

    assert summary.accepted == sum(by_block) == SIZE


@pytest.mark.parametrize("place", [3, 450])
def test_an_id_that_comes_twice_is_told_apart_row_by_row(runtime, tmp_path, by_block, place):
    given = columns()
    given["prediction_id"][place] = given["prediction_id"][1]

    summary, refused = bring_in(runtime, parquet(tmp_path, {**given, "version": ["v1"] * SIZE}))

    assert (summary.read, summary.accepted) == (SIZE, SIZE - 1)
    assert [each.row for each in refused] == [place + 1]
    assert "already accepted with other values" in refused[0].message
    assert sum(by_block) == SIZE - 200


def test_what_a_service_sent_before_is_recognised(runtime, tmp_path, by_block):
    given = columns()
    with runtime.transaction() as session:
        sent = prediction(given["prediction_id"][5], at=NOW - timedelta(days=8), version="v1")
        make_predictions(session, [sent])

    summary, refused = bring_in(runtime, parquet(tmp_path, {**given, "version": ["v1"] * SIZE}))

    assert (summary.accepted, len(refused)) == (SIZE - 1, 1)
    assert sum(by_block) == SIZE - 200


def test_an_outcome_that_came_early_is_joined(runtime, tmp_path):
    given = columns()
    del given["actual"]
    with runtime.transaction() as session:
        make_outcomes(session, [outcome(given["prediction_id"][5], 1, at=NOW - timedelta(days=8))])

    bring_in(runtime, parquet(tmp_path, given))

    with runtime.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM prediction WHERE actual = 1")) == 1
        assert session.scalar(text("SELECT sum(known) FROM rollup_delta")) == 1


def test_rows_that_are_refused_are_told_with_their_number_and_the_others_stored(runtime, tmp_path, by_block):
    given = columns()
    given["score"] = pa.array(
        [1.5 if place == 310 else value for place, value in enumerate(given["score"].to_pylist())]
    )

    summary, refused = bring_in(runtime, parquet(tmp_path, given))

    assert (summary.read, summary.accepted) == (SIZE, SIZE - 1)
    assert [(each.row, each.field) for each in refused] == [(311, "score")]
    assert sum(by_block) == SIZE - 200


def test_an_outcome_that_cannot_be_is_refused_without_its_prediction(runtime, tmp_path):
    given = columns()
    given["actual"] = pa.array(["maybe" if place == 4 else "1" for place in range(SIZE)])

    summary, refused = bring_in(runtime, parquet(tmp_path, given))

    assert summary.accepted == SIZE
    assert [(each.row, each.field) for each in refused] == [(5, "actual")]
    with runtime.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM outcome")) == SIZE - 1


def test_a_text_among_numbers_is_counted_as_a_type_error(runtime, tmp_path):
    given = columns()
    tenure = [str(value or "") for value in given["tenure"].to_pylist()]
    bring_in(runtime, comma_separated(tmp_path, given))
    tenure[13] = "many"

    changed = {**given, "prediction_id": [f"x{each}" for each in given["prediction_id"]], "tenure": tenure}
    summary, refused = bring_in(runtime, comma_separated(tmp_path, changed))

    assert (summary.accepted, refused) == (SIZE, [])


def test_several_classes_go_row_by_row(runtime, tmp_path, by_block):
    with runtime.transaction() as session:
        register.put_model(session, "churn", now=NOW, task=Task.MULTICLASS)
    given = {name: columns()[name] for name in ("prediction_id", "at", "tenure")}
    given["predicted"] = ["a", "b"] * (SIZE // 2)

    summary, _ = bring_in(runtime, parquet(tmp_path, given))

    assert (summary.accepted, by_block) == (SIZE, [])


def test_a_model_with_segments_takes_blocks_too(runtime, tmp_path, by_block):
    with runtime.transaction() as session:
        segments.declare(session, register.put_model(session, "churn", now=NOW), ["plan"], now=NOW)

    bring_in(runtime, parquet(tmp_path, columns()))

    assert sum(by_block) == SIZE


def test_times_out_of_range_are_told_row_by_row(runtime, tmp_path, by_block):
    given = columns()
    at = given["at"].to_pylist()
    at[2] = datetime(2027, 1, 1, tzinfo=UTC)

    summary, refused = bring_in(runtime, parquet(tmp_path, {**given, "at": pa.array(at, pa.timestamp("us", tz="UTC"))}))

    assert (summary.accepted, [each.row for each in refused]) == (SIZE - 1, [3])


def _not_plain(*_given):
    raise importer.NotPlainError
