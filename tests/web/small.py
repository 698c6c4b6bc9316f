"""A small application for tests of the gate: pages of every kind, and the bodies that a browser would send."""

from typing import Any

from dash import ALL, Input, Output, State, html
from dash.development.base_component import Component
from flask import Flask, request

from webapp.accounts.permissions import Permission
from webapp.core.errors import InvalidInputError
from webapp.web.gate import Gate
from webapp.web.page import Page, PageRequest

OPEN = Page("open", path="/open", title="Open", permission=Permission.PROFILE_SELF, group="Overview")
SECRET = Page(
    "secret", path="/secret/<name>", title="Secret", permission=Permission.USERS_WRITE, group="Administration"
)


@OPEN.layout
def open_page(_request: PageRequest) -> Component:
    return html.Div("open to everybody")


@OPEN.callback(Output("open-text", "children"), Input("open-button", "n_clicks"), State("open-field", "value"))
def echo(clicks: Any, value: Any) -> str:
    return f"{value} after {clicks}"


@OPEN.callback(Output("open-rows", "children"), Input({"type": "open-row", "index": ALL}, "value"))
def rows(values: list[Any]) -> str:
    return f"{len(values)} rows"


@OPEN.callback(Output("open-time", "children"), Input("live-tick", "n_intervals"))
def tick(_ticks: Any) -> str:
    return "tick"


@OPEN.callback(Output("open-fault", "children"), Input("fault-button", "n_clicks"))
def complain(_clicks: Any) -> str:
    raise InvalidInputError("Choose a name that is not taken.")


@OPEN.callback(Output("open-bug", "children"), Input("bug-button", "n_clicks"))
def crash(_clicks: Any) -> str:
    raise KeyError("the secret of the machine room")


@SECRET.layout
def secret_page(page: PageRequest) -> Component:
    return html.Div(f"for administrators: {page.params['name']}")


@SECRET.callback(Output("secret-text", "children"), Input("secret-button", "n_clicks"))
def reveal(_clicks: Any) -> str:
    return "revealed"


@OPEN.callback(
    Output("open-danger", "children"), Input("danger-button", "n_clicks"), permission=Permission.TOKENS_WRITE
)
def danger(_clicks: Any) -> str:
    return f"done by {request.remote_addr}"


PAGES = (OPEN, SECRET)


def gate_of(app: Flask) -> Gate:
    found = app.before_request_funcs[None][0]
    assert isinstance(found, Gate)
    return found


def callback_body(app: Flask, output: str, value: Any = None) -> dict[str, Any]:
    """Return a body for the callback as the renderer would send it, with one value for every input."""
    registered = gate_of(app).dash.callback_map[output]
    outputs = registered["output"]
    listed = [_plain(each.to_dict()) for each in (outputs if isinstance(outputs, list | tuple) else [outputs])]
    single = not isinstance(outputs, list | tuple)
    body = {
        "output": output,
        "outputs": listed[0] if single else listed,
        "inputs": [_sent(each, value) for each in registered["inputs"]],
        "state": [_sent(each, value) for each in registered["state"]],
    }
    changed = [f"{each['id']}.{each['property']}" for each in registered["inputs"] if not each["id"].startswith("{")]
    if registered["no_output"]:
        del body["outputs"]
    return body | {"changedPropIds": changed[:1]}


def _sent(dependency: dict[str, Any], value: Any) -> Any:
    plain = _plain(dependency)
    if isinstance(plain["id"], dict) and any(isinstance(each, list) for each in plain["id"].values()):
        named = {key: "x" if isinstance(each, list) else each for key, each in plain["id"].items()}
        is_many = any(each in (["ALL"], ["ALLSMALLER"]) for each in plain["id"].values())
        one = plain | {"id": named, "value": value}
        return [one] if is_many else one
    return plain | {"value": value}


def _plain(dependency: dict[str, Any]) -> dict[str, Any]:
    import json

    found = dependency["id"]
    parsed = json.loads(found) if isinstance(found, str) and found.startswith("{") else found
    return {"id": parsed, "property": dependency["property"]}
