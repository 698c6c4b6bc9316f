"""The API describes itself: as OpenAPI for programs, as a page for people."""

from functools import cache

import orjson
from flask import Blueprint, Flask, Response, current_app, render_template

from webapp.accounts.permissions import Permission
from webapp.web import openapi
from webapp.web.api import JSON
from webapp.web.gate import requires

BLUEPRINT = Blueprint("description", __name__, url_prefix="/api")


@BLUEPRINT.get("/v1/openapi.json")
@requires(Permission.MODELS_READ)
def document() -> Response:
    """Return this description as OpenAPI 3.1."""
    return Response(_document(current_app._get_current_object()), content_type=JSON)  # type: ignore[attr-defined]


@BLUEPRINT.get("/docs")
@requires(Permission.MODELS_READ)
def page() -> str:
    """Show the description as a page, without a script."""
    groups: dict[str, list[tuple[openapi.Operation, str]]] = {}
    for each in openapi.operations(current_app):
        schema = openapi.schema_of(each)
        shown = "" if schema is None else orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode()
        groups.setdefault(each.group, []).append((each, shown))
    return render_template("api_docs.html", groups=groups)


@cache
def _document(app: Flask) -> bytes:
    return orjson.dumps(openapi.document(app))
