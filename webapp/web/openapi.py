"""The description of the HTTP API, made from what the application registered: routes, permissions and wire types."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any

import msgspec
from flask import Flask
from werkzeug.routing import Rule

from webapp.accounts.permissions import Permission
from webapp.telemetry.wire import Event, Receipt
from webapp.web.api import BODY, JSON
from webapp.web.gate import ACCESS, Access

NDJSON = "application/x-ndjson"
PROBLEM = "application/problem+json"
_ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
_STATUS = {
    "400": "The request is not understood.",
    "401": "Nobody is signed in, or the token is not valid.",
    "403": "The permission is missing.",
    "404": "There is nothing at this address, or it is not for you.",
    "409": "It does not fit how things stand now, often because somebody else was first; nothing was changed.",
    "413": "The body is larger than the route takes.",
    "422": "The body is understood and wrong; `errors` names each place.",
    "429": "Too many attempts; `Retry-After` says when to come back.",
    "503": "Not available right now; `Retry-After` says when to come back.",
}


class Fault(msgspec.Struct, frozen=True):
    """One fault in what was sent: where it is (a JSON pointer) and what to do about it."""

    at: str
    message: str


class Problem(msgspec.Struct, frozen=True):
    """What went wrong, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


@dataclass(frozen=True, slots=True)
class Operation:
    """One route of the API, as the document and the page show it."""

    method: str
    path: str
    name: str
    group: str
    summary: str
    permission: Permission | None  # none where a request proves its sender itself
    max_bytes: int | None
    body: Any = None  # the wire type, if it takes one

    @property
    def media_type(self) -> str:
        return NDJSON if self.body == Event else JSON

    @property
    def needs(self) -> str:
        if self.permission is None:
            return "Needs no token: each request proves its sender by the secret of its source."
        return f"Needs the permission `{self.permission}`."


def operations(app: Flask) -> list[Operation]:
    """Return every route of the API, by group and path."""
    return sorted(_operations(app), key=lambda each: (each.group, each.path, each.method))


def document(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    known = operations(app)
    kinds = [each.body for each in known if each.body is not None]
    schemas, components = msgspec.json.schema_components(
        [*kinds, Receipt, Problem], ref_template="#/components/schemas/{name}"
    )
    receipt, problem = schemas[-2:]
    bodies = iter(schemas[: len(kinds)])
    paths: dict[str, dict[str, Any]] = {}
    for each in known:
        body = next(bodies) if each.body is not None else None
        paths.setdefault(each.path, {})[each.method.lower()] = _described(each, body, receipt, problem)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mission Control",
            "version": "1",
            "description": "Times are UTC in RFC 3339, numbers are finite, unknown fields are refused, errors are"
            " problem details (RFC 9457), and a retried request with the same ids changes nothing.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "An API token: `mc_…`."},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "mc_session",
                    "description": "A signed-in browser; a write repeats the cookie `_csrf_token` in `X-CSRFToken`.",
                },
            },
        },
    }


def _operations(app: Flask) -> Iterator[Operation]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        access: Access | None = getattr(view, ACCESS, None)
        if access is None or not rule.rule.startswith("/api/v1/"):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield _operation(rule, method, view, access)


def _operation(rule: Rule, method: str, view: Any, access: Access) -> Operation:
    group = rule.endpoint.partition(".")[0].removesuffix("_api").replace("_", " ").capitalize()
    return Operation(
        method=method,
        path=_ARGUMENT.sub(r"{\2}", rule.rule),
        name=rule.endpoint,
        group=group,
        summary=" ".join(cleandoc(view.__doc__ or rule.endpoint).split("\n\n")[0].split()),
        permission=access.permission,
        max_bytes=access.max_bytes,
        body=getattr(view, BODY, None) if method in {"POST", "PUT", "PATCH"} else None,
    )


def _described(each: Operation, body: Any, receipt: Any, problem: Any) -> dict[str, Any]:
    fault = {"content": {PROBLEM: {"schema": problem}}}
    responses: dict[str, Any] = {status: {"description": said} | fault for status, said in _STATUS.items()}
    if each.permission in {Permission.EVENTS_WRITE, None}:
        taken = "Stored. Items that were refused are named with a reason."
        responses["202"] = {"description": taken, "content": {JSON: {"schema": receipt}}}
    else:
        responses["200"] = {"description": "Done."}
    described: dict[str, Any] = {
        "operationId": f"{each.name}.{each.method.lower()}",
        "tags": [each.group],
        "summary": each.summary,
        "description": each.needs,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", each.path)
        ],
        "responses": dict(sorted(responses.items())),
    }
    if each.permission is None:
        described["security"] = []
    if body is not None:
        described["requestBody"] = {"required": True, "content": {each.media_type: {"schema": body}}}
    return described


def schema_of(each: Operation) -> Mapping[str, Any] | None:
    """Return the schema of an operation's body with everything that it refers to."""
    if each.body is None:
        return None
    (schema,), components = msgspec.json.schema_components([each.body], ref_template="#/{name}")
    return {**schema, **components}
