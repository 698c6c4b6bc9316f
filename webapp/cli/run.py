"""Start the application: web server and worker in one process."""

import click

from webapp.cli.demo import serve_demo
from webapp.cli.opening import opened
from webapp.cli.serving import serve
from webapp.settings import Settings


@click.command("run")
def COMMAND() -> None:
    """Serve the application and evaluate rules, in one process.

    \b
    Without MC_DATABASE_URL an embedded PostgreSQL keeps its data under MC_DATA_DIR. At the first start a link is
    printed, good for 15 minutes, at which the first administrator is made. With MC_DEMO=on it is the demo.

    \b
    Example:  MC_PORT=8080 mission-control run
    """
    settings = Settings.from_environment()
    if settings.demo:
        serve_demo(settings)
        return
    with opened(settings) as runtime:
        serve(runtime)
