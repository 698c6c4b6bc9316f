"""Making a report from the command line."""

from pathlib import Path

import click

from webapp.accounts.actor import SYSTEM
from webapp.cli.opening import opened
from webapp.reporting import queries
from webapp.reporting.generate import generate


@click.group("report")
def COMMAND() -> None:
    """Make reports."""


@COMMAND.command("monthly")
@click.argument("month")
@click.option("--model", default="all", show_default=True, help="The model's name, or 'all'.")
@click.option("--format", "kind", type=click.Choice(["pdf", "html"]), default="pdf", show_default=True)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it; its own name if not set."
)
def monthly(month: str, model: str, kind: queries.Format, out: Path | None) -> None:
    """Make the report of a month (2026-03), keep it in the archive and write it to a file.

    \b
    Example:  mission-control report monthly 2026-03 --model churn --format pdf --out march.pdf
    """
    with opened() as runtime:
        now = runtime.clock.now()
        with runtime.transaction() as session:
            report = generate(session, model, month, actor=SYSTEM, settings=runtime.settings, now=now)
            file = queries.file(session, report.id, kind)
    target = out or Path(file.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(file.body)
    for warning in report.warnings:
        click.echo(warning, err=True)
    click.echo(f"{target}: {report.title}, {report.period}, revision {report.revision} ({report.status_word.lower()}).")
