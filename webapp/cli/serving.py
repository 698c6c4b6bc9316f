"""The web server and the worker's ticks in one process, until somebody ends it."""

import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import click
from waitress.server import create_server

from webapp.accounts.bootstrap import first_admin_link
from webapp.app import create_app
from webapp.core.errors import UserError
from webapp.runtime import Runtime
from webapp.worker import scheduler

logger = logging.getLogger(__name__)

CONNECTIONS = 500  # Slow clients hold a connection, not a thread: waitress reads them all in one loop.

DRAIN_SECONDS = 10  # for requests; the worker then has as long as its own drain, 25 s in all


def serve(runtime: Runtime, *, beside: Callable[[Runtime], Any] | None = None) -> None:
    """Serve until SIGTERM or Ctrl-C; `beside` starts something more and returns what has a `stop()`."""
    settings = runtime.settings
    with ExitStack() as ending:
        server = bound(create_app(runtime), settings.host, settings.port, settings.web_threads)
        keep_what_is_loaded()
        if settings.scheduler:
            ending.callback(scheduler.start(runtime).stop)
        if beside is not None:
            ending.callback(beside(runtime).stop)
        click.echo(f"\nMission Control is at {settings.public_url}")
        _print_first_link(runtime)
        _run(server)


def keep_what_is_loaded() -> None:
    """Tell the garbage collector that the modules and the app stay.

    A page makes thousands of objects, and looking through all that was loaded costs as much as the page. It keeps them
    until it is done, so that looking through them again and again while it is made finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


def bound(app: Any, host: str, port: int, threads: int) -> Any:
    try:
        return create_server(
            app,
            host=host,
            port=port,
            threads=threads,
            connection_limit=CONNECTIONS,
            channel_timeout=60,
            ident="",
            clear_untrusted_proxy_headers=False,  # werkzeug's ProxyFix does it, for as many hops as are trusted
        )
    except OSError as error:
        if isinstance(error, socket.gaierror):
            raise UserError(f"MC_HOST is '{host}', which is no address of this machine.") from None
        raise UserError(
            f"Port {port} on {host} cannot be used: {error.strerror or error}. Set MC_PORT to another one."
        ) from None


def _run(server: Any) -> None:
    """Answer requests in a thread, so that the main one is free to hear signals."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    thread = threading.Thread(target=server.run, name="web", daemon=True)
    thread.start()
    while thread.is_alive() and not ended.wait(0.5):
        pass
    logger.info("stopping")
    server.close()
    server.task_dispatcher.shutdown(timeout=DRAIN_SECONDS)


def _print_first_link(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        link = first_admin_link(session, runtime.clock.now(), runtime.settings.public_url)
    if link is not None:
        click.echo(f"Create the first administrator within 15 minutes at {link}")
