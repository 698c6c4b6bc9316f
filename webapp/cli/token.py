"""Keys for programs."""

from datetime import timedelta

import click

from webapp.accounts import tokens
from webapp.accounts.actor import SYSTEM
from webapp.cli.opening import opened


@click.group("token")
def COMMAND() -> None:
    """Make tokens for programs."""


@COMMAND.command("create")
@click.option(
    "--scope", "scopes", multiple=True, required=True, help="ingest:*, ingest:<model>, read, alerts or write."
)
@click.option("--name", default="command line", show_default=True, help="What it is for.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 366), help="How long it works.")
def create(scopes: tuple[str, ...], name: str, days: int) -> None:
    """Make a token and print it; it is shown only now.

    \b
    Example:  mission-control token create --scope ingest:churn --name "churn service"
    """
    with opened() as runtime, runtime.transaction() as session:
        made = tokens.create(
            session, name=name, scopes=scopes, actor=SYSTEM, now=runtime.clock.now(), lifetime=timedelta(days=days)
        )
    click.echo(made.text)
