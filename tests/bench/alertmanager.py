"""A real Alertmanager to measure beside."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench import debian

CONFIGURATION = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


@contextmanager
def running(port: int) -> Iterator[str]:
    """Yield the version of an Alertmanager that answers on the port, or nothing where there is none."""
    options = [
        "--config.file={folder}/alertmanager.yml",
        "--storage.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    files = {"alertmanager.yml": CONFIGURATION}
    with debian.running("prometheus-alertmanager", port, options, files) as answers:
        yield _version(port) if answers else ""


def _version(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/status", timeout=5) as answer:
        return str(json.load(answer)["versionInfo"]["version"])
