"""Another secret key: what was sealed with the former one is sealed anew."""

import click

from webapp.accounts.actor import SYSTEM
from webapp.alerting.outside import sources
from webapp.cli.opening import opened


@click.command("reseal")
def COMMAND() -> None:
    """Seal stored secrets with MC_SECRET_KEY, after it was changed.

    \b
    Set MC_SECRET_KEY to the new key and MC_FORMER_SECRET_KEY to the one before, restart,
    run this, and take MC_FORMER_SECRET_KEY away again.
    """
    with opened() as runtime, runtime.transaction() as session:
        count = sources.reseal(session, vault=runtime.settings.vault, actor=SYSTEM, now=runtime.clock.now())
    secrets = "1 source" if count == 1 else f"{count:,} sources"
    click.echo(f"The secrets of {secrets} are sealed with MC_SECRET_KEY; MC_FORMER_SECRET_KEY is no longer needed.")
