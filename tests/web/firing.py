"""Callbacks, asked for as the renderer in the browser asks for them."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask.testing import FlaskClient

URL = "/_dash-update-component"


def fire(client: FlaskClient, trigger: str | Mapping[str, Any], **values: Any) -> Any:
    """Change one input, `component.property`, and return the answer of the callback that listens to it.

    A trigger with a pattern is given as {"id": {...}, "property": …}; `values` are those of the other inputs and of
    the state, by the component's id with underscores for hyphens.
    """
    return client.post(URL, json=asked(client, trigger, **values), headers=client.csrf)  # type: ignore[attr-defined]


def asked(client: FlaskClient, trigger: str | Mapping[str, Any], **values: Any) -> dict[str, Any]:
    """Return what the renderer would post, for a test that posts it itself."""
    return posted(client.get("/_dash-dependencies").get_json(), trigger, **values)


def posted(callbacks: Sequence[Mapping[str, Any]], trigger: str | Mapping[str, Any], **values: Any) -> dict[str, Any]:
    """Return what the renderer would post to whom the application told of these callbacks."""
    wanted, prop = _wanted(trigger)
    for callback in callbacks:
        is_ours = any(_matches(each, wanted, prop) for each in callback["inputs"])
        if callback["clientside_function"] is None and is_ours:
            return _body(callback, wanted, prop, values)
    raise AssertionError(f"no callback that this person may call listens to {trigger}")


def changed(response: Any) -> Mapping[str, Any]:
    """Return what a callback changed: component → property → value."""
    assert response.status_code == 200, response.get_data(as_text=True)
    return response.get_json().get("response", {})  # type: ignore[no-any-return]


def told(response: Any) -> str:
    """Return the message over the page that came with an answer."""
    document = response.get_json() or {}
    return str(document.get("sideUpdate", {}).get("toasts", {}).get("data", {}).get("text", ""))


def texts(component: Any) -> str:
    """Return all text of a component as it stands in an answer."""
    if isinstance(component, dict):
        return " ".join(filter(None, (texts(each) for each in component.get("props", component).values())))
    if isinstance(component, list):
        return " ".join(filter(None, map(texts, component)))
    return str(component) if isinstance(component, str | int | float) else ""


def _wanted(trigger: str | Mapping[str, Any]) -> tuple[Any, str]:
    if isinstance(trigger, str):
        name, _, prop = trigger.rpartition(".")
        return name, prop
    return trigger["id"], trigger["property"]


def _matches(dependency: Mapping[str, Any], wanted: Any, prop: str) -> bool:
    if dependency["property"] != prop:
        return False
    if isinstance(wanted, str):
        return bool(dependency["id"] == wanted)
    return isinstance(wanted, Mapping) and f'"type":"{wanted["type"]}"' in dependency["id"].replace(" ", "")


def _body(callback: Mapping[str, Any], wanted: Any, prop: str, values: Mapping[str, Any]) -> dict[str, Any]:
    outputs = _outputs(callback["output"])
    name = wanted if isinstance(wanted, str) else _stringified(wanted)
    return {
        "output": callback["output"],
        "outputs": outputs if callback["output"].startswith("..") else (outputs[0] if outputs else []),
        "inputs": [_entry(each, wanted, values) for each in callback["inputs"]],
        "state": [_entry(each, wanted, values) for each in callback["state"]],
        "changedPropIds": [f"{name}.{prop}"],
    }


def _entry(dependency: Mapping[str, Any], wanted: Any, values: Mapping[str, Any]) -> Any:
    if dependency["id"].startswith("{"):
        if isinstance(wanted, str) or not _matches(dependency, wanted, dependency["property"]):
            return []
        return [{"id": dict(wanted), "property": dependency["property"], "value": 1}]
    value = 1 if dependency["id"] == wanted else None
    value = values.get(dependency["id"].replace("-", "_"), value)
    return {"id": dependency["id"], "property": dependency["property"], "value": value}


def _outputs(text: str) -> list[dict[str, str]]:
    parts = text.strip(".").split("...") if text.startswith("..") else [text]
    found = [part.rpartition(".") for part in parts if "." in part]
    return [{"id": name, "property": prop} for name, _, prop in found]


def _stringified(pattern: Mapping[str, Any]) -> str:
    pairs = ",".join(f'"{key}":"{pattern[key]}"' for key in sorted(pattern))
    return "{" + pairs + "}"
