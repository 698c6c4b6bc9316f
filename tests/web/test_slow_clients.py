"""Slow clients hold connections, not the application."""

import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from flask import Flask

from webapp.cli import serving

PATIENCE_SECONDS = 30  # A server that clients can stop would not answer at all; a busy machine may take its time.


@pytest.fixture
def port(app: Flask) -> Iterator[int]:
    server = serving.bound(app, "127.0.0.1", 0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield int(server.effective_port)
    server.trigger.pull_trigger(server.close)  # in the thread that waits for its sockets, not under its feet
    thread.join(PATIENCE_SECONDS)
    server.task_dispatcher.shutdown()


def test_health_answers_while_fifty_clients_dawdle(port: int) -> None:
    with ExitStack() as open_connections:
        for _ in range(50):
            slow = open_connections.enter_context(
                socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
            )
            slow.sendall(b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nemail=")

        answers = [
            urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=PATIENCE_SECONDS).status for _ in range(3)
        ]

    assert answers == [200, 200, 200]
