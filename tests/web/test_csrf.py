"""A write comes from a page of ours: its origin is ours and its token belongs to the session."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.web.small import callback_body
from webapp.accounts.permissions import Role

Clients = Callable[..., Any]
PATH = "/_dash-update-component"


@pytest.fixture
def app(small_app: Flask) -> Flask:
    return small_app


@pytest.fixture
def body(app: Flask) -> dict[str, Any]:
    return callback_body(app, "open-text.children")


def test_a_write_with_the_sessions_own_token_passes(client_of: Clients, body: dict[str, Any]) -> None:
    ada = client_of(Role.DATA_SCIENTIST)

    assert ada.post(PATH, json=body, headers=ada.csrf).status_code == 200
    for ours in ({"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        assert ada.post(PATH, json=body, headers=ada.csrf | ours).status_code == 200


@pytest.mark.parametrize("token", [None, "", "x", "x.y", "\xff", "a" * 64])
def test_a_write_without_the_right_token_is_refused(client_of: Clients, body: Any, token: str | None) -> None:
    ada = client_of(Role.DATA_SCIENTIST)
    headers = {} if token is None else {"X-CSRFToken": token}

    answered = ada.post(PATH, json=body, headers=headers)

    assert answered.status_code == 403
    assert "Reload" in answered.json["detail"]


def test_the_token_of_somebody_else_is_refused(client_of: Clients, body: dict[str, Any]) -> None:
    ada, omar, other_ada = client_of(Role.DATA_SCIENTIST), client_of(Role.ONCALL), client_of(Role.DATA_SCIENTIST)

    assert ada.post(PATH, json=body, headers=omar.csrf).status_code == 403
    assert ada.post(PATH, json=body, headers=other_ada.csrf).status_code == 403


def test_a_cookie_that_another_site_could_plant_does_not_help(client_of: Clients, body: dict[str, Any]) -> None:
    ada = client_of(Role.DATA_SCIENTIST)
    ada.set_cookie("_csrf_token", "planted")

    assert ada.post(PATH, json=body, headers={"X-CSRFToken": "planted"}).status_code == 403


@pytest.mark.parametrize(
    "foreign",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_write_from_elsewhere_is_refused_whatever_token_it_has(
    client_of: Clients, body: dict[str, Any], foreign: dict[str, str]
) -> None:
    ada = client_of(Role.DATA_SCIENTIST)

    assert ada.post(PATH, json=body, headers=ada.csrf | foreign).status_code == 403
    assert ada.post("/logout", headers=ada.csrf | foreign).status_code == 403
    assert ada.get("/open", headers=foreign).status_code == 200


def test_signing_in_and_out_need_a_token_too(app: Flask, client_of: Clients) -> None:
    form = {"email": "ada@example.com", "password": "x"}

    assert app.test_client().post("/login", data=form).status_code == 403
    assert app.test_client().post("/login", data=form | {"csrf_token": "made-up.token"}).status_code == 403
    assert client_of(Role.DATA_SCIENTIST).post("/logout").status_code == 403
    assert app.test_client().get("/logout").status_code in {302, 401, 405}


def test_the_token_of_a_form_belongs_to_the_browser_that_got_it(app: Flask) -> None:
    mine, theirs = app.test_client(), app.test_client()
    mine.get("/login")
    theirs.get("/login")
    token = mine.get_cookie("_csrf_token").value  # type: ignore[union-attr]
    form = {"email": "ada@example.com", "password": "x", "csrf_token": token}

    assert theirs.post("/login", data=form).status_code == 403
    assert mine.post("/login", data=form).status_code == 401


def test_a_program_with_a_token_needs_none(app: Flask, token_for: Callable[..., str]) -> None:
    headers = {"Authorization": f"Bearer {token_for('ingest:*')}", "Origin": "https://anywhere.example"}

    assert app.test_client().post("/api/v1/outcomes", json={"outcomes": []}, headers=headers).status_code == 202


def test_the_cookie_of_a_session_does_not_write_to_the_api_without_a_token(client_of: Clients) -> None:
    root = client_of(Role.ADMIN)

    assert root.post("/api/v1/predictions", json={"predictions": []}).status_code == 403
