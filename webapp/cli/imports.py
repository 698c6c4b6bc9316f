"""Bringing in files of predictions and outcomes."""

import csv
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from webapp.cli.baseline import make, source_of
from webapp.cli.opening import opened
from webapp.core.errors import InvalidInputError, UserError
from webapp.runtime import Runtime
from webapp.telemetry.baselines import baselines
from webapp.telemetry.fold import fold
from webapp.telemetry.importer import Importer, Mapped, Means, OutcomeImporter, PredictionImporter, Refused, Summary
from webapp.telemetry.importer_files import open_file
from webapp.telemetry.ingest import Limits

REASONS_SHOWN = 10
FOLDED_AT_ONCE = 500  # deltas, so that an import stays small


@click.group("import")
def COMMAND() -> None:
    """Bring in predictions or outcomes from a CSV, Parquet or NDJSON file.

    What is stored already is recognised by its id, so an import that was interrupted is simply run again.
    """


def _common(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option(
            "--errors", type=click.Path(path_type=Path, dir_okay=False), help="Write refused rows here (CSV)."
        ),
        click.option("--positive", help="The value of the class that is predicted, like Yes; others are negative."),
        click.option("--at", help="The column with the time, or one instant for all rows (2026-03-01, or now)."),
        click.option(
            "--map", "pairs", multiple=True, metavar="COLUMN=FIELD", help="Which column is which field (repeatable)."
        ),
        click.option("--model", required=True, help="The model that the events belong to."),
        click.argument("file", type=click.Path(path_type=Path, dir_okay=False)),
    ):
        command = option(command)
    return command


@COMMAND.command("predictions")
@_common
@click.option("--version", help="The version, where no column says it.")
@click.option("--features", help="The columns that are features, separated by commas; all unmapped ones by default.")
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file with the same columns, such as a training frame, that drift is measured against from now on.",
)
def predictions(
    file: Path,
    model: str,
    pairs: tuple[str, ...],
    at: str | None,
    positive: str | None,
    errors: Path | None,
    version: str | None,
    features: str | None,
    baseline: Path | None,
) -> None:
    """Import predictions. Fields: prediction_id, at, version, score, predicted, actual, latency_ms, error, environment.

    A column `actual` holds what happened: it is stored as the outcome, known at the time of the prediction. Map a
    column to `ignore` to leave it out of the features.

    \b
    Example:  mission-control import predictions scored.csv --model churn --version v1 \\
                --map customerID=prediction_id --map probability=score --map Churn=ignore --at 2026-03-01
    """
    chosen = None if features is None else [name.strip() for name in features.split(",")]
    mapped = Mapped(model, _fields(pairs), chosen, version, at, positive)
    _import(PredictionImporter, file, mapped, errors, baseline=baseline)


@COMMAND.command("outcomes")
@_common
def outcomes(
    file: Path, model: str, pairs: tuple[str, ...], at: str | None, positive: str | None, errors: Path | None
) -> None:
    """Import outcomes. Fields: prediction_id, actual, at.

    \b
    Example:  mission-control import outcomes customers.csv --model churn \\
                --map customerID=prediction_id --map Churn=actual --positive Yes --at now
    """
    _import(OutcomeImporter, file, Mapped(model, _fields(pairs), at=at, positive=positive), errors)


def _import(
    kind: type[Importer[Any]], file: Path, mapped: Mapped, errors: Path | None, *, baseline: Path | None = None
) -> None:
    pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own keeps what was read long after it was stored.
    opened_file = open_file(file)
    console = Console(stderr=True)
    with opened() as runtime, ExitStack() as stack:
        importer = kind(opened_file, mapped, now=runtime.clock.now())
        if baseline is not None and isinstance(importer, PredictionImporter):
            _make_baseline(runtime, importer, baseline)
        refuse = stack.enter_context(_error_file(errors))
        advance = stack.enter_context(_progress(console, file.name, opened_file.size))
        began = time.monotonic()
        summary = importer.run(
            Means(
                open=runtime.ingest_transaction,
                clock=runtime.clock.now,
                limits=_limits(runtime),
                refuse=refuse,
                progress=advance,
                counted=lambda rows: _say_counted(rows, time.monotonic() - began),
            )
        )
        seconds = time.monotonic() - began
        _fold(runtime)
    _say(summary, seconds, errors)
    if not summary.accepted and not summary.duplicates:
        raise UserError("Nothing was imported." if summary.read else f"'{file.name}' has no rows.")


def _make_baseline(runtime: Runtime, importer: PredictionImporter, file: Path) -> None:
    """Make the file the model's baseline, once: an import that was interrupted is run again as it was."""
    with runtime.job_transaction() as session:
        now = runtime.clock.now()
        model = importer.register(session, now=now)
        what = importer.reference(model, file)
        newest = next(iter(baselines(session, model.id)), None)
        if newest is None or (newest.source, newest.row_count) != (source_of(file), what.rows):
            make(session, model, what, file, now=now)


def _fields(pairs: tuple[str, ...]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for pair in pairs:
        column, separator, name = pair.rpartition("=")
        if not separator or not column or not name:
            raise InvalidInputError(f"'{pair}' is not of the form COLUMN=FIELD, like customerID=prediction_id.")
        fields[column] = name
    return fields


def _limits(runtime: Runtime) -> Limits:
    return Limits(
        retention=timedelta(days=runtime.settings.retention_events_days),
        outcome_window=timedelta(days=runtime.settings.outcome_window_days),
    )


def _fold(runtime: Runtime) -> None:
    """Fold what was added, so that the first page does not have to read it piece by piece."""
    while True:
        with runtime.job_transaction() as session:
            if not fold(session, now=runtime.clock.now(), limit=FOLDED_AT_ONCE):
                return


@contextmanager
def _progress(console: Console, title: str, size: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=max(size, 1))
        yield lambda position: progress.update(task, completed=position)


@contextmanager
def _error_file(path: Path | None) -> Iterator[Callable[[Refused], None]]:
    if path is None:
        yield lambda _refused: None
        return
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise UserError(f"The refused rows cannot be written to {path}: {error.strerror}.") from error
    with file:
        writer = csv.writer(file)
        writer.writerow(["row", "prediction_id", "field", "message"])
        yield lambda refused: writer.writerow([refused.row, refused.prediction_id, refused.field, refused.message])


def _say_counted(rows: int, seconds: float) -> None:
    click.echo(f"Counted {rows:,} rows in {seconds:.1f} s: their figures are on the screens. Storing the rows …")


def _say(summary: Summary, seconds: float, errors: Path | None) -> None:
    rate = summary.read / max(seconds, 1e-9)
    click.echo(
        f"Read {summary.read:,} rows in {seconds:.1f} s ({rate:,.0f} a second): {summary.accepted:,} accepted,"
        f" {summary.duplicates:,} stored before, {summary.refused_count:,} refused."
    )
    for reason, count in summary.refused.most_common(REASONS_SHOWN):
        click.echo(f"  {count:>9,}  {reason}")
    if summary.refused and errors is not None:
        click.echo(f"The refused rows are in {errors}.")
