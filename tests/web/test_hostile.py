"""Hostile requests: refused with a status of the 400s and a sentence, never a traceback, never a hang."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.web.small import callback_body, gate_of
from webapp.accounts.permissions import Role

Clients = Callable[..., Any]
Call = Callable[..., Any]
GOOD = "open-text.children"
VALUES: list[Any] = [
    0,
    -1,
    2**70,
    1.5,
    True,
    "",
    "x",
    "0",
    "'; DROP TABLE model; --",
    "<script>alert(1)</script>",
    "x" * 100_000,
    "\u202e\ufeff\U0001f600",
    [],
    {},
    [None],
    [[]],
    {"id": None},
    ["x", "y"],
    "2026-03-01",
    "99999-99-99",
]


@pytest.fixture
def app(small_app: Flask) -> Flask:
    return small_app


@pytest.fixture
def erin(app: Flask, client_of: Clients) -> Any:
    return client_of(Role.EXECUTIVE)


def spoilt(app: Flask, **changes: Any) -> dict[str, Any]:
    return callback_body(app, GOOD) | changes


BODIES: list[tuple[str, Callable[[Flask], Any], int]] = [
    ("a list", lambda _: [], 404),
    ("nothing", lambda _: {}, 404),
    ("null", lambda _: None, 404),
    ("a number", lambda _: 7, 404),
    ("an unknown callback", lambda app: spoilt(app, output="no-such.children"), 404),
    ("a callback that is a list", lambda app: spoilt(app, output=[]), 404),
    ("a callback that is an object", lambda app: spoilt(app, output={"a": 1}), 404),
    ("too few inputs", lambda app: spoilt(app, inputs=[]), 400),
    ("too many inputs", lambda app: spoilt(app, inputs=callback_body(app, GOOD)["inputs"] * 2), 400),
    ("inputs that are no list", lambda app: spoilt(app, inputs={"id": "open-button"}), 400),
    ("inputs that are null", lambda app: spoilt(app, inputs=None), 400),
    ("inputs of something else", lambda app: spoilt(app, inputs=[{"id": "x", "property": "n_clicks"}]), 400),
    ("inputs without a name", lambda app: spoilt(app, inputs=[{"value": 1}]), 400),
    ("inputs that are numbers", lambda app: spoilt(app, inputs=[1]), 400),
    ("no state", lambda app: spoilt(app, state=[]), 400),
    ("spoofed outputs", lambda app: spoilt(app, outputs={"id": "toasts", "property": "children"}), 400),
    ("more outputs", lambda app: spoilt(app, outputs=[callback_body(app, GOOD)["outputs"]] * 2), 400),
    ("outputs that are text", lambda app: spoilt(app, outputs="open-text.children"), 400),
    ("changes that are numbers", lambda app: spoilt(app, changedPropIds=[1]), 400),
    ("changes that are text", lambda app: spoilt(app, changedPropIds="x"), 400),
]


@pytest.mark.parametrize(("body", "status"), [each[1:] for each in BODIES], ids=[each[0] for each in BODIES])
def test_a_spoilt_callback_is_refused(app: Flask, erin: Any, call: Call, body: Any, status: int) -> None:
    answered = call(erin, json.dumps(body(app)).encode())

    assert answered.status_code == status
    assert answered.content_type == "application/problem+json"
    assert "Traceback" not in answered.get_data(as_text=True)


@pytest.mark.parametrize(
    ("raw", "statuses"),
    [
        (b"", {400}),
        (b"{", {400}),
        (b"\xff\xfe", {400}),
        (b'{"output": NaN}', {400}),
        (b'{"output": "open-text.children", "inputs": Infinity}', {400}),
        (b'{"output": "\\ud800"}', {400}),
        (b'{"output": "open-text.children", "a": "\\u0000"}', {400}),
        (b'{"output":' + b"[" * 990 + b"]" * 990 + b"}", {400, 404}),
        (b"[" * 100_000, {400}),
        (b'{"output":"' + b"x" * 900_000 + b'"}', {404}),
    ],
)
def test_what_is_no_json_of_ours_is_refused(erin: Any, call: Call, raw: bytes, statuses: set[int]) -> None:
    assert call(erin, raw).status_code in statuses


def test_deeply_nested_values_are_handed_on_or_refused(app: Flask, erin: Any, call: Call) -> None:
    raw = json.dumps(callback_body(app, GOOD, "DEEP")).replace('"DEEP"', "[" * 990 + "]" * 990)

    assert call(erin, raw.encode()).status_code < 500


def test_a_key_given_twice_does_not_get_past_the_gate(app: Flask, erin: Any, call: Call) -> None:
    body = json.dumps(callback_body(app, "secret-text.children"))
    twice = '{"output": "open-text.children", ' + body[1:]

    assert call(erin, twice.encode()).status_code == 403


@pytest.mark.parametrize(
    "changed", [["x"], [""], ["."], ["a.b.c"], ['{"a":1}.value'], ['{"a".value'], ["open-button.x"]]
)
def test_strange_triggers_are_no_bug(app: Flask, erin: Any, call: Call, changed: list[str]) -> None:
    assert call(erin, spoilt(app, changedPropIds=changed)).status_code < 500


def test_a_body_larger_than_allowed_is_refused_unread(app: Flask, erin: Any, call: Call) -> None:
    class Endless(io.RawIOBase):
        """A body that says it has a hundred megabytes; whoever reads it fails the test."""

        def read(self, size: int = -1) -> bytes:
            raise AssertionError("the body was read")

        def tell(self) -> int:
            return 0

    environment = {
        "wsgi.input": Endless(),
        "CONTENT_LENGTH": "100000000",
        "CONTENT_TYPE": "application/json",
        "REQUEST_METHOD": "POST",
    }
    answered = erin.open("/_dash-update-component", environ_overrides=environment, headers=erin.csrf)

    assert answered.status_code == 413
    assert call(erin, b'{"a":"' + b"x" * 1_000_001 + b'"}').status_code == 413


def test_a_form_larger_than_allowed_is_refused(app: Flask) -> None:
    body = b"email=" + b"x" * 1_100_000

    answered = app.test_client().post("/login", data=body, content_type="application/x-www-form-urlencoded")

    assert answered.status_code in {403, 413}


def test_a_callback_that_is_no_json_is_refused(erin: Any) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answered = erin.post("/_dash-update-component", data=b"{}", content_type=kind, headers=erin.csrf)
        assert answered.status_code == 415


def test_a_sentence_for_the_person_becomes_a_message_and_a_bug_does_not_show(app: Flask, erin: Any, call: Call) -> None:
    told = call(erin, callback_body(app, "open-fault.children"))
    bug = call(erin, callback_body(app, "open-bug.children"))

    assert told.status_code in {200, 204}
    assert "Choose a name that is not taken." in told.get_data(as_text=True)
    assert bug.status_code == 500
    assert "machine room" not in bug.get_data(as_text=True)
    assert "Traceback" not in bug.get_data(as_text=True)


@pytest.mark.parametrize(
    "path",
    [
        "/open%00",
        "/open?a=%00",
        "/secret/%00",
        "/%ff%fe",
        "/%2e%2e/etc/passwd",
        "/" + "x" * 5000,
        "//evil.example/",
        "/\\evil",
    ],
)
def test_strange_addresses_are_refused_or_unknown(erin: Any, app: Flask, path: str) -> None:
    for client in (erin, app.test_client()):
        answered = client.get(path)
        assert answered.status_code in {302, 308, 400, 403, 404}
        assert "evil" not in answered.headers.get("Location", "").split("next=")[0]


@pytest.mark.parametrize("host", ["evil.example", "[", "a b", "localhost:99999999", "", "x" * 300, "localhost\\@evil"])
def test_strange_hosts_are_no_bug(app: Flask, host: str) -> None:
    for path in ("/login", "/open", "/livez"):
        assert app.test_client().get(path, headers={"Host": host}).status_code < 500
    assert app.test_client().post("/login", headers={"Host": host}).status_code in {400, 403}


def test_every_real_callback_answers_any_value_without_a_bug(runtime: Any, client_of: Clients, call: Call) -> None:
    from webapp.app import create_app

    whole = create_app(runtime)
    key = client_of(Role.ADMIN).get_cookie("mc_session").value
    root = whole.test_client()
    root.set_cookie("mc_session", key)
    headers = _csrf_of(whole, key)
    dash, wrong = gate_of(whole).dash, []
    for output in [each for each, registered in dash.callback_map.items() if "callback" in registered]:
        for value in (None, *VALUES):
            body = json.dumps(callback_body(whole, output, value))
            answered = root.post("/_dash-update-component", data=body, content_type="application/json", headers=headers)
            if answered.status_code >= 500:
                wrong.append((output, repr(value)[:40]))

    assert wrong == []


def _csrf_of(app: Flask, key: str) -> dict[str, str]:
    from webapp.web import csrf
    from webapp.web.session import actor

    with app.test_request_context(headers={"Cookie": f"mc_session={key}"}):
        session_id = actor().session_id
        assert session_id is not None
        return {csrf.HEADER: csrf.session_token(session_id)}
