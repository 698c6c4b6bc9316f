"""Alerts from outside over HTTP, new ones, durable, with PostgreSQL, the jobs and the senders on the same two cores."""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from tests.bench import alertmanager
from tests.bench.run import environment_of, free_port, scratch_runtime, show, wait_until_ready
from webapp.accounts.actor import Actor, ActorKind
from webapp.accounts.permissions import Permission
from webapp.alerting.outside import sources
from webapp.alerting.outside.sources import SourceSettings
from webapp.runtime import Runtime

PORT, PEER_PORT, SENDERS = free_port(), free_port(), 8
SIZES = ((1, 4_000), (100, 20_000), (1_000, 40_000))  # alerts in a request, alerts in all
PROMISE, PEER = "≥ 500/s", "(Alerta: 85–141/s)"
ROOT = Actor(ActorKind.USER, "root", frozenset(Permission))


def run() -> None:
    with scratch_runtime() as runtime:
        with runtime.transaction() as session:
            given = SourceSettings("bench", "alertmanager")
            made = sources.add(session, given, vault=runtime.settings.vault, actor=ROOT, now=runtime.clock.now())
        with _server(runtime) as server:
            try:
                wait_until_ready(PORT)
                for size, count in SIZES:
                    _measure(made.text, size, count)
                _measure(made.text, *SIZES[0], again=True)
            finally:
                server.terminate()
    _beside()


def _beside() -> None:
    """Send as many to a real Alertmanager, which keeps them in memory and answers before anything is on a disk."""
    with alertmanager.running(PEER_PORT) as version:
        if not version:
            show("Alertmanager", "not measured", "", "there is no package of it here")
            return
        for size, count in SIZES:
            bodies = [_list(size, start) for start in range(0, count, size)]
            parts = [bodies[place::SENDERS] for place in range(SENDERS)]
            threads = [threading.Thread(target=_send_list, args=(part,)) for part in parts if part]
            began = time.perf_counter()
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            rate, what = count / (time.perf_counter() - began), "one" if size == 1 else f"{size:,}"
            show(f"Alertmanager {version}: new alerts/s, {what} a request", f"{rate:,.0f}/s", "", "in memory")


def _list(size: int, start: int) -> bytes:
    alerts = [_alert(size, number) for number in range(start, start + size)]
    named = ("labels", "annotations", "startsAt", "generatorURL")
    return json.dumps([{name: alert[name] for name in named} for alert in alerts]).encode()


def _send_list(bodies: Sequence[bytes]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", PEER_PORT, timeout=60)
    for body in bodies:
        connection.request("POST", "/api/v2/alerts", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {text[:300]!r}")
    connection.close()


def _server(runtime: Runtime) -> "subprocess.Popen[bytes]":
    environment = environment_of(runtime) | {"MC_PORT": str(PORT)}
    return subprocess.Popen(
        [sys.executable, "-m", "webapp.cli.main", "run"], env=environment, stdout=subprocess.DEVNULL
    )


def _measure(secret: str, size: int, count: int, *, again: bool = False) -> None:
    bodies = [_body(size, start) for start in range(0, count, size)]
    parts = [bodies[place::SENDERS] for place in range(SENDERS)]
    threads = [threading.Thread(target=_send, args=(part, secret, 0 if again else size)) for part in parts if part]
    began, cpu = time.perf_counter(), os.times()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - began
    used = os.times().user - cpu.user + os.times().system - cpu.system
    what = "one alert a request" if size == 1 else f"{size:,} alerts a request"
    show(f"{'repeats' if again else 'new alerts'}/s, {what}", f"{count / taken:,.0f}/s", PROMISE, PEER)
    show("  of which the senders' own time", f"{used / taken:.0%} of a core")


def _send(bodies: Sequence[bytes], secret: str, accepted: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    for body in bodies:
        connection.request("POST", "/api/v1/sources/bench/alerts", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 202 or json.loads(text)["accepted"] != accepted:
            raise RuntimeError(f"{answer.status} {text[:300]!r}")
    connection.close()


def _body(size: int, start: int) -> bytes:
    alerts = [_alert(size, number) for number in range(start, start + size)]
    return json.dumps({"version": "4", "status": "firing", "receiver": "bench", "alerts": alerts}).encode()


def _alert(size: int, number: int) -> dict[str, object]:
    return {
        "status": "firing",
        "labels": {
            "alertname": "HighLatency",
            "instance": f"api-{number}",
            "job": "api",
            "cluster": "prod",
            "severity": "warning",
        },
        "annotations": {"summary": f"The 99th percentile of api-{number} is above 1 s", "runbook_url": "http://wiki/1"},
        "startsAt": BEGAN,
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": f"{size:x}-{number:x}",
    }


BEGAN = datetime.now(UTC).isoformat()
