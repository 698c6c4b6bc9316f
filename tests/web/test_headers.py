"""Every answer carries headers that keep a browser from doing what nobody meant."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.web import small
from tests.web.small import callback_body
from webapp.accounts.permissions import Role
from webapp.app import create_app
from webapp.runtime import Runtime
from webapp.web.headers import script_hash

Clients = Callable[..., Any]


@pytest.fixture
def app(small_app: Flask) -> Flask:
    return small_app


def answers(app: Flask, client_of: Clients) -> dict[str, Any]:
    """Return answers of every kind: pages, documents, errors, redirects, and what anonymous people see."""
    ada, nobody = client_of(Role.DATA_SCIENTIST), app.test_client()
    body = callback_body(app, "open-text.children")
    return {
        "page": ada.get("/open"),
        "layout": ada.get("/_dash-layout"),
        "dependencies": ada.get("/_dash-dependencies"),
        "callback": ada.post("/_dash-update-component", json=body, headers=ada.csrf),
        "bug": ada.post("/_dash-update-component", json=callback_body(app, "open-bug.children"), headers=ada.csrf),
        "forbidden": ada.get("/secret/x"),
        "unknown": ada.get("/nowhere"),
        "no csrf": ada.post("/_dash-update-component", json=body),
        "sign-in": nobody.get("/login"),
        "redirect": nobody.get("/open"),
        "anonymous": nobody.get("/_dash-layout"),
        "health": nobody.get("/livez"),
        "method": nobody.put("/login"),
    }


def test_every_answer_is_strict(app: Flask, client_of: Clients) -> None:
    for name, answer in answers(app, client_of).items():
        policy = dict(each.split(" ", 1) for each in answer.headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'self'", name
        assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'", name
        assert policy["form-action"] == policy["connect-src"] == "'self'", name
        assert "unsafe" not in policy["script-src"], name
        assert "*" not in answer.headers["Content-Security-Policy"], name
        assert answer.headers["X-Content-Type-Options"] == "nosniff", name
        assert answer.headers["Referrer-Policy"] == "same-origin", name
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", name
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin", name
        assert answer.headers["Cache-Control"] == "no-store", name
        assert "Access-Control-Allow-Origin" not in answer.headers, name
        assert "Strict-Transport-Security" not in answer.headers, name


def test_every_script_in_a_page_is_one_that_the_policy_names(app: Flask, client_of: Clients) -> None:
    answer = client_of(Role.DATA_SCIENTIST).get("/open")
    page, policy = answer.get_data(as_text=True), answer.headers["Content-Security-Policy"]

    inline = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>(.*?)</script>", page, flags=re.DOTALL)

    assert inline
    assert [script[:60] for script in inline if script_hash(script) not in policy] == []
    assert not re.search(r"\son\w+=", page)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", page)


def test_what_one_sees_before_the_sign_in_runs_no_inline_script(app: Flask) -> None:
    answer = app.test_client().get("/login")
    page, policy = answer.get_data(as_text=True), answer.headers["Content-Security-Policy"]

    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", page, flags=re.DOTALL)
    assert [script[:60] for script in inline if script_hash(script) not in policy] == []
    assert not re.search(r"\son\w+=", page)


def test_the_version_of_python_is_nobodys_business(app: Flask, client_of: Clients) -> None:
    import platform

    assert platform.python_version() not in client_of(Role.DATA_SCIENTIST).get("/open").get_data(as_text=True)


def test_under_https_cookies_are_bound_to_the_host(runtime: Runtime) -> None:
    import dataclasses

    settings = dataclasses.replace(runtime.settings, base_url="https://mc.example.com")
    secured = create_app(dataclasses.replace(runtime, settings=settings), only_pages=small.PAGES)

    answer = secured.test_client().get("/login", base_url="https://mc.example.com")

    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert "Secure" in cookie
    assert "SameSite=Strict" in cookie


def test_long_answers_are_compressed_and_pages_with_a_token_are_not(app: Flask, client_of: Clients) -> None:
    ada = client_of(Role.DATA_SCIENTIST)

    packed = ada.get("/_dash-dependencies", headers={"Accept-Encoding": "br"})
    plain = ada.get("/_dash-dependencies")
    form = app.test_client().get("/login", headers={"Accept-Encoding": "br"})

    assert packed.headers.get("Content-Encoding") == "br"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in form.headers
