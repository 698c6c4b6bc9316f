"""What tests of the gate share: a small application of their own and a way to call its callbacks."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.web import small
from webapp.app import create_app
from webapp.runtime import Runtime


@pytest.fixture
def small_app(runtime: Runtime) -> Flask:
    """An application with two pages, so that the tests of the gate depend on no screen."""
    return create_app(runtime, only_pages=small.PAGES)


@pytest.fixture
def call() -> Callable[..., Any]:
    """Return a function that posts a callback's body with a client's own CSRF token."""

    def post(client: Any, body: Any, **headers: str) -> Any:
        given = getattr(client, "csrf", {}) | {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(body, bytes):
            return client.post("/_dash-update-component", data=body, content_type="application/json", headers=given)
        return client.post("/_dash-update-component", json=body, headers=given)

    return post
