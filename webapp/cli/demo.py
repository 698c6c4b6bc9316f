"""The demo company: 90 days of history at the first start, live traffic from then on."""

import dataclasses
from pathlib import Path

import click

from webapp.accounts.permissions import Role
from webapp.cli.opening import opened
from webapp.cli.serving import serve
from webapp.demo.live import start_live
from webapp.demo.people import Credentials
from webapp.demo.prepare import prepare
from webapp.settings import Settings


@click.command("demo")
@click.option("--days", default=90, show_default=True, type=click.IntRange(7, 365), help="Days of history.")
@click.option(
    "--credentials-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the sign-ins of all roles here, as JSON that only you can read.",
)
@click.option("--load-only", is_flag=True, help="Bring the history in and end; serve nothing.")
def COMMAND(days: int, credentials_file: Path | None, load_only: bool) -> None:
    """Serve Mission Control with a demo company in it: models, people, history, and traffic that goes on.

    The first start loads the history; later ones add what is missing since. The sign-ins are made fresh and kept in
    the data folder, in credentials.json.

    \b
    Example:  MC_PORT=8080 mission-control demo --days 90 --credentials-file sign-ins.json
    """
    serve_demo(Settings.from_environment(), days=days, credentials_file=credentials_file, load_only=load_only)


def serve_demo(
    settings: Settings, *, days: int = 90, credentials_file: Path | None = None, load_only: bool = False
) -> None:
    settings = dataclasses.replace(settings, demo=True)
    with opened(settings) as runtime:
        credentials = prepare(
            runtime, days=days, now=runtime.clock.now(), base_url=settings.public_url, report=click.echo
        )
        if credentials_file is not None:
            credentials.write(credentials_file)
        _print(credentials)
        if not load_only:
            serve(runtime, beside=start_live)


def _print(credentials: Credentials) -> None:
    click.echo("\nSign in with:")
    for name, sign_in in credentials.users.items():
        click.echo(f"  {Role(name).label:17} {sign_in.email:22} {sign_in.password}")
