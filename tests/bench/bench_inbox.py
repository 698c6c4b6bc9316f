"""An inbox of 100,000 active alerts with 1,000,000 entries in their timelines: what people ask of it and do in it.

Times of the server are taken around the queries, those over HTTP by a client that keeps its connection, with PostgreSQL
and the client on the same two cores.
"""

import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from waitress import wasyncore
from waitress.server import create_server

from tests.bench import alert_history
from tests.bench.run import median_ms, scratch_runtime, show
from webapp.accounts import tokens, users
from webapp.accounts.actor import SYSTEM
from webapp.accounts.permissions import Role
from webapp.accounts.sessions import open_session
from webapp.alerting import lifecycle, queries
from webapp.alerting.queries import InboxFilters
from webapp.alerting.severity import Severity
from webapp.alerting.types import AlertType
from webapp.app import create_app
from webapp.runtime import Runtime

MANY, BULK = 100_000, 10_000
PAGE, ACK = "≤ 50 ms", "≤ 30 ms"
ALERTA = "Alerta: 111 ms"


def run() -> None:
    with scratch_runtime() as runtime:
        began, now = time.perf_counter(), datetime.now(UTC)
        with runtime.job_transaction() as session:
            session.connection().exec_driver_sql("SET LOCAL statement_timeout = '120s'")
            alert_history.fill(session, now=now, alerts=MANY, active=MANY)
        with runtime.job_transaction() as session:
            alert_history.settle(session)
        show(f"filling {MANY:,} alerts, {MANY * 10:,} entries", f"{time.perf_counter() - began:.0f} s", "< 60 s")
        _questions(runtime, now)
        _deeds(runtime, now)
        with _served(runtime) as port:
            _over_http(runtime, port)


def _questions(runtime: Runtime, now: datetime) -> None:
    views: Mapping[str, InboxFilters] = {
        "nothing": InboxFilters(),
        "severity": InboxFilters(severities=(Severity.CRITICAL, Severity.LOW)),
        "kind": InboxFilters(types=(AlertType.DATA_DRIFT,)),
        "model": InboxFilters(models=("model-37",)),
        "a model that has none": InboxFilters(models=("nobody",)),
        "assignee": InboxFilters(assignee="ada@example.com"),
        "age": InboxFilters(since=now - timedelta(days=1)),
        "a common word": InboxFilters(text="model-37"),
        "a rare word": InboxFilters(text="api-99999"),
        "a word that nothing has": InboxFilters(text="zebra"),
    }
    with runtime.transaction() as session:
        for name, filters in views.items():
            taken = median_ms(lambda filters=filters: queries.inbox(session, filters), times=7)  # type: ignore[misc]
            show(f"a page narrowed by {name}", f"{taken:.1f} ms", PAGE, ALERTA)
        counts = median_ms(lambda: queries.counts(session, InboxFilters()), times=7)
        show("the numbers of the tabs", f"{counts:.1f} ms")
        counts = median_ms(lambda: queries.counts(session, InboxFilters(text="zebra")), times=7)
        show("the numbers of the tabs, narrowed by a word", f"{counts:.1f} ms")
        newest = queries.newest(session, InboxFilters())
        assert newest is not None
        taken = median_ms(lambda: queries.newer_than(session, InboxFilters(), newest), times=7)
        show("how many are new", f"{taken:.1f} ms")
        taken = median_ms(lambda: queries.alert(session, newest, now=now), times=7)
        show("an alert in full", f"{taken:.1f} ms", PAGE)


def _deeds(runtime: Runtime, now: datetime) -> None:
    with runtime.transaction() as session:
        ids = iter([row.id for row in queries.inbox(session, InboxFilters(), limit=100).rows])

    def acknowledge() -> None:
        with runtime.transaction() as session:
            lifecycle.acknowledge(session, next(ids), actor=SYSTEM, now=now)

    show("acknowledging one", f"{median_ms(acknowledge, times=30):.1f} ms", ACK, "Alerta: 203 ms")


def _over_http(runtime: Runtime, port: int) -> None:
    cookie, token = _signed_in(runtime)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(path: str, **headers: str) -> bytes:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {body[:300]!r}")
        return body

    def page(address: str) -> object:
        return get("/_dash-layout", Cookie=cookie, Referer=f"http://127.0.0.1:{port}{address}")

    show("the whole page over HTTP", f"{median_ms(lambda: page('/alerts'), times=9):.0f} ms", "< 1 s")
    narrowed = "/alerts?model=model-37&severity=high,critical"
    show("the whole page over HTTP, narrowed", f"{median_ms(lambda: page(narrowed), times=9):.0f} ms", "< 1 s")
    bearer = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(path: str, body: object = None) -> tuple[float, dict[str, object]]:
        began = time.perf_counter()
        connection.request("POST", path, json.dumps(body or {}), bearer)
        answer = connection.getresponse()
        raw = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {raw[:300]!r}")
        found: dict[str, object] = json.loads(raw)
        return time.perf_counter() - began, found

    ids = _some(runtime, BULK)
    taken, done = post("/api/v1/alerts/bulk", {"action": "acknowledge", "ids": ids})
    show(f"acknowledging {done['changed']:,} over HTTP", f"{taken:.2f} s", "< 5 s")
    taken, back = post(f"/api/v1/alerts/bulk/{done['deed']}/undo")
    show(f"taking {back['changed']:,} back over HTTP", f"{taken:.2f} s", "< 5 s")
    view = {"newest": ids[-1], "seen_at": datetime.now(UTC).isoformat(), "severity": ["low"]}
    taken, done = post("/api/v1/alerts/bulk", {"action": "acknowledge", "matching": view})
    show(f"acknowledging all {done['changed']:,} that match a view", f"{taken:.2f} s", "< 5 s")


def _some(runtime: Runtime, count: int) -> list[str]:
    """Return the oldest open alerts, as a client would name them."""
    with runtime.transaction() as session:
        found = queries.matching(
            session, InboxFilters(), newest=UUID(int=2**128 - 1), seen_at=datetime.now(UTC), limit=MANY
        )
    return [str(each) for each in sorted(found)[:count]]


def _signed_in(runtime: Runtime) -> tuple[str, str]:
    now = datetime.now(UTC)
    with runtime.transaction() as session:
        omar = users.create(
            session,
            email="omar@example.com",
            name="Omar",
            roles=[Role.ONCALL],
            password=None,
            actor=SYSTEM,
            now=now,
        )
        key = open_session(session, omar.id, address="127.0.0.1", user_agent="bench", now=now)
        token = tokens.create(session, name="bench", scopes=["alerts"], actor=SYSTEM, now=now)
    return f"mc_session={key}", token.text


@contextmanager
def _served(runtime: Runtime) -> Iterator[int]:
    sockets: dict[int, object] = {}
    listening = create_server(create_app(runtime), map=sockets, host="127.0.0.1", port=0, threads=8, ident=None)
    stopping = threading.Event()

    def serve() -> None:
        while not stopping.is_set():
            wasyncore.loop(timeout=0.05, map=sockets, count=1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.effective_port
    finally:
        stopping.set()
        thread.join(5)
        listening.task_dispatcher.shutdown()
        wasyncore.close_all(sockets)
