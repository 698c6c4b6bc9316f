"""What is set, and from where."""

import dataclasses

import click

from webapp.settings import Settings, secret_names


@click.command("settings")
def COMMAND() -> None:
    """Print every setting with its value and its source; secrets are hidden.

    \b
    Example:  MC_PORT=8080 mission-control settings
    """
    settings = Settings.from_environment()
    for entry in dataclasses.fields(settings):
        if entry.name == "sources":
            continue
        value = getattr(settings, entry.name)
        shown = "(hidden)" if entry.name in secret_names() and value else value
        source = settings.sources.get(entry.name, "default")
        click.echo(f"MC_{entry.name.upper():28} {'' if shown is None else shown!s:32} {source}")
