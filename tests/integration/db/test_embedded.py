"""The server that comes along: made on first use, joined by others, back after a kill."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from webapp.db import embedded, migrate


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="mission-control-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def _ask(url: str, query: str) -> object:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
            return row and row[0]
    finally:
        connection.close()


def test_a_second_process_joins_the_running_server(folder: Path):
    first = embedded.start(folder)
    try:
        second = embedded.start(folder)

        assert second.url == first.url
        second.stop()
        assert _ask(first.url, "SELECT 1") == 1, "whoever joined does not end it"
    finally:
        first.stop()


def test_data_survive_a_kill_of_the_process_that_started_it(folder: Path):
    script = (
        "import os, signal, sys; from pathlib import Path; from webapp.db import embedded; import psycopg2\n"
        "server = embedded.start(Path(sys.argv[1])); c = psycopg2.connect(server.url)\n"
        "c.cursor().execute('CREATE TABLE kept AS SELECT 42 AS answer'); c.commit()\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    died = subprocess.run([sys.executable, "-c", script, str(folder)], check=False)
    assert died.returncode == -signal.SIGKILL

    server = embedded.start(folder)
    try:
        assert _ask(server.url, "SELECT answer FROM kept") == 42
    finally:
        server.stop()


def test_the_server_ends_with_its_process(folder: Path):
    script = (
        "import sys; from pathlib import Path; from webapp.db import embedded\n"
        "server = embedded.start(Path(sys.argv[1])); print(server._process.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        server = int(process.stdout.readline())
        process.kill()
    until = time.monotonic() + 10
    while _is_running(server) and time.monotonic() < until:
        time.sleep(0.02)

    assert not _is_running(server)


def test_the_password_is_for_us_alone_and_asked_for(folder: Path):
    server = embedded.start(folder)
    try:
        assert (folder / "postgres" / "password").stat().st_mode & 0o077 == 0
        with pytest.raises(psycopg2.OperationalError):
            psycopg2.connect(server.url.replace("postgres:", "postgres:wrong"))
    finally:
        server.stop()


def test_four_at_once_bring_an_empty_database_to_the_same_schema(folder: Path):
    server = embedded.start(folder)
    try:
        code = "import sys; from webapp.db import migrate; migrate.upgrade(sys.argv[1])"
        running = [subprocess.Popen([sys.executable, "-c", code, server.url]) for _ in range(4)]

        assert [process.wait(60) for process in running] == [0, 0, 0, 0]
        migrate.upgrade(server.url)
    finally:
        server.stop()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
