"""`mission-control report monthly`."""

import io

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from tests.factories import fold_all, make_business, make_confusion, make_model
from webapp.cli.report import COMMAND
from webapp.core.errors import NotFoundError
from webapp.reporting import queries


@pytest.fixture
def command(runtime, monkeypatch):
    """Run the command on the test's database, where the worked example is."""
    with runtime.transaction() as session:
        make_business(session, make_model(session, title="Customer churn"))
        make_confusion(session)
        fold_all(session)
    monkeypatch.setenv("MC_DATABASE_URL", runtime.settings.database_url)
    monkeypatch.setenv("MC_SECRET_KEY", runtime.settings.secret_key)
    return lambda *arguments: CliRunner().invoke(COMMAND, ["monthly", *arguments])


def test_the_report_is_written_to_a_file_and_kept(command, runtime, tmp_path):
    file = tmp_path / "new" / "march.pdf"

    done = command("2026-03", "--model", "churn", "--format", "pdf", "--out", str(file))

    assert done.exit_code == 0, done.output
    assert "Customer churn, 2026-03, revision 1" in done.output
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(file.read_bytes())).pages)
    assert "1,614.3%" in text
    with runtime.transaction() as session:
        assert len(queries.archive(session)) == 1


def test_a_model_that_is_not_there_is_a_sentence(command, tmp_path):
    done = command("2026-03", "--model", "nobody", "--out", str(tmp_path / "x.pdf"))

    assert isinstance(done.exception, NotFoundError)
