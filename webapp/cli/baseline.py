"""Making a baseline from a file."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from webapp.accounts import audit
from webapp.accounts.actor import SYSTEM
from webapp.catalog.models import Model
from webapp.catalog.queries import model_named
from webapp.cli.opening import opened
from webapp.core.errors import InvalidInputError
from webapp.telemetry import baseline_file
from webapp.telemetry.baseline_file import Given, Preview

NAMED = 6


@click.command("baseline")
@click.argument("model")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--score", help="The column with the model's scores; 'score' where there is one.")
@click.option("--actual", help="The column with the outcomes; 'actual' where there is one.")
@click.option("--from", "day", help="The day from which it counts (2026-03-01, UTC); now if not set.")
@click.option("--check", is_flag=True, help="Say what fits the model, and store nothing.")
def COMMAND(model: str, file: Path, score: str | None, actual: str | None, day: str | None, check: bool) -> None:
    """Make a CSV, Parquet or NDJSON file, such as a training frame, what a model's drift is measured against.

    A column is a feature, but for those with scores and outcomes: with both, performance can be estimated early.

    \b
    Example:  mission-control baseline churn train.csv --score probability --actual churned
    """
    columns = baseline_file.read_file(file)
    valid_from = None if day is None else _day(day)
    with opened() as runtime, runtime.job_transaction() as session:
        known, now = model_named(session, model), runtime.clock.now()
        what = baseline_file.given(known, columns, score=score, actual=actual)
        _say(baseline_file.preview(session, known, what))
        if check:
            return
        make(session, known, what, file, now=now, valid_from=valid_from)


def make(
    session: Session, model: Model, what: Given, file: Path, *, now: datetime, valid_from: datetime | None = None
) -> None:
    """Make the baseline, write it into the audit log and say so."""
    made = baseline_file.create(
        session, model, what, source=source_of(file), by=SYSTEM.name, now=now, valid_from=valid_from
    )
    after = {"number": made.number, "source": made.source, "row_count": made.row_count}
    audit.record(session, "baseline.made", actor=SYSTEM, subject=f"model:{model.name}", now=now, after=after)
    click.echo(f"Baseline {made.number} of {model.name} was made; drift of all windows is measured against it.")


def source_of(file: Path) -> str:
    return f"the file {file.name}"


def _day(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"'{text}' is not a day; write it like 2026-03-01.") from None
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo("UTC"))


def _say(found: Preview) -> None:
    click.echo(f"{found.rows:,} rows, {found.scores:,} with a score, {found.outcomes:,} with an outcome.")
    for word, names in (
        ("Features of the model", found.matched),
        ("Features it never sent", found.unknown),
        ("Features without a column, which will have no reference", found.missing),
    ):
        if names:
            rest = len(names) - NAMED
            click.echo(f"{word}: {', '.join(names[:NAMED])}" + (f" and {rest} more." if rest > 0 else "."))
    for name, count in found.wrong_types.items():
        click.echo(f"'{name}' has {count:,} values that are no numbers; they count as missing.")
