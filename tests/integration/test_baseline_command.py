"""`mission-control baseline`."""

import random

import pytest
from click.testing import CliRunner

from tests.factories import make_model, make_predictions
from webapp.accounts import audit
from webapp.cli.baseline import COMMAND
from webapp.core.errors import InvalidInputError, NotFoundError
from webapp.telemetry import baselines


@pytest.fixture
def command(runtime, monkeypatch):
    """Run the command on the test's database, where there is a model with events."""
    with runtime.transaction() as session:
        make_model(session)
        make_predictions(session, 150)
    monkeypatch.setenv("MC_DATABASE_URL", runtime.settings.database_url)
    monkeypatch.setenv("MC_SECRET_KEY", runtime.settings.secret_key)
    return lambda *arguments: CliRunner().invoke(COMMAND, [str(each) for each in arguments])


@pytest.fixture
def frame(tmp_path):
    rng = random.Random(3)
    lines = ["tenure,region,probability,churned"]
    lines += [
        f"{rng.randrange(72)},{rng.choice(('EU', 'US'))},{rng.random():.4f},{rng.randrange(2)}" for _ in range(300)
    ]
    file = tmp_path / "train.csv"
    file.write_text("\n".join(lines))
    return file


def made(runtime):
    with runtime.transaction() as session:
        return baselines.baselines(session, 1)


def test_a_frame_becomes_the_baseline_and_is_written_down(command, runtime, frame):
    done = command("churn", frame, "--score", "probability", "--actual", "churned", "--from", "2026-01-05")

    assert done.exit_code == 0, done.output
    assert "300 rows, 300 with a score, 300 with an outcome." in done.output
    assert "Features without a column, which will have no reference: contract, monthly_charges." in done.output
    assert "Baseline 1 of churn was made" in done.output
    (info,) = made(runtime)
    assert (info.source, info.row_count, f"{info.valid_from:%Y-%m-%d}") == ("the file train.csv", 300, "2026-01-05")
    with runtime.transaction() as session:
        assert audit.events(session)[0].action == "baseline.made"


def test_a_check_stores_nothing(command, runtime, frame):
    done = command("churn", frame, "--check")

    assert "Features it never sent: region, probability, churned." in done.output
    assert made(runtime) == []


def test_what_is_wrong_is_a_sentence(command, frame, tmp_path):
    assert isinstance(command("nobody", frame).exception, NotFoundError)
    assert isinstance(command("churn", tmp_path / "none.csv").exception, InvalidInputError)
    assert isinstance(command("churn", frame, "--from", "soon").exception, InvalidInputError)
    assert "There is no column 'risk'" in str(command("churn", frame, "--score", "risk").exception)
