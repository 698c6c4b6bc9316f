"""A model's first file is counted before its rows are stored; in the end the counts are those of the stored rows."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.factories import NOW, make_outcomes, make_predictions, outcome, prediction
from tests.integration.telemetry.truth import assert_exact
from tests.integration.test_import_blocks import SIZE, columns, comma_separated, parquet
from webapp.catalog.queries import current_binning, model_named
from webapp.core.periods import Window
from webapp.telemetry import ahead, baselines, importer, segments
from webapp.telemetry.fold import fold
from webapp.telemetry.importer import Mapped, Means, PredictionImporter
from webapp.telemetry.importer_bulk import Bulk
from webapp.telemetry.importer_files import open_file
from webapp.telemetry.ingest import Limits
from webapp.telemetry.queries import totals
from webapp.worker.jobs import settle_imports

WINDOW = Window(NOW - timedelta(days=12), NOW + timedelta(minutes=5))
LATER = NOW + timedelta(minutes=5)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(importer, "BLOCK_ROWS", 100)
    monkeypatch.setattr(importer, "AHEAD_ROWS", 300)


class DiedError(Exception):
    """The importer's process is gone."""


def bring_in(runtime, path, between=lambda: None, **mapped):
    """Import the file; return how many rows were counted ahead, after which `between` is called."""
    counted = []

    def note(rows):
        counted.append(rows)
        between()

    made = PredictionImporter(open_file(path), Mapped("churn", **mapped), now=NOW)
    summary = made.run(
        Means(
            open=runtime.ingest_transaction,
            clock=runtime.clock.now,
            limits=Limits(),
            refuse=lambda _refused: None,
            progress=lambda _position: None,
            counted=note,
        )
    )
    assert summary.read == SIZE
    return sum(counted)


def counts(runtime):
    """Return how many predictions the screens count."""
    query = (
        "SELECT coalesce(sum(predictions), 0) FROM (SELECT predictions FROM rollup_delta"
        " UNION ALL SELECT predictions FROM rollup WHERE grain = 4 AND segment_id = 0) AS counted"
    )
    with runtime.transaction() as session:
        return session.scalar(text(query))


def stored(runtime):
    with runtime.transaction() as session:
        return session.scalar(text("SELECT count(*) FROM prediction"))


def assert_settled(runtime, *, rows=SIZE):
    """Nothing is ahead any more, and every count is what the stored rows say, their features, too."""
    with runtime.transaction() as session:
        model = model_named(session, "churn")
        assert ahead.on_its_way(session, model.id) is None
        assert session.scalar(text("SELECT count(*) FROM prediction")) == rows
        assert_exact(session, model, WINDOW, now=NOW)
        while fold(session, now=NOW):
            pass
        assert_exact(session, model, WINDOW, now=NOW)
        versions = [number for (number,) in session.execute(text("SELECT id FROM model_version"))]
        found = totals(session, {1: versions}, WINDOW, parts=frozenset({"features", "scores"}), now=NOW)[1]
        binning = current_binning(session, model.id)
        assert found.features.keys() == set(binning.names)
        assert found.scores.everything.sum() == rows


@pytest.mark.parametrize("kind", [parquet, comma_separated])
def test_the_figures_are_there_before_the_rows(runtime, tmp_path, kind):
    seen = []

    def look():
        with runtime.transaction() as session:
            model = model_named(session, "churn")
            seen.append((counts(runtime), stored(runtime), ahead.on_its_way(session, model.id)))

    assert bring_in(runtime, kind(tmp_path, columns()), look) == SIZE

    assert seen == [(SIZE, 0, SIZE)]
    assert_settled(runtime)


def test_a_baseline_comes_first_where_a_file_brings_one(runtime, tmp_path):
    made = PredictionImporter(open_file(parquet(tmp_path, columns())), Mapped("churn"), now=NOW)
    (tmp_path / "other").mkdir()
    training = parquet(tmp_path / "other", columns(prefix="training", seed=3))

    with runtime.transaction() as session:
        model = made.register(session, now=NOW)
        given = made.reference(model, training)
        baselines.create_from_columns(
            session, model, given.features, scores=given.scores, outcomes=given.outcomes, source="it", by="me", now=NOW
        )

    assert set(given.features) == {"tenure", "charges", "plan", "flagged", "never"}
    assert (len(given.scores), sum(each is not None for each in given.outcomes)) == (SIZE, SIZE - 234)
    assert bring_in(runtime, tmp_path / "rows.parquet") == SIZE
    assert_settled(runtime)


def test_an_id_that_comes_twice_is_not_counted_ahead(runtime, tmp_path):
    given = columns()
    given["prediction_id"][SIZE - 1] = given["prediction_id"][1]

    assert bring_in(runtime, parquet(tmp_path, {**given, "version": ["v1"] * SIZE})) == 0

    assert_settled(runtime, rows=SIZE - 1)


@pytest.mark.parametrize("place", [2, SIZE - 2])
def test_rows_that_are_not_plain_are_not_counted_ahead(runtime, tmp_path, place):
    given = columns()
    score = given["score"].to_pylist()
    score[place] = 1.5

    assert bring_in(runtime, parquet(tmp_path, {**given, "score": score})) == 0

    assert_settled(runtime, rows=SIZE - 1)


def test_the_next_file_of_a_model_is_not_counted_ahead(runtime, tmp_path):
    bring_in(runtime, parquet(tmp_path, columns()))

    assert bring_in(runtime, parquet(tmp_path, columns(prefix="next", seed=8))) == 0

    assert_settled(runtime, rows=2 * SIZE)


def test_what_somebody_sends_meanwhile_is_counted_once(runtime, tmp_path):
    given = columns()

    def send():
        with runtime.transaction() as session:
            sent = prediction(given["prediction_id"][150], at=given["at"][150].as_py(), version="v1", score=0.9)
            make_predictions(session, [sent, prediction("of-its-own", at=NOW - timedelta(hours=1))])

    bring_in(runtime, parquet(tmp_path, {**given, "version": ["v1"] * SIZE}), send)

    assert_settled(runtime, rows=SIZE + 1)


def test_an_outcome_that_is_told_meanwhile_is_joined(runtime, tmp_path):
    given = columns()
    del given["actual"]

    def tell():
        with runtime.transaction() as session:
            make_outcomes(session, [outcome(given["prediction_id"][150], 1, at=NOW - timedelta(hours=1))])

    bring_in(runtime, parquet(tmp_path, given), tell)

    assert_settled(runtime)
    with runtime.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM prediction WHERE actual = 1")) == 1


@pytest.mark.parametrize("after", [0, 3])
def test_an_import_that_dies_leaves_the_counts_of_what_it_stored(runtime, tmp_path, monkeypatch, after):
    path, accept, taken = parquet(tmp_path, columns()), Bulk.accept, []

    def dies(self, session, block, **more):
        if len(taken) == after:
            raise DiedError
        taken.append(block)
        accept(self, session, block, **more)

    monkeypatch.setattr(Bulk, "accept", dies)
    with pytest.raises(DiedError):
        bring_in(runtime, path)
    monkeypatch.undo()

    assert (counts(runtime), stored(runtime)) == (SIZE, after * 100)
    settle_imports.run(runtime, NOW + timedelta(seconds=50))
    assert counts(runtime) == SIZE, "its importer may still be alive"
    settle_imports.run(runtime, LATER)
    assert (counts(runtime), stored(runtime)) == (after * 100, after * 100)

    bring_in(runtime, path)
    assert_settled(runtime)


def test_an_import_goes_on_counting_where_its_counts_were_taken_back(runtime, tmp_path):
    def settle():
        assert settle_imports.run(runtime, LATER) == "1 models counted anew"

    bring_in(runtime, parquet(tmp_path, columns()), settle)

    assert_settled(runtime)


def test_an_import_says_that_it_is_alive(runtime, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(ahead, "go_on", lambda session, number, *, now: said.append(now))

    def wait():
        runtime.clock.at += timedelta(seconds=11)

    bring_in(runtime, parquet(tmp_path, columns()), wait)

    assert said == [NOW + timedelta(seconds=11)]


def test_a_baseline_that_is_made_meanwhile_counts_what_is_stored(runtime, tmp_path):
    path, accept, done = parquet(tmp_path, columns()), Bulk.accept, []

    def make(self, session, block, **more):
        accept(self, session, block, **more)
        if len(done) == 2:
            session.commit()
            with runtime.transaction() as other:
                model = model_named(other, "churn")
                baselines.create_from_window(other, model, WINDOW, by="me", now=NOW)
        done.append(block)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Bulk, "accept", make)
        bring_in(runtime, path)

    assert_settled(runtime)


def test_segments_that_are_declared_meanwhile_count_what_is_stored(runtime, tmp_path):
    def declare():
        with runtime.transaction() as session:
            segments.declare(session, model_named(session, "churn"), ["plan"], now=NOW)

    bring_in(runtime, parquet(tmp_path, columns()), declare)

    assert_settled(runtime)


def test_a_provisional_baseline_waits_for_the_rows(runtime, tmp_path, monkeypatch):
    monkeypatch.setattr(baselines, "ENOUGH_EVENTS", 100)
    made = []

    def ensure():
        with runtime.transaction() as session:
            made.append(baselines.ensure_provisional(session, now=NOW))

    bring_in(runtime, parquet(tmp_path, columns()), ensure)

    assert made == [0]
    ensure()
    assert made == [0, 1]
    assert_settled(runtime)
