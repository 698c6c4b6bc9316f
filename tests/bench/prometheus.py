"""A real Prometheus that evaluates as many rules on as many series, measured by its own clock."""

import json
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.bench import debian
from tests.bench.run import free_port

INTERVAL = 4  # seconds; the values are fetched once a second
Values = dict[str, float]  # by series: `error_rate{model="model-3"}`


@contextmanager
def running(rules: Mapping[str, str], values: Values) -> Iterator[Callable[[Values], float] | None]:
    """Yield what tells how many seconds a cycle takes after the values have become these, or None where there is none.

    `rules` are conditions by name; all are of one group, which is evaluated in one go as a cycle of ours is.
    """
    port, shown = free_port(), dict(values)
    with _exposed(shown) as source:
        files = {
            "prometheus.yml": json.dumps(
                {
                    "global": {"scrape_interval": "1s", "evaluation_interval": f"{INTERVAL}s"},
                    "rule_files": ["rules.yml"],
                    "scrape_configs": [{"job_name": "bench", "static_configs": [{"targets": [f"127.0.0.1:{source}"]}]}],
                }
            ),
            "rules.yml": json.dumps(
                {"groups": [{"name": "bench", "rules": [{"alert": name, "expr": rules[name]} for name in rules]}]}
            ),
        }
        options = [
            "--config.file={folder}/prometheus.yml",
            "--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with debian.running("prometheus", port, options, files) as answers:
            yield (lambda changed: _cycle(port, shown, changed)) if answers else None


def _cycle(port: int, shown: Values, changed: Values) -> float:
    """Show the values and return how long the first evaluation took that certainly saw them."""
    shown.update(changed)
    since = time.time() + 2  # fetched by then
    while True:
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
        evaluated, seconds = _of(text, "last_evaluation_timestamp_seconds"), _of(text, "last_duration_seconds")
        if evaluated > since:
            return seconds
        time.sleep(0.25)


def _of(text: str, name: str) -> float:
    found = re.search(rf"^prometheus_rule_group_{name}\{{.*\}} (\S+)$", text, re.MULTILINE)
    return 0.0 if found is None else float(found.group(1))


@contextmanager
def _exposed(values: Values) -> Iterator[int]:
    """Serve the values as a scrape wants them, and yield the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = "".join(f"{series} {value}\n" for series, value in list(values.items())).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
