"""A real Alertmanager to measure beside, where Debian's package of it can be had; nothing is installed."""

import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PACKAGE, PROGRAM = "prometheus-alertmanager", "usr/bin/prometheus-alertmanager"
CONFIGURATION = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


@contextmanager
def running(port: int) -> Iterator[str]:
    """Yield the version of an Alertmanager that answers on the port, or nothing where there is none."""
    with tempfile.TemporaryDirectory(prefix="mission-control-bench-") as name:
        folder = Path(name)
        program = _program(folder)
        process = None if program is None else _started(program, folder, port)
        try:
            yield _version(port) if process is not None and _answers(process, port) else ""
        finally:
            if process is not None:
                process.terminate()
                process.wait()


def _program(folder: Path) -> Sequence[str] | None:
    """Return the command of an installed one, or of one that is fetched into the folder."""
    found = shutil.which(PACKAGE)
    if found:
        return [found]
    if not all(map(shutil.which, ("apt-get", "dpkg", "unshare"))):
        return None
    fetch = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", PACKAGE]
    subprocess.run(fetch, cwd=folder, capture_output=True)
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, folder], check=True)
        # It reads its templates from /usr/share: in a mount namespace of its own it finds what is in the folder.
        enter = 'mount --bind "$1" /usr/share && shift && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", enter, "sh", str(folder / "usr/share"), str(folder / PROGRAM)]
    return None


def _started(program: Sequence[str], folder: Path, port: int) -> "subprocess.Popen[bytes]":
    (folder / "alertmanager.yml").write_text(CONFIGURATION)
    options = [
        f"--config.file={folder / 'alertmanager.yml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    return subprocess.Popen([*program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _version(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/status", timeout=5) as answer:
        return str(json.load(answer)["versionInfo"]["version"])


def _answers(process: "subprocess.Popen[bytes]", port: int) -> bool:
    while process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=1).close()
        except urllib.error.URLError:
            time.sleep(0.05)
        else:
            return True
    return False
