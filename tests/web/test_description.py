"""The API's description of itself is complete, true to the gate, and readable without a script."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from webapp.accounts.permissions import Role
from webapp.app import create_app
from webapp.runtime import Runtime

Clients = Callable[..., Any]
OUTLINE = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    return create_app(runtime, only_pages=[])


@pytest.fixture
def document(client_of: Clients) -> dict[str, Any]:
    found: dict[str, Any] = client_of(Role.EXECUTIVE).get("/api/v1/openapi.json").json
    return found


def test_the_routes_for_events_are_described(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    for path, kind in (
        ("predictions", "application/json"),
        ("outcomes", "application/json"),
        ("measurements", "application/json"),
        ("deployments", "application/json"),
        ("events", "application/x-ndjson"),
    ):
        operation = document["paths"][f"/api/v1/{path}"]["post"]
        assert list(operation["requestBody"]["content"]) == [kind]
        assert operation["responses"]["202"]["content"]["application/json"]["schema"]["$ref"].endswith("/Receipt")
        assert "events:write" in operation["description"]
    prediction = document["components"]["schemas"]["Prediction"]
    assert set(prediction["required"]) == {"model", "prediction_id", "at"}
    assert prediction["additionalProperties"] is False


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = set(re.findall(r"'#/components/schemas/([^']+)'", str(document)))

    assert references
    assert references <= document["components"]["schemas"].keys()


def test_the_outline_among_the_documents_names_every_route(document: dict[str, Any]) -> None:
    routes = {
        (method.upper(), re.sub(r"{\w+}", "{}", path))
        for path, operations in document["paths"].items()
        for method in operations
    }

    assert set(outlined()) == routes - {("GET", "/api/v1/openapi.json")}


def outlined() -> Iterator[tuple[str, str]]:
    """Read the first column of the table: `GET/PUT /a/{x}`, then `/b` stands for /a/b's neighbour and `…/c` goes on."""
    rows = re.findall(r"^\| (`(?:GET|POST|PUT)[^|]*/api/v1/[^|]*) \|", OUTLINE.read_text(encoding="utf-8"), re.M)
    assert rows
    for row in rows:
        methods, path = [""], ""
        for said in re.findall(r"`([^`]+)`", row):
            if " " in said:
                words, _, path = said.partition(" ")
                methods = words.split("/")
                shown = path
            else:
                shown = path + said[1:] if said.startswith("…") else path.rpartition("/")[0] + said
            for method in methods:
                yield method, re.sub(r"{\w+}", "{}", shown.partition("?")[0])


def test_every_route_of_the_api_is_described(app: Flask, document: dict[str, Any]) -> None:
    routes = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule) for rule in app.url_map.iter_rules()}

    assert {route for route in routes if route.startswith("/api/v1/")} == set(document["paths"])
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"]
            assert {each["name"] for each in operation["parameters"]} == set(re.findall(r"{(\w+)}", path))
    names = [operation["operationId"] for each in document["paths"].values() for operation in each.values()]
    assert len(names) == len(set(names))


def test_the_page_shows_the_same_without_a_script(client_of: Clients, document: dict[str, Any]) -> None:
    answer = client_of(Role.ONCALL).get("/api/docs")

    shown = answer.get_data(as_text=True)
    assert answer.mimetype == "text/html"
    assert [path for path in document["paths"] if path not in shown] == []
    assert "<script" not in shown
    assert "prediction_id" in shown


def test_people_and_reading_programs_may_see_it(app: Flask, token_for: Callable[..., str], client_of: Clients) -> None:
    headers = {"Authorization": f"Bearer {token_for('read')}"}

    assert app.test_client().get("/api/v1/openapi.json", headers=headers).status_code == 200
    assert app.test_client().get("/api/v1/openapi.json").status_code == 401
    assert app.test_client().get("/api/docs").headers["Location"].startswith("/login")
    assert all(client_of(role).get("/api/docs").status_code == 200 for role in Role)
