"""The one gate: closed unless somebody declared who may pass, for pages, callbacks, routes and whatever Dash opens."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from dash import Input, Output
from flask import Blueprint, Flask
from sqlalchemy import text

from tests.web import small
from tests.web.small import callback_body, gate_of
from webapp.accounts.permissions import Permission, Role
from webapp.app import create_app
from webapp.core.clock import StandingClock
from webapp.core.errors import ForbiddenError
from webapp.runtime import Runtime
from webapp.web.gate import requires

Clients = Callable[..., Any]
Call = Callable[..., Any]


@pytest.fixture
def app(small_app: Flask) -> Flask:
    return small_app


def test_nobody_reaches_anything_but_the_doors(app: Flask) -> None:
    client = app.test_client()

    for path in ("/", "/open", "/secret/x", "/nowhere", "/administration/users"):
        assert client.get(path).headers["Location"].startswith("/login")
    for path in ("/_dash-layout", "/_dash-dependencies", "/_reload-hash", "/_favicon.ico", "/api/v1/models", "/_mcp"):
        assert client.get(path).status_code == 401
    for path in ("/_dash-update-component", "/api/v1/predictions", "/open", "/nowhere", "/_mcp"):
        assert client.post(path, json={}).status_code == 401
    assert [client.get(path).status_code for path in ("/login", "/livez", "/readyz")] == [200] * 3


def test_where_one_wanted_to_go_is_kept_for_after_the_sign_in(app: Flask) -> None:
    client = app.test_client()

    assert client.get("/open?range=7d").headers["Location"] == "/login?next=/open?range%3D7d"
    assert client.get("/").headers["Location"] == "/login"


def test_pages_and_callbacks_open_to_those_who_may(app: Flask, client_of: Clients, call: Call) -> None:
    erin, root = client_of(Role.EXECUTIVE), client_of(Role.ADMIN)

    assert [erin.get(path).status_code for path in ("/open", "/secret/x", "/nowhere")] == [200, 403, 404]
    assert [root.get(path).status_code for path in ("/open", "/secret/x", "/nowhere")] == [200, 200, 404]
    for output, status in (("open-text", 200), ("secret-text", 403), ("open-danger", 403)):
        body = callback_body(app, f"{output}.children")
        assert call(erin, body).status_code == status
        assert call(root, body).status_code == 200


def test_a_refusal_is_written_down(app: Flask, client_of: Clients, runtime: Runtime, call: Call) -> None:
    erin = client_of(Role.EXECUTIVE)

    erin.get("/secret/plans")
    call(erin, callback_body(app, "secret-text.children"))

    with runtime.transaction() as session:
        query = text("SELECT actor_name, subject, after->>'permission' FROM audit_event WHERE action = 'access.denied'")
        assert session.execute(query).all() == [
            ("Erin", "endpoint:/secret/plans", "users:write"),
            ("Erin", "endpoint:secret-text.children", "users:write"),
        ]


def test_the_browser_hears_only_of_callbacks_that_it_may_call(app: Flask, client_of: Clients) -> None:
    heard = {role: client_of(role).get("/_dash-dependencies").get_data(as_text=True) for role in Role}

    assert all("open-text" in said for said in heard.values())
    assert {role for role, said in heard.items() if "secret-text" in said} == {Role.ADMIN}


def test_the_function_itself_is_locked_too(app: Flask, client_of: Clients) -> None:
    registered = gate_of(app).dash.callback_map["secret-text.children"]["callback"]
    erin = client_of(Role.EXECUTIVE)
    cookie = erin.get_cookie("mc_session").value

    with app.test_request_context("/", headers={"Cookie": f"mc_session={cookie}"}), pytest.raises(ForbiddenError):
        registered.__wrapped__(None)


def test_the_first_layout_shows_only_what_one_may_see(app: Flask, client_of: Clients) -> None:
    erin, root = client_of(Role.EXECUTIVE), client_of(Role.ADMIN)

    referrer = {"Referer": "http://localhost/secret/plans"}
    shown = {who: who.get("/_dash-layout", headers=referrer) for who in (erin, root)}

    assert "for administrators: plans" in shown[root].get_data(as_text=True)
    assert "for administrators" not in shown[erin].get_data(as_text=True)
    for address in ("http://[", "x" * 5000, "http://localhost/%00", "http://localhost/open?%ff"):
        assert erin.get("/_dash-layout", headers={"Referer": address}).status_code == 200


def test_a_route_that_declares_nothing_does_not_start(runtime: Runtime) -> None:
    blueprint = Blueprint("forgotten", __name__)
    blueprint.add_url_rule("/forgotten", "view", lambda: "oops")

    with pytest.raises(RuntimeError, match=r"forgotten\.view"):
        create_app(runtime, only_pages=[], more_blueprints=[blueprint])


def test_a_callback_that_declares_nothing_does_not_start(app: Flask) -> None:
    dash = gate_of(app).dash

    with pytest.raises(TypeError):
        dash.callback(Output("a", "children"), Input("b", "value"))  # type: ignore[call-arg]


def test_an_output_claimed_twice_does_not_start(runtime: Runtime) -> None:
    from webapp.web.page import Page

    page = Page("twice", path="/twice", title="Twice", permission=Permission.PROFILE_SELF)
    page.layout(small.open_page)
    for trigger in ("a", "b"):
        page.callback(Output("same", "children"), Input(trigger, "n_clicks"))(small.tick)

    with pytest.raises(RuntimeError, match="outputs with two callbacks"):
        create_app(runtime, only_pages=[page])


def test_a_declared_route_admits_who_may_and_takes_what_it_said(
    runtime: Runtime, client_of: Clients, app: Flask
) -> None:
    blueprint = Blueprint("more", __name__, url_prefix="/api/v1/more")

    @requires(Permission.RULES_WRITE, max_bytes=100)
    def view() -> str:
        from flask import request

        return str(len(request.get_data()))

    blueprint.add_url_rule("", "view", view, methods=["POST"])
    grown = create_app(runtime, only_pages=[], more_blueprints=[blueprint])

    def post(role: Role, body: bytes) -> int:
        client = grown.test_client()
        signed_in = client_of(role)
        client.set_cookie("mc_session", signed_in.get_cookie("mc_session").value)
        headers = _csrf_for(grown, signed_in.get_cookie("mc_session").value)
        return client.post("/api/v1/more", data=body, headers=headers).status_code

    assert post(Role.DEVOPS, b"x" * 100) == 200
    assert post(Role.DEVOPS, b"x" * 101) == 413
    assert post(Role.ANALYST, b"x") == 403


def _csrf_for(app: Flask, key: str) -> dict[str, str]:
    from webapp.web import csrf
    from webapp.web.session import actor

    with app.test_request_context(headers={"Cookie": f"mc_session={key}"}):
        session_id = actor().session_id
        assert session_id is not None
        return {csrf.HEADER: csrf.session_token(session_id)}


def test_a_token_opens_the_api_and_nothing_else(app: Flask, token_for: Callable[..., str], call: Call) -> None:
    headers = {"Authorization": f"Bearer {token_for('read', 'alerts', 'write', 'ingest:*')}"}
    client = app.test_client()

    assert client.get("/api/v1/nowhere", headers=headers).status_code == 404
    assert client.get("/open", headers=headers).headers["Location"].startswith("/login")
    assert client.get("/_dash-layout", headers=headers).status_code == 401
    assert call(client, callback_body(app, "open-text.children"), **headers).status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer mc_x_y", "Bearer \xff", "bearer  mc_"]
)
def test_what_is_no_token_is_nobody(app: Flask, header: str) -> None:
    assert app.test_client().get("/api/v1/models", headers={"Authorization": header}).status_code == 401


def test_a_revoked_token_is_nobody_after_seconds(
    app: Flask, runtime: Runtime, clock: StandingClock, token_for: Callable[..., str]
) -> None:
    headers = {"Authorization": f"Bearer {token_for('ingest:*')}"}
    client = app.test_client()
    assert client.post("/api/v1/outcomes", json={"outcomes": []}, headers=headers).status_code == 202
    with runtime.transaction() as session:
        session.execute(text("UPDATE api_token SET revoked_at = now()"))

    clock.at += timedelta(seconds=10)

    assert client.post("/api/v1/outcomes", json={"outcomes": []}, headers=headers).status_code == 401


def test_a_session_wakes_by_activity_and_not_by_ticking(
    app: Flask, client_of: Clients, clock: StandingClock, call: Call
) -> None:
    ticking, active = client_of(Role.ONCALL), client_of(Role.DEVOPS)

    for _ in range(4):
        clock.at += timedelta(minutes=10)
        call(ticking, callback_body(app, "open-time.children"))
        assert call(active, callback_body(app, "open-text.children")).status_code == 200

    assert call(ticking, callback_body(app, "open-time.children")).status_code == 401
    assert ticking.get("/open").headers["Location"].startswith("/login")


def test_methods_that_nobody_declared_are_refused(app: Flask, client_of: Clients) -> None:
    root = client_of(Role.ADMIN)

    assert root.post("/open", headers=root.csrf).status_code == 405
    assert root.delete("/_dash-layout", headers=root.csrf).status_code == 405
    assert root.get("/api/v1/predictions").status_code in {404, 405}
    assert app.test_client().options("/open").status_code in {302, 401}


@pytest.mark.parametrize("value", ["true", "True", "1"])
def test_the_assistant_protocol_stays_shut_whatever_the_environment_says(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, client_of: Clients, value: str, app: Flask
) -> None:
    monkeypatch.setenv("DASH_MCP_ENABLED", value)
    opened = create_app(runtime, only_pages=small.PAGES)
    key = client_of(Role.ADMIN).get_cookie("mc_session").value
    client = opened.test_client()

    ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert client.post("/_mcp", json=ask).status_code == 401
    client.set_cookie("mc_session", key)
    assert client.get("/_mcp").status_code == 404
    headers = _csrf_for(opened, key)
    assert client.post("/_mcp", json=ask, headers=headers).status_code in {404, 405}


def test_two_applications_in_one_process_share_no_callback(runtime: Runtime, app: Flask) -> None:
    other = create_app(runtime, only_pages=[small.SECRET])

    assert "open-text.children" in gate_of(app).dash.callback_map
    assert "open-text.children" not in gate_of(other).dash.callback_map
