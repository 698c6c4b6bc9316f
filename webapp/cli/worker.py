"""The worker's ticks alone: for more hands beside web processes."""

import signal
import threading

import click

from webapp.cli.opening import opened
from webapp.worker import scheduler


@click.command("worker")
def COMMAND() -> None:
    """Evaluate rules and do the other jobs, without a web server.

    \b
    Example:  MC_DATABASE_URL=postgresql://… mission-control worker
    """
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with opened() as runtime:
        running = scheduler.start(runtime)
        click.echo("The worker is running; Ctrl-C ends it.")
        ended.wait()
        running.stop()
