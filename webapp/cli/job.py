"""Running one of the worker's jobs now, or as if it were another time."""

from datetime import UTC, datetime

import click

from webapp.cli.opening import opened
from webapp.core.errors import InvalidInputError
from webapp.worker import runs


@click.group("job")
def COMMAND() -> None:
    """Run the worker's jobs by hand."""


@COMMAND.command("run")
@click.argument("name")
@click.option("--at", "at_text", help="Run it as if it were this instant, like 2026-03-01T10:00:00Z.")
def run(name: str, at_text: str | None) -> None:
    """Run a job once and print what it did.

    \b
    Example:  mission-control job run evaluate_rules --at 2026-03-01T10:00:00Z
    """
    with opened() as runtime:
        at = runtime.clock.now() if at_text is None else _instant(at_text)
        click.echo(runs.run_now(runtime, name, at=at))


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInputError(f"'{text}' is no instant; write it like 2026-03-01T10:00:00Z.") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
