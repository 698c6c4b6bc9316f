"""Measure what the documents promise: each bench prints its figure, the promise beside it, and the peer where one is.

make bench                  all of them
.venv/bin/python tests/bench/run.py ingest rules     some of them
"""

import http.client
import importlib
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from webapp.db import embedded, migrate
from webapp.runtime import Runtime
from webapp.settings import Settings

BENCHES = ("ingest", "year", "rules", "outside", "inbox", "backtest", "agreement", "evidently")


def main(names: list[str]) -> None:
    unknown = set(names) - set(BENCHES)
    if unknown:
        sys.exit(f"There is no bench {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}.")
    for name in names or BENCHES:
        began = time.perf_counter()
        print(f"\n{name}")
        importlib.import_module(f"tests.bench.bench_{name}").run()
        print(f"  ({time.perf_counter() - began:.0f} s)")


@contextmanager
def scratch_runtime() -> Iterator[Runtime]:
    """Yield a runtime on an embedded server that is gone afterwards, with its durable settings."""
    with tempfile.TemporaryDirectory(prefix="mission-control-bench-") as name:
        Path(name).chmod(0o755)
        server = embedded.start(Path(name))
        migrate.upgrade(server.url)
        runtime = Runtime.build(Settings(database_url=server.url, data_dir=Path(name), secret_key="b" * 48))
        try:
            yield runtime
        finally:
            runtime.dispose()
            server.stop()


def environment_of(runtime: Runtime) -> dict[str, str]:
    """Return what another process of the application needs to work with the same database."""
    settings = runtime.settings
    return {
        **os.environ,
        "MC_DATABASE_URL": settings.database_url or "",
        "MC_DATA_DIR": str(settings.data_dir),
        "MC_SECRET_KEY": settings.secret_key,
    }


def wait_until_ready(port: int) -> None:
    """Wait for an application that is being started; raise RuntimeError after a minute."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the application did not start")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def show(what: str, figure: str, promise: str = "", peer: str = "") -> None:
    print(f"  {what:58} {figure:>22}   {promise:22} {peer}".rstrip())


def median_ms(work: Callable[[], object], *, times: int = 15) -> float:
    """Return the median time of the work in milliseconds, after two runs that are not counted."""
    for _ in range(2):
        work()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)[len(taken) // 2]


if __name__ == "__main__":
    main(sys.argv[1:])
