"""A way to the database that can be cut: what goes through it ends, and nobody gets in until it is mended."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import make_url


class Proxy:
    """Passes on what comes to `port`, while it is whole."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._is_cut = threading.Event()
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """End every connection, and refuse new ones inside the block."""
        self._is_cut.set()
        for each in list(self._open):
            _shut(each)
        try:
            yield
        finally:
            self._is_cut.clear()

    def close(self) -> None:
        self._is_cut.set()
        _shut(self._listener)
        for each in list(self._open):
            _shut(each)

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            if self._is_cut.is_set():
                caller.close()
                continue
            called = socket.create_connection(self._target)
            self._open |= {caller, called}
            for one, other in ((caller, called), (called, caller)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while received := one.recv(65_536):
                other.sendall(received)
        for each in (one, other):
            _shut(each)
            self._open.discard(each)


def _shut(each: socket.socket) -> None:
    with contextlib.suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()


@contextmanager
def proxied(url: str) -> Iterator[tuple[Proxy, str]]:
    """Yield a proxy to the server of the address, and the address by way of it."""
    direct = make_url(url)
    proxy = Proxy(direct.host or "127.0.0.1", direct.port or 5432)
    try:
        yield proxy, direct.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
    finally:
        proxy.close()
