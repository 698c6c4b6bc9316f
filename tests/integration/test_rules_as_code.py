"""`mission-control export-rules` and `mission-control apply`: there and back, checked, audited, all or nothing."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.factories import NOW, ROOT
from tests.integration.alerting.helpers import cpu_rule
from webapp.accounts import audit
from webapp.alerting import queries, rules
from webapp.cli import apply, export_rules
from webapp.core.errors import UserError
from webapp.runtime import Runtime


@pytest.fixture
def command(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a verb on the test's database, where the pack of rules is."""
    monkeypatch.setenv("MC_DATABASE_URL", str(runtime.settings.database_url))
    monkeypatch.setenv("MC_SECRET_KEY", runtime.settings.secret_key)
    with runtime.transaction() as session:
        rules.ensure_rule_pack(session, now=NOW)

    def run(verb: Any, *arguments: object) -> Result:
        return CliRunner().invoke(verb.COMMAND, [str(each) for each in arguments])

    return run


@pytest.fixture
def files(command: Any, tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    assert command(export_rules, folder).exit_code == 0
    return folder


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def versions(runtime: Runtime) -> dict[str, int]:
    with runtime.transaction() as session:
        return {rule.name: rule.version for rule in queries.rules(session)}


def test_what_was_exported_differs_in_nothing(command: Any, files: Path, runtime: Runtime) -> None:
    count, before = len(versions(runtime)), versions(runtime)

    checked, applied = command(apply, files, "--check"), command(apply, files)

    assert len(list(files.glob("*.yaml"))) == count
    assert checked.exit_code == applied.exit_code == 0
    assert checked.output == f"Nothing differs: {count} rules say what their files say.\n"
    assert versions(runtime) == before


def test_a_check_tells_what_differs_and_changes_nothing(command: Any, files: Path, runtime: Runtime) -> None:
    count, before = len(versions(runtime)), versions(runtime)
    edit(files / "high-cpu.yaml", "medium: 80", "medium: 85\n  high: 95")
    edit(files / "high-memory.yaml", "name: High memory", "name: Memory")
    (files / "low-roc-auc.yaml").unlink()

    checked = command(apply, files, "--check")

    assert checked.exit_code == 1
    assert checked.output.splitlines() == [
        "~ High CPU: high-cpu.yaml",
        "    medium: 80 → 85",
        "    high: – → 95",
        "+ Memory: new, from high-memory.yaml",
        f"2 to apply, {count - 3} the same.",
        "In no file, and left alone: High memory, Low ROC AUC.",
    ]
    assert versions(runtime) == before


def test_what_is_applied_is_a_version_with_its_entry_in_the_log_and_nothing_the_second_time(
    command: Any, files: Path, runtime: Runtime
) -> None:
    edit(files / "high-cpu.yaml", "medium: 80", "medium: 85")
    (files / "high-cpu.yaml").open("a").write("paused: true\n")

    first, second = command(apply, files), command(apply, files)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "    paused: no → yes\n" in first.output
    assert "Nothing differs" in second.output
    assert versions(runtime)["High CPU"] == 2
    with runtime.transaction() as session:
        (rule,) = [rule for rule in queries.rules(session) if rule.name == "High CPU"]
        newest = [(event.action, event.actor) for event in audit.events(session)[:2]]
    assert rule.paused
    assert newest == [("rule.paused", "mission-control apply"), ("rule.saved", "mission-control apply")]


def test_a_rule_that_somebody_paused_stays_paused_where_the_file_does_not_say(
    command: Any, files: Path, runtime: Runtime
) -> None:
    with runtime.transaction() as session:
        (rule,) = [rule for rule in queries.rules(session) if rule.name == "High CPU"]
        rules.pause_rule(session, rule.id, actor=ROOT, now=NOW)

    assert "Nothing differs" in command(apply, files).output

    command(export_rules, files)
    assert "paused: true" in (files / "high-cpu.yaml").read_text()
    edit(files / "high-cpu.yaml", "paused: true", "paused: false")
    assert "paused: yes → no" in command(apply, files).output


def test_pruning_deletes_what_stands_in_no_file(command: Any, files: Path, runtime: Runtime) -> None:
    (files / "high-cpu.yaml").unlink()

    checked = command(apply, files, "--check", "--prune")
    assert (checked.exit_code, checked.output.splitlines()[0]) == (1, "- High CPU: stands here and in no file")
    assert "High CPU" in versions(runtime)

    assert command(apply, files, "--prune").exit_code == 0
    assert "High CPU" not in versions(runtime)


def test_one_file_that_is_wrong_keeps_all_from_counting(command: Any, files: Path, runtime: Runtime) -> None:
    before = versions(runtime)
    edit(files / "high-cpu.yaml", "medium: 80", "medium: 85")
    edit(files / "high-memory.yaml", "medium: 85", "medium: lots")
    edit(files / "low-roc-auc.yaml", "metric: roc_auc", "metric: joy")

    failed = command(apply, files)

    assert isinstance(failed.exception, UserError)
    assert [line.partition(":")[0] for line in failed.exception.message.splitlines()] == [
        "high-memory.yaml",
        "low-roc-auc.yaml",
    ]
    assert versions(runtime) == before


def test_a_name_in_two_files_and_a_folder_without_files_are_refused(command: Any, files: Path, tmp_path: Path) -> None:
    (files / "other.yml").write_text((files / "high-cpu.yaml").read_text())

    assert "'High CPU' stands in several files: high-cpu.yaml, other.yml." in str(command(apply, files).exception)
    assert "There are no files *.yaml" in str(command(apply, tmp_path / "nowhere").exception)


def test_an_export_names_files_that_are_not_of_a_rule(command: Any, files: Path, runtime: Runtime) -> None:
    (files / "mine.yaml").write_text("name: mine")
    with runtime.transaction() as session:
        rules.save_rule(session, cpu_rule("High CPU!"), actor=ROOT, now=NOW)

    told = command(export_rules, files).output

    assert "Not of a rule that is here, and left alone: mine.yaml." in told
    assert (files / "high-cpu-2.yaml").exists()
