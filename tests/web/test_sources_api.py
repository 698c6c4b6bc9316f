"""The door for alerts from outside: who is let in, what is answered, and that nobody else's rights count there."""

import base64
import gzip
import hmac
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.factories import NOW, ROOT
from webapp.accounts.permissions import Role
from webapp.alerting import queries
from webapp.alerting.outside import sources
from webapp.alerting.outside.sources import NewSecret, Source, SourceSettings
from webapp.alerting.queries import InboxFilters, InboxRow
from webapp.core.clock import StandingClock
from webapp.runtime import Runtime
from webapp.web.blueprints import sources_api

RECORDED = (Path(__file__).resolve().parents[1] / "data" / "alertmanager-0.25-webhook.json").read_bytes()
GENERIC = b'{"title": "Backup failed", "severity": "high", "id": "backup"}'
Client = Any


@pytest.fixture
def make(runtime: Runtime) -> Callable[..., NewSecret]:
    def made(form: str = "alertmanager", name: str = "prod", **settings: Any) -> NewSecret:
        with runtime.transaction() as session:
            given = SourceSettings(name, form, **settings)
            return sources.add(session, given, vault=runtime.settings.vault, actor=ROOT, now=runtime.clock.now())

    return made


@pytest.fixture
def client(app: Flask) -> Client:
    return app.test_client()


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(datetime(2026, 11, 23, 10, 1, tzinfo=NOW.tzinfo))  # a moment after the recorded alert began


def post(client: Client, body: bytes = RECORDED, *, name: str = "prod", secret: str = "", **headers: str) -> Any:
    given = {key.replace("_", "-"): value for key, value in headers.items()}
    if secret:
        given["Authorization"] = f"Bearer {secret}"
    return client.post(f"/api/v1/sources/{name}/alerts", data=body, headers=given)


def inbox(runtime: Runtime, tab: Any = "open") -> list[InboxRow]:
    with runtime.transaction() as session:
        return list(queries.inbox(session, InboxFilters(tab=tab)).rows)


def known(runtime: Runtime) -> Source:
    with runtime.transaction() as session:
        return sources.sources(session)[0]


def test_what_a_real_alertmanager_sent_is_in_the_inbox(runtime: Runtime, client: Client, make: Any) -> None:
    secret = make().text

    first, again = post(client, secret=secret), post(client, secret=secret)

    assert (first.status_code, first.json) == (202, {"accepted": 1, "duplicates": 0, "rejected": []})
    assert (again.status_code, again.json) == (202, {"accepted": 0, "duplicates": 1, "rejected": []})
    (row,) = inbox(runtime)
    assert (row.title, row.severity, row.model, row.source_name) == ("X: m00000", "high", "m00000", "prod")


def test_the_end_comes_the_same_way(runtime: Runtime, client: Client, make: Any) -> None:
    secret = make().text
    post(client, secret=secret)

    post(client, RECORDED.replace(b'"firing"', b'"resolved"'), secret=secret)

    assert inbox(runtime) == []
    assert inbox(runtime, "resolved")[0].resolve_reason == "resolved_by_its_source"


def test_basic_authentication_is_taken_too(client: Client, make: Any) -> None:
    password = base64.b64encode(f"mission-control:{make().text}".encode()).decode()

    assert post(client, Authorization=f"Basic {password}").status_code == 202


def test_nobody_else_is_let_in_and_the_answer_says_nothing(
    runtime: Runtime, client: Client, make: Any, token_for: Any
) -> None:
    make()
    other = make("generic", "other").text
    tried = [
        post(client),
        post(client, secret="wrong"),
        post(client, secret=other),
        post(client, secret=token_for("ingest:*", "alerts")),
        post(client, name="unknown", secret="wrong"),
        post(client, name="%00", secret="wrong"),
    ]

    assert {answer.status_code for answer in tried[:5]} == {401}
    assert len({answer.json["detail"] for answer in tried[:5]}) == 1
    assert tried[5].status_code in {400, 401}
    assert inbox(runtime) == []


def test_a_session_counts_for_nothing_here(client_of: Any, make: Any) -> None:
    make()
    administrator = client_of(Role.ADMIN)

    assert administrator.post("/api/v1/sources/prod/alerts", data=RECORDED).status_code == 401
    assert (
        administrator.post("/api/v1/sources/prod/alerts", data=RECORDED, headers=administrator.csrf).status_code == 401
    )


def test_who_looks_after_a_source_reads_why_it_was_refused(
    runtime: Runtime, client: Client, make: Any, clock: StandingClock
) -> None:
    secret = make().text
    for _ in range(3):
        post(client, secret="wrong")
    assert known(runtime).refused == 1  # the others of this second are written with the next
    clock.at += timedelta(seconds=2)
    post(client)

    assert known(runtime).refused == 4
    assert known(runtime).refused_because == "Not proven: the header Authorization is missing."
    post(client, b'{"version": "1"}', secret=secret)
    assert known(runtime).refused_because == "alerts is missing."


def hex_of(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, sha256).hexdigest()


def test_grafana_is_proven_by_its_signature_and_not_twice_later(
    runtime: Runtime, client: Client, make: Any, clock: StandingClock
) -> None:
    secret = make("grafana").text
    body = sources.formats()["grafana"].example(clock.now())
    stamp = str(int(clock.now().timestamp()))
    headers = {
        "X_Grafana_Alerting_Signature": hex_of(secret, f"{stamp}:".encode() + body),
        "X_Grafana_Alerting_Timestamp": stamp,
    }

    assert post(client, body, **headers).status_code == 202
    assert post(client, body + b" ", **headers).status_code == 401
    clock.at += timedelta(minutes=6)
    assert post(client, body, **headers).status_code == 401
    assert "5 minutes" in (known(runtime).refused_because or "")


def test_grafana_without_a_timestamp_header_signs_the_body(client: Client, make: Any) -> None:
    secret = make("grafana", timestamp_header="").text
    body = sources.formats()["grafana"].example(NOW)

    assert post(client, body, X_Grafana_Alerting_Signature=hex_of(secret, body)).status_code == 202
    assert post(client, body, X_Grafana_Alerting_Signature=hex_of("x", body)).status_code == 401


def standard(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    stamp, key = str(int(at.timestamp())), base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"msg.{stamp}.".encode() + body, sha256).digest()
    return {
        "webhook_id": "msg",
        "webhook_timestamp": stamp,
        "webhook_signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def test_standard_webhooks_are_taken_with_both_secrets_of_a_rotation(
    runtime: Runtime, client: Client, make: Any, clock: StandingClock
) -> None:
    made = make("generic")
    assert post(client, GENERIC, **standard(made.text, GENERIC, clock.now())).status_code == 202
    with runtime.transaction() as session:
        vault = runtime.settings.vault
        new = sources.rotate(session, made.source.id, vault=vault, actor=ROOT, now=clock.now())

    for secret in (made.text, new.text):
        assert post(client, GENERIC, **standard(secret, GENERIC, clock.now())).status_code == 202
        assert post(client, GENERIC, secret=secret).status_code == 202
    with runtime.transaction() as session:
        sources.end_former_secret(session, made.source.id, actor=ROOT, now=clock.now())
    clock.at += timedelta(seconds=6)  # as long as a process remembers
    assert post(client, GENERIC, secret=made.text).status_code == 401
    assert post(client, GENERIC, secret=new.text).status_code == 202


def test_a_disabled_source_is_told_so_at_once(
    runtime: Runtime, client: Client, make: Any, clock: StandingClock
) -> None:
    made = make()
    post(client, secret=made.text)
    with runtime.transaction() as session:
        sources.disable(session, made.source.id, actor=ROOT, now=clock.now())

    answer = post(client, secret=made.text)

    assert answer.status_code == 409
    assert answer.json["title"] == "Not possible as things stand"
    assert answer.json["detail"].endswith("is disabled; nothing of this request was stored. Enable it under Sources.")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 422, "not JSON"),
        (b"[]", 422, "must be an object"),
        (b'{"version": "4", "alerts": [{"status": "x"}]}', 422, "status is 'x'"),
        (b'{"version": "4", "alerts": ' + b"[" * 50_000, 422, "nested too deeply"),
        (b'{"version": "\xff"}', 422, "UTF-8"),
    ],
)
def test_a_wrong_body_is_a_sentence(client: Client, make: Any, body: bytes, status: int, words: str) -> None:
    answer = post(client, body, secret=make().text)

    assert answer.status_code == status
    assert words in answer.json["detail"]


def test_what_is_too_large_is_refused_before_it_is_read(client: Client, make: Any) -> None:
    secret = make().text

    assert post(client, b" " * (sources_api.MAX_BYTES + 1), secret=secret).status_code == 413
    assert post(client, gzip.compress(b" " * 20_000_000), secret=secret, Content_Encoding="gzip").status_code == 413


def test_a_compressed_body_is_signed_as_it_travels(client: Client, make: Any, clock: StandingClock) -> None:
    secret, packed = make("generic").text, gzip.compress(GENERIC)

    answer = post(client, packed, Content_Encoding="gzip", **standard(secret, packed, clock.now()))

    assert (answer.status_code, answer.json["accepted"]) == (202, 1)


def test_some_that_are_wrong_do_not_keep_others_out(client: Client, make: Any) -> None:
    body = json.dumps([{"title": "A"}, {"title": ""}, {"titel": "B"}]).encode()

    answer = post(client, body, secret=make("generic").text)

    assert answer.status_code == 202
    assert answer.json["accepted"] == 1
    assert [(each["index"], each["field"]) for each in answer.json["rejected"]] == [(1, "title"), (2, "titel")]


def test_many_at_once_are_written_together_and_each_is_answered(runtime: Runtime, app: Flask, make: Any) -> None:
    secret = make("generic").text

    def send(number: int) -> tuple[int, int]:
        body = json.dumps({"title": "A", "id": str(number % 20)}).encode()
        answer = post(app.test_client(), body, secret=secret)
        return answer.status_code, (answer.json or {}).get("accepted", 0)

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(send, range(60)))

    assert {status for status, _ in found} == {202}
    assert sum(accepted for _, accepted in found) == 20
    assert len(inbox(runtime)) == 20


def test_the_list_has_no_secrets(client_of: Any, make: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        secret = make("generic").text
        listed = client_of(Role.DEVOPS).get("/api/v1/sources")
        post(client_of(Role.DEVOPS), GENERIC, secret=secret)

    assert listed.status_code == 200
    assert listed.json["sources"][0]["name"] == "prod"
    assert "secret" not in listed.text
    assert secret not in listed.text
    assert secret not in caplog.text


def test_text_of_a_sender_is_text_on_every_screen(client_of: Any, client: Client, runtime: Runtime, make: Any) -> None:
    body = {
        "title": "<img src=x onerror=alert(1)>",
        "description": "<script>alert(1)</script>",
        "url": "javascript:alert(1)",
        "labels": {"<b>": "</script>", "model": "../../etc"},
        "runbook": "javascript:alert(1)",
    }
    assert post(client, json.dumps(body).encode(), secret=make("generic").text).status_code == 202
    (row,) = inbox(runtime)

    shown = client_of(Role.ONCALL).get(f"/api/v1/alerts/{row.id}")

    assert shown.json["source_url"] == ""
    assert shown.json["title"] == f"{body['title']}: ../../etc"
