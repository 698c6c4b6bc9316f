"""Programs to measure beside, from Debian's packages: an installed one, or one that is fetched for the while."""

import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def running(package: str, port: int, options: Sequence[str], files: dict[str, str]) -> Iterator[bool]:
    """Run the program named like its package with the options, in which `{folder}` is where the files lie.

    Yields whether it answers `/-/ready` on the port; it does not where there is no such package.
    """
    with tempfile.TemporaryDirectory(prefix="mission-control-bench-") as name:
        folder = Path(name)
        for file, text in files.items():
            (folder / file).write_text(text)
        command = _command(package, folder)
        process = None if command is None else _started([*command, *(each.format(folder=folder) for each in options)])
        try:
            yield process is not None and _answers(process, port)
        finally:
            if process is not None:
                process.terminate()
                process.wait()


def _command(package: str, folder: Path) -> Sequence[str] | None:
    """Return the command of an installed one, or of one that is fetched into the folder."""
    found = shutil.which(package)
    if found:
        return [found]
    if not all(map(shutil.which, ("apt-get", "dpkg", "unshare"))):
        return None
    fetch = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", package]
    subprocess.run(fetch, cwd=folder, capture_output=True)
    for archive in folder.glob("*.deb"):
        subprocess.run(["dpkg", "-x", archive, folder], check=True)
        # It reads its templates from /usr/share: in a mount namespace of its own it finds what is in the folder.
        enter = 'mount --bind "$1" /usr/share && shift && exec "$@"'
        program = folder / "usr/bin" / package
        return ["unshare", "--mount", "sh", "-c", enter, "sh", str(folder / "usr/share"), str(program)]
    return None


def _started(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _answers(process: "subprocess.Popen[bytes]", port: int) -> bool:
    while process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=1).close()
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.05)
        else:
            return True
    return False
