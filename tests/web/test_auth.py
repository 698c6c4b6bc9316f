"""Signing in, out, up: sessions that rotate and end, guessing that slows down, links that work once."""

import dataclasses
import html
import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from tests.conftest import PASSWORD
from tests.factories import ROOT
from webapp.accounts import bootstrap, users
from webapp.accounts.permissions import Role
from webapp.accounts.throttle import ACCOUNT
from webapp.app import create_app
from webapp.core.clock import StandingClock
from webapp.db.base import make_engine
from webapp.observability.logs import Lines
from webapp.runtime import Runtime
from webapp.web.blueprints.auth import FORM_MAX_BYTES, local_path

ADA = "ada@example.com"
NEW = "nine-walruses-paint-fences"


@pytest.fixture
def app(small_app: Flask) -> Flask:
    return small_app


@pytest.fixture
def ada(make_user: Callable[..., Any]) -> Any:
    return make_user(Role.DATA_SCIENTIST)


def send(client: FlaskClient, path: str, **form: str) -> TestResponse:
    """Fetch the form and send it filled in, as a browser does."""
    shown = client.get(path.split("?")[0])
    found = re.search(r'name="?csrf_token"? value="([^"]+)"', shown.get_data(as_text=True))
    token = html.unescape(found[1]) if found else ""
    return client.post(path, data={"csrf_token": token} | form)


def sign_in(client: FlaskClient, password: str = PASSWORD, *, email: str = ADA, **more: str) -> TestResponse:
    return send(client, "/login", email=email, password=password, **more)


def test_the_right_password_opens_a_session(app: Flask, ada: Any) -> None:
    client = app.test_client()

    answer = sign_in(client)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/open")
    cookie = next(each for each in answer.headers.getlist("Set-Cookie") if each.startswith("mc_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/open").status_code == 200
    assert client.get("/login").headers["Location"] == "/"


def test_whatever_is_wrong_gets_the_same_answer(app: Flask, ada: Any) -> None:
    tries = (("ada@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("a\x00b", "\x00"))

    said = []
    for email, password in tries:
        answer = sign_in(app.test_client(), password, email=email)
        assert answer.status_code == 401
        said.append(re.sub(r'value="[^"]*"', "", answer.get_data(as_text=True)))

    assert len(set(said)) == 1
    assert PASSWORD not in said[0]


def test_the_address_is_found_however_it_is_written(app: Flask, ada: Any) -> None:
    assert sign_in(app.test_client(), email="  ADA@Example.com ").status_code == 303


def test_a_session_is_new_at_each_sign_in_and_the_old_one_ends(app: Flask, ada: Any) -> None:
    client = app.test_client()
    sign_in(client)
    first = client.get_cookie("mc_session").value  # type: ignore[union-attr]
    thief = app.test_client()
    thief.set_cookie("mc_session", first)
    client.delete_cookie("_csrf_token")
    assert thief.get("/open").status_code == 200

    second_browser = app.test_client()
    second_browser.get("/login")
    second_browser.set_cookie("mc_session", first)
    token = second_browser.get_cookie("_csrf_token").value  # type: ignore[union-attr]
    refused = second_browser.post("/login", data={"email": ADA, "password": PASSWORD, "csrf_token": token})

    assert refused.status_code == 403, "a form from before a sign-in is too old"
    assert client.get_cookie("mc_session").value == first  # type: ignore[union-attr]


def test_signing_out_ends_the_session_for_a_copied_cookie_too(app: Flask, client_of: Callable[..., Any]) -> None:
    client = client_of(Role.DATA_SCIENTIST)
    thief = app.test_client()
    thief.set_cookie("mc_session", client.get_cookie("mc_session").value)

    answer = client.post("/logout", headers=client.csrf)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert client.get_cookie("mc_session") is None
    assert thief.get("/open").headers["Location"].startswith("/login")


def test_a_disabled_user_is_out_at_the_next_request(
    client_of: Callable[..., Any], runtime: Runtime, clock: StandingClock
) -> None:
    client = client_of(Role.DATA_SCIENTIST)
    assert client.get("/open").status_code == 200

    with runtime.transaction() as session:
        user = users.by_email(session, "ada@example.com")
        assert user is not None
        users.disable(session, user.id, actor=ROOT, now=clock.now())

    assert client.get("/open").status_code == 302


def test_a_new_role_counts_at_the_next_request(
    client_of: Callable[..., Any], runtime: Runtime, clock: StandingClock
) -> None:
    client = client_of(Role.EXECUTIVE)
    assert client.get("/secret/x").status_code == 403

    with runtime.transaction() as session:
        user = users.by_email(session, "erin@example.com")
        assert user is not None
        users.set_roles(session, user.id, [Role.ADMIN], actor=ROOT, now=clock.now())

    assert client.get("/secret/x").status_code == 200


def test_guessing_is_slowed_down_and_never_locks_for_good(app: Flask, ada: Any, clock: StandingClock) -> None:
    for _ in range(ACCOUNT.free):
        assert sign_in(app.test_client(), "wrong").status_code == 401

    slowed = sign_in(app.test_client())

    assert slowed.status_code == 429
    assert slowed.headers["Retry-After"] == "1"
    assert "Too many attempts" in slowed.get_data(as_text=True)
    clock.at += timedelta(seconds=1)
    assert sign_in(app.test_client()).status_code == 303


def test_an_address_behind_no_proxy_of_ours_cannot_be_made_up(app: Flask, ada: Any, runtime: Runtime) -> None:
    client = app.test_client()
    client.get("/login", headers={"X-Forwarded-For": "6.6.6.6"})
    sign_in(client, "wrong")
    with runtime.transaction() as session:
        keys = session.scalars(text("SELECT key FROM sign_in_attempt WHERE key LIKE 'address:%'")).all()

    assert keys == ["address:127.0.0.1"]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "//[",
        "http://[",
        "/%0d%0aSet-Cookie:x=y\r\n",
        "",
    ],
)
def test_nobody_is_sent_elsewhere_after_the_sign_in(app: Flask, ada: Any, target: str) -> None:
    assert local_path(target) is None
    assert sign_in(app.test_client(), next=target).headers["Location"] == "/open"
    assert app.test_client().get("/login", query_string={"next": target}).status_code == 200


def test_one_gets_where_one_wanted_to_go(app: Flask, ada: Any) -> None:
    assert sign_in(app.test_client(), next="/open?range=7d").headers["Location"] == "/open?range=7d"


def test_the_first_administrator_comes_in_by_the_printed_link(
    app: Flask, runtime: Runtime, clock: StandingClock
) -> None:
    with runtime.transaction() as session:
        link = bootstrap.first_admin_link(session, clock.now(), "http://localhost")
    assert link is not None
    path = link.removeprefix("http://localhost")
    client = app.test_client()

    weak = send(client, path, email="root@example.com", name="Root", password="123")
    made = send(client, path, email="root@example.com", name="Root", password=NEW)

    assert weak.status_code == 422
    assert made.status_code == 303
    assert client.get("/secret/x").status_code == 200
    assert app.test_client().get(path).status_code == 404
    assert app.test_client().get("/welcome/made-up").status_code == 404


def test_somebody_invited_chooses_a_password_once(app: Flask, runtime: Runtime, clock: StandingClock) -> None:
    with runtime.transaction() as session:
        _, secret = users.invite(
            session, email="bea@example.com", name="Bea", roles=[Role.ANALYST], actor=ROOT, now=clock.now()
        )
    client = app.test_client()

    assert send(client, f"/invitation/{secret}", password=NEW).status_code == 303
    assert client.get("/open").status_code == 200
    assert app.test_client().get(f"/invitation/{secret}").status_code == 404
    assert sign_in(app.test_client(), NEW, email="bea@example.com").status_code == 303


@pytest.mark.parametrize("path", ["/login", "/logout", "/welcome/made-up", "/invitation/made-up"])
def test_a_form_is_small(app: Flask, path: str) -> None:
    assert app.test_client().post(path, data={"email": "e" * FORM_MAX_BYTES}).status_code == 413


@pytest.mark.parametrize("kind", ["welcome", "invitation"])
def test_the_secret_of_a_link_is_never_in_the_log(
    app: Flask, runtime: Runtime, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    secret = "a-secret-that-works-once"
    unreachable = make_engine("postgresql://nobody@127.0.0.1:1/nothing")
    apart = create_app(dataclasses.replace(runtime, engine=unreachable), only_pages=[])
    with runtime.transaction() as session:
        session.execute(text("ALTER TABLE one_time_link RENAME TO elsewhere"))

    with caplog.at_level(logging.DEBUG):
        failed = app.test_client().get(f"/{kind}/{secret}")
        without_database = apart.test_client().get(f"/{kind}/{secret}")

    assert (failed.status_code, without_database.status_code) == (500, 503)
    lines = [Lines().format(record) for record in caplog.records]
    assert {f"route='/{kind}/<secret>'" in line for line in lines if "route=" in line} == {True}
    assert not [line for line in lines if secret in line]


def test_idleness_and_age_end_a_session(client_of: Callable[..., Any], clock: StandingClock) -> None:
    idle, active = client_of(Role.DATA_SCIENTIST), client_of(Role.DEVOPS)

    clock.at += timedelta(minutes=30)
    assert idle.get("/open").status_code == 302
    clock.at -= timedelta(minutes=30)
    for _ in range(29):
        clock.at += timedelta(minutes=24)
        assert active.get("/open").status_code == 200
    clock.at += timedelta(minutes=25)
    assert active.get("/open").status_code == 302
