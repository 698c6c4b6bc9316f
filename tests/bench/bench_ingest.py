"""Predictions over HTTP, durable, with PostgreSQL and the senders on the same two cores."""

import http.client
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench.run import show, wait_until_ready

PORT, BATCH, BATCHES, SENDERS, FEATURES = 8079, 1000, 120, 3, 20


def run() -> None:
    with tempfile.TemporaryDirectory(prefix="mission-control-bench-") as folder:
        Path(folder).chmod(0o755)
        environment = {**os.environ, "MC_DATA_DIR": folder, "MC_PORT": str(PORT)}
        environment.pop("MC_DATABASE_URL", None)
        command = [sys.executable, "-m", "webapp.cli.main"]
        with subprocess.Popen([*command, "run"], env=environment, stdout=subprocess.DEVNULL) as server:
            try:
                wait_until_ready(PORT)
                made = subprocess.run(
                    [*command, "token", "create", "--scope", "ingest:*"],
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=True,
                )
                _measure(made.stdout.split()[-1])
            finally:
                server.terminate()


def _measure(token: str) -> None:
    bodies = [_body(number) for number in range(BATCHES + SENDERS)]
    _send(bodies[:SENDERS], token)
    began, cpu = time.perf_counter(), os.times()
    parts = [bodies[SENDERS:][place::SENDERS] for place in range(SENDERS)]
    threads = [threading.Thread(target=_send, args=(part, token)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - began
    used = os.times().user - cpu.user + os.times().system - cpu.system
    rate = BATCH * BATCHES / taken
    show(f"predictions/s, {FEATURES} features, batches of {BATCH:,}", f"{rate:,.0f}/s", "≥ 10,000/s")
    show("  of which the sender's own time", f"{used / taken:.0%} of a core")


def _send(bodies: Sequence[bytes], token: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for body in bodies:
        connection.request("POST", "/api/v1/predictions", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 202 or json.loads(text)["accepted"] != BATCH:
            raise RuntimeError(f"{answer.status} {text[:300]!r}")
    connection.close()


def _body(number: int) -> bytes:
    rng = random.Random(number)
    now = datetime.now(UTC)
    items = [
        {
            "model": "bench",
            "version": "v1",
            "prediction_id": f"{number}-{place}",
            "at": (now - timedelta(seconds=rng.uniform(0, 3600))).isoformat(),
            "features": {f"feature_{each}": rng.gauss(0, 1) for each in range(FEATURES)},
            "score": rng.random(),
            "latency_ms": rng.uniform(5, 50),
        }
        for place in range(BATCH)
    ]
    return json.dumps({"predictions": items}).encode()
