"""Bring the database to this version's schema."""

import click

from webapp.cli.opening import opened


@click.command("migrate")
def COMMAND() -> None:
    """Apply the migrations that the database lacks; several at once are safe.

    \b
    Example:  MC_DATABASE_URL=postgresql://… mission-control migrate
    """
    with opened():
        click.echo("The database has this version's schema.")
