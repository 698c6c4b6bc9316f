"""Bringing in files: what is counted afterwards, what is refused and why, and that a second run changes nothing."""

import csv
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sklearn.metrics import confusion_matrix, roc_auc_score
from sqlalchemy import text

from webapp.catalog import queries as catalog
from webapp.cli.imports import COMMAND
from webapp.core.errors import InvalidInputError, UserError
from webapp.core.periods import Window
from webapp.metrics.performance import performance
from webapp.telemetry.baselines import baselines, ensure_provisional
from webapp.telemetry.importer import Mapped, Means, OutcomeImporter, PredictionImporter, Refused, Summary
from webapp.telemetry.importer_files import open_file
from webapp.telemetry.importer_values import instant_of
from webapp.telemetry.ingest import Limits
from webapp.telemetry.queries import totals

SAMPLE = Path(__file__).parents[1] / "data" / "telco_sample.csv"  # 40 customers of IBM's sample data (Apache-2.0)
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
FIELDS = {"customerID": "prediction_id", "probability": "score"}


def scored(folder: Path, *, scores: list[str] | None = None) -> Path:
    """Return the sample with a column `probability`, without the answer."""
    with SAMPLE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for place, row in enumerate(rows):
        del row["Churn"]
        row["probability"] = scores[place] if scores else str(place / len(rows))
    path = folder / "scored.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return path


def bring_in(runtime, kind, path: Path, mapped: Mapped, limits: Limits | None = None) -> tuple[Summary, list[Refused]]:
    refused: list[Refused] = []
    importer = kind(open_file(path), mapped, now=NOW)
    summary = importer.run(
        Means(
            open=runtime.ingest_transaction,
            clock=runtime.clock.now,
            limits=limits or Limits(),
            refuse=refused.append,
            progress=lambda _position: None,
        )
    )
    return summary, refused


def counted(runtime, name: str, days: int = 2, *parts: str):
    with runtime.transaction() as session:
        model = catalog.model_named(session, name)
        ids = [each.id for each in catalog.versions(session, model.id)]
        window = Window(NOW - timedelta(days=days), NOW + timedelta(hours=1))
        return totals(session, {1: ids}, window, parts=frozenset(parts), now=NOW)[1]


def test_customers_and_what_became_of_them_are_counted(runtime, tmp_path):
    mapped = Mapped("churn", FIELDS, version="v1", at="2026-03-10T09:00:00Z")
    told = Mapped("churn", {"customerID": "prediction_id", "Churn": "actual"}, at="now", positive="Yes")

    predictions, refused = bring_in(runtime, PredictionImporter, scored(tmp_path), mapped)
    outcomes, _ = bring_in(runtime, OutcomeImporter, SAMPLE, told)

    assert (predictions.read, predictions.accepted, refused) == (40, 40, [])
    assert outcomes.accepted == 40
    aggregate = counted(runtime, "churn", 2, "features")
    assert aggregate.tally.predictions == aggregate.tally.known == 40
    assert aggregate.tally.tp + aggregate.tally.fn == 12
    assert aggregate.features["TotalCharges"].missing == 3
    assert aggregate.features["TotalCharges"].moments[0] == 37
    assert "customerID" not in aggregate.features


def test_a_second_run_changes_nothing(runtime, tmp_path):
    mapped = Mapped("churn", FIELDS, at="2026-03-10T09:00:00Z")
    bring_in(runtime, PredictionImporter, scored(tmp_path), mapped)

    again, refused = bring_in(runtime, PredictionImporter, scored(tmp_path), mapped)

    assert (again.accepted, again.duplicates, refused) == (0, 40, [])
    assert counted(runtime, "churn").tally.predictions == 40


def test_refused_rows_are_told_with_their_number_and_counted_by_reason(runtime, tmp_path):
    scores = ["0.5"] * 40
    scores[3], scores[4], scores[9] = "1.5", "2", "high"

    summary, refused = bring_in(
        runtime, PredictionImporter, scored(tmp_path, scores=scores), Mapped("churn", FIELDS, at="2026-03-10")
    )

    assert summary.accepted == 37
    assert [each.row for each in refused] == [4, 5, 10]
    assert summary.refused["score must be a finite number from 0 to 1"] == 2
    assert summary.refused_count == 3
    assert all(each.prediction_id for each in refused)


def test_repeats_with_other_values_are_counted_as_one_reason(runtime, tmp_path):
    mapped = Mapped("churn", FIELDS, at="2026-03-10")
    bring_in(runtime, PredictionImporter, scored(tmp_path), mapped)

    summary, _ = bring_in(runtime, PredictionImporter, scored(tmp_path, scores=["0.987"] * 40), mapped)

    assert summary.accepted == 0
    assert len(summary.refused) == 1
    assert "already accepted with other values" in next(iter(summary.refused))


def test_lines_of_json_and_columns_named_like_fields_need_no_mapping(runtime, tmp_path):
    path = tmp_path / "a.ndjson"
    rows = [
        {"prediction_id": f"p{n}", "at": 1_773_136_800 + n, "score": n / 10, "features": {"x": n, "plan": "a"}}
        for n in range(10)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))

    summary, _ = bring_in(runtime, PredictionImporter, path, Mapped("m"))

    assert summary.accepted == 10
    assert set(counted(runtime, "m", 2, "features").features) == {"x", "plan"}


@pytest.mark.parametrize(
    ("mapped", "sentence"),
    [
        (Mapped("m", {"probability": "score"}, at="now"), "no column for 'prediction_id'"),
        (Mapped("m", FIELDS), "no column for 'at'"),
        (Mapped("m", {**FIELDS, "nothing": "score"}, at="now"), "no column 'nothing'"),
        (Mapped("m", {**FIELDS, "tenure": "ternure"}, at="now"), "no field 'ternure'"),
        (Mapped("m", {**FIELDS, "tenure": "score"}, at="now"), "'score' is mapped twice"),
        (Mapped("m", FIELDS, at="yesterday"), "'yesterday' is neither an instant nor a column"),
        (Mapped("m", FIELDS, features=["tenor"], at="now"), "no column 'tenor'"),
    ],
)
def test_a_mapping_that_does_not_fit_is_a_sentence(tmp_path, mapped, sentence):
    with pytest.raises(InvalidInputError, match=sentence):
        PredictionImporter(open_file(scored(tmp_path)), mapped, now=NOW)


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2026-03-01T10:00:00Z", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01 10:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T12:00:00+02:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01", datetime(2026, 3, 1, tzinfo=UTC)),
        ("20260301", datetime(2026, 3, 1, tzinfo=UTC)),
        (1_772_359_200, datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("1772359200000", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        (datetime(2026, 3, 1, 10), datetime(2026, 3, 1, 10, tzinfo=UTC)),  # noqa: DTZ001
        ("soon", "soon"),
    ],
)
def test_times_are_read_as_people_write_them(value, instant):
    assert instant_of(value) == instant


def run_command(runtime, folder: Path, *arguments: str):
    environment = {
        "MC_DATABASE_URL": runtime.settings.database_url,
        "MC_SECRET_KEY": runtime.settings.secret_key,
        "MC_DATA_DIR": str(folder),
        "MC_RETENTION_EVENTS_DAYS": "1000",
    }
    return CliRunner().invoke(COMMAND, arguments, env=environment)


def test_the_command_says_what_came_of_it_and_keeps_the_refused_rows(runtime, tmp_path):
    scores = ["0.25"] * 40
    scores[7] = "-1"
    errors = tmp_path / "refused.csv"

    done = run_command(
        runtime,
        tmp_path,
        *("predictions", str(scored(tmp_path, scores=scores)), "--model", "churn", "--at", "now", "--version", "v1"),
        *("--map", "customerID=prediction_id", "--map", "probability=score", "--errors", str(errors)),
    )

    assert done.exit_code == 0, done.output
    assert "Read 40 rows" in done.output
    assert "39 accepted, 0 stored before, 1 refused" in done.output
    assert "1  score must be a finite number from 0 to 1" in done.output
    with errors.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["row"], row["field"]) == ("8", "score")


def test_the_command_makes_the_baseline_first_and_only_once(runtime, tmp_path):
    (tmp_path / "training").mkdir()
    training = scored(tmp_path / "training", scores=[str(place / 160) for place in range(40)])
    with training.open() as file:
        header, *lines = file.readlines()
    training.write_text(header + "".join(lines * 4))
    arguments = (
        *("predictions", str(scored(tmp_path)), "--model", "churn", "--at", "now", "--version", "v1"),
        *("--map", "customerID=prediction_id", "--map", "probability=score", "--baseline", str(training)),
    )

    first, second = run_command(runtime, tmp_path, *arguments), run_command(runtime, tmp_path, *arguments)

    assert first.exit_code == 0, first.output
    assert "Baseline 1 of churn was made" in first.output
    assert "Counted 40 rows" in first.output
    assert "40 accepted" in first.output
    assert "Baseline" not in second.output
    with runtime.transaction() as session:
        (info,) = baselines(session, catalog.model_named(session, "churn").id)
        binning = catalog.current_binning(session, catalog.model_named(session, "churn").id)
    assert (info.row_count, info.source) == (160, "the file scored.csv")
    assert "customerID" not in binning.names
    assert "probability" not in binning.names


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--map", "customerID"), "not of the form COLUMN=FIELD"),
        (("--map", "customerID=prediction_id"), "no column for 'at'"),
        (("--map", "customerID=prediction_id", "--at", "now"), "Nothing was imported"),
    ],
)
def test_the_command_fails_with_one_sentence(runtime, tmp_path, arguments, sentence):
    done = run_command(runtime, tmp_path, "predictions", str(scored(tmp_path)), "--model", "churn", *arguments)

    assert done.exit_code == 1
    assert isinstance(done.exception, UserError)
    assert sentence in done.exception.message


# --- whole files, where MC_TEST_DATA names the folder that has them ---------------------------------------------------


def big(name: str) -> Path:
    folder = os.environ.get("MC_TEST_DATA")
    if not folder or not (Path(folder) / name).exists():
        pytest.skip(f"SKIPPED: set MC_TEST_DATA to the folder that has {name} to import the whole file")
    return Path(folder) / name


def score_with(script: str, path: Path, out: Path, monkeypatch) -> None:
    """Run one of the examples as a reader would."""
    examples = Path(__file__).parents[2] / "examples"
    monkeypatch.setattr(sys, "argv", [script, str(path), "--out", str(out)])
    monkeypatch.syspath_prepend(str(examples))
    __import__(script).main()


def answers(folder: Path) -> tuple[list[float], list[bool]]:
    """Return what the files say: each row's score and whether it was positive."""
    with (folder / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (folder / "outcomes.csv").open(newline="") as file:
        told = [row.get("actual", row.get("Churn")) in {"1", "Yes"} for row in csv.DictReader(file)]
    return [float(row.get("score", row.get("probability"))) for row in rows], told


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("name", "script", "count", "positives", "predicted", "told"),
    [
        (
            "telco.csv",
            "score_telco",
            7_043,
            1_869,
            ("--map", "customerID=prediction_id", "--map", "probability=score"),
            ("--map", "customerID=prediction_id", "--map", "Churn=actual", "--positive", "Yes"),
        ),
        ("elec.csv", "score_elec", 45_312, 19_237, (), ()),
    ],
)
def test_a_whole_file_comes_in_and_is_counted_right(
    runtime, tmp_path, monkeypatch, name, script, count, positives, predicted, told
):
    score_with(script, big(name), tmp_path, monkeypatch)
    runtime.clock.at = datetime.now(UTC)

    for kind, options in (("predictions", predicted), ("outcomes", told)):
        done = run_command(runtime, tmp_path, kind, str(tmp_path / f"{kind}.csv"), "--model", "imported", *options)
        print(f"\n{name}: {done.output}")
        assert done.exit_code == 0, done.output
        assert f"{count:,} accepted, 0 stored before, 0 refused" in done.output

    with runtime.transaction() as session:
        query = "SELECT count(*), count(actual), sum(actual), count(DISTINCT prediction_id) FROM prediction"
        assert tuple(session.execute(text(query)).one()) == (count, count, positives, count)
        # As the worker does by itself: a first baseline, whose bins follow the scores, and a recount in them.
        ensure_provisional(session, now=runtime.clock.now())
        model = catalog.model_named(session, "imported")
        window = Window(runtime.clock.now() - timedelta(days=990), runtime.clock.now())
        found = performance(session, model, window, now=runtime.clock.now())
    scores, actual = answers(tmp_path)
    tn, fp, fn, tp = confusion_matrix(actual, [score >= 0.5 for score in scores]).ravel()
    assert (found.predictions, found.known) == (count, count)
    assert (found.confusion.tp, found.confusion.fp, found.confusion.fn, found.confusion.tn) == (tp, fp, fn, tn)
    assert found.accuracy.value == pytest.approx((tp + tn) / count, abs=1e-12)
    area = roc_auc_score(actual, scores)
    print(f"{name}: AUC {found.auc.value:.6f} ± {found.auc_bound:.6f}, scikit-learn {area:.6f}")
    assert abs(found.auc.value - area) <= found.auc_bound < 0.02
