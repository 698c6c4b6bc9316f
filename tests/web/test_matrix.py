"""Every page, callback and route of the application, for every role, for nobody and for tokens.

The matrix is made from the application's own registry: what is added tomorrow is in it without an edit here.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from tests.web.small import callback_body, gate_of
from webapp.accounts.permissions import Permission, Role, permissions_of, permissions_of_scopes
from webapp.web.gate import PUBLIC

Clients = Callable[..., Any]
SCOPES = [["read"], ["alerts"], ["write"], ["ingest:*"]]
UNKNOWN = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def clients(client_of: Clients) -> dict[Role, Any]:
    return {role: client_of(role) for role in Role}


def pages(app: Flask) -> Iterator[tuple[str, Permission]]:
    for page in gate_of(app).pages:
        yield re.sub(r"<\w+>", UNKNOWN, page.path), page.permission


def callbacks(app: Flask) -> Iterator[tuple[str, Permission]]:
    dash = gate_of(app).dash
    for output, registered in dash.callback_map.items():
        if "callback" in registered:
            yield output, dash.permissions[output]


def routes(app: Flask) -> Iterator[tuple[str, str, Permission | None]]:
    """Yield (method, address, permission) of everything that is no page.

    What asks each request for a proof of its sender has no permission: whoever has none of the proof gets 401.
    """
    declared = gate_of(app).declared
    for rule in app.url_map.iter_rules():
        if rule.endpoint in declared:
            address = re.sub(r"<(?:(\w+):)?\w+>", lambda found: "1" if found[1] == "int" else UNKNOWN, rule.rule)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, address, declared[rule.endpoint].permission


def body_for(method: str) -> dict[str, str] | None:
    return None if method == "GET" else {}


def test_the_registry_is_not_empty(app: Flask) -> None:
    assert len(list(pages(app))) > 3
    assert len(list(callbacks(app))) > 3
    assert len(list(routes(app))) > 5


def test_pages_open_for_the_roles_that_may(app: Flask, clients: dict[Role, Any]) -> None:
    wrong = []
    for path, permission in pages(app):
        for role, client in clients.items():
            status = client.get(path).status_code
            if status != (200 if permission in permissions_of([role]) else 403):
                wrong.append((path, role.value, status))

    assert wrong == []


def test_callbacks_run_for_the_roles_that_may(app: Flask, clients: dict[Role, Any], call: Callable[..., Any]) -> None:
    wrong = []
    for output, permission in callbacks(app):
        for role, client in clients.items():
            status = call(client, callback_body(app, output)).status_code
            may = permission in permissions_of([role])
            if (status in {401, 403}) == may or status >= 500:
                wrong.append((output, role.value, status))

    assert wrong == []


def test_routes_answer_the_roles_that_may(app: Flask, clients: dict[Role, Any]) -> None:
    wrong = []
    for method, address, permission in routes(app):
        for role, client in clients.items():
            status = client.open(address, method=method, headers=client.csrf, json=body_for(method)).status_code
            may = permission in permissions_of([role])
            if (status in {401, 403}) == may or status >= 500:
                wrong.append((method, address, role.value, status))

    assert wrong == []


@pytest.mark.parametrize("scopes", SCOPES)
def test_routes_answer_the_tokens_that_may(app: Flask, token_for: Callable[..., str], scopes: list[str]) -> None:
    headers = {"Authorization": f"Bearer {token_for(*scopes)}"}
    client, wrong = app.test_client(), []
    for method, address, permission in routes(app):
        status = client.open(address, method=method, headers=headers, json=body_for(method)).status_code
        may = permission in permissions_of_scopes(scopes) and address.startswith("/api/")
        if (status in {401, 403} or (status == 302 and not may)) == may or status >= 500:
            wrong.append((method, address, status))

    assert wrong == []


def test_nobody_gets_anything(app: Flask, call: Callable[..., Any]) -> None:
    client, open_doors = app.test_client(), []
    for path, _ in pages(app):
        if not client.get(path).headers.get("Location", "").startswith("/login"):
            open_doors.append(path)
    for output, _ in callbacks(app):
        if call(client, callback_body(app, output)).status_code != 401:
            open_doors.append(output)
    for method, address, _ in routes(app):
        answered = client.open(address, method=method)
        if answered.status_code != 401 and not answered.headers.get("Location", "").startswith("/login"):
            open_doors.append(f"{method} {address}")

    assert open_doors == []


def test_what_proves_itself_is_known_by_name(app: Flask) -> None:
    proving = {endpoint for endpoint, access in gate_of(app).declared.items() if access.permission is None}

    assert proving == {"sources_api.receive"}


def test_what_is_public_is_known_by_name(app: Flask) -> None:
    assert app.view_functions.keys() | PUBLIC >= PUBLIC
    public = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint in PUBLIC}

    assert public <= {"/login", "/logout", "/welcome/<secret>", "/invitation/<secret>", "/livez", "/readyz"}
