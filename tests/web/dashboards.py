"""Pages and callbacks as the browser asks for them: the layout by its address, a callback by what it gives out."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from werkzeug.test import TestResponse

ALL = "ALL"
Values = Mapping[str, Any]


def page(client: Any, address: str) -> Any:
    """Return the page at an address as the browser gets it at first."""
    response = client.get("/_dash-layout", headers={"Referer": f"http://localhost{address}"})
    assert response.status_code == 200, response.get_data(as_text=True)
    return response.get_json()


def texts(tree: Any) -> list[str]:
    """Return every text that a person can read in a tree of components, in its order."""
    return list(_texts(tree))


def words(tree: Any) -> str:
    return " ".join(texts(tree))


def figure(tree: Any, label: str) -> dict[str, Any]:
    """Return the chart with the spoken label."""
    found = [each for each in _components(tree) if each.get("type") == "Figure"]
    for each in found:
        if each["props"].get("aria-label") == label:
            graph = next(part for part in _components(each) if part.get("type") == "Graph")
            return dict(graph["props"]["figure"])
    raise AssertionError(f"no chart '{label}' among {[each['props'].get('aria-label') for each in found]}")


def ids(tree: Any) -> list[Any]:
    return [each["props"]["id"] for each in _components(tree) if "id" in each["props"]]


def fire(
    client: Any,
    output: str,
    values: Values,
    *,
    many: Mapping[str, Sequence[tuple[Any, Any]]] | None = None,
    changed: str,
) -> TestResponse:
    """Run the callback that gives out `id.property`, posting exactly what the renderer posts.

    `values` holds inputs and state by `id.property`; `many` those of a pattern, by its type, as (id, value).
    """
    callbacks = client.get("/_dash-dependencies").get_json()
    callback = next((each for each in callbacks if output in each["output"].strip(".").split("...")), None)
    assert callback is not None, f"no callback gives out {output}"
    outputs = [_output(each) for each in callback["output"].strip(".").split("...")]
    body = {
        "output": callback["output"],
        "outputs": outputs if callback["output"].startswith("..") else outputs[0],
        "inputs": [_entry(each, values, many or {}) for each in callback["inputs"]],
        "state": [_entry(each, values, many or {}) for each in callback.get("state", [])],
        "changedPropIds": [changed],
    }
    response: TestResponse = client.post("/_dash-update-component", json=body, headers=client.csrf)
    return response


def result(response: TestResponse, output: str) -> Any:
    """Return what the callback gave out for `id.property`."""
    assert response.status_code == 200, response.get_data(as_text=True)
    component, _, prop = output.rpartition(".")
    return response.get_json()["response"][component][prop]


def pattern_id(**keys: str) -> str:
    """Return a pattern's id as the renderer writes it."""
    return json.dumps(keys, sort_keys=True, separators=(",", ":"))


def _output(text: str) -> dict[str, str]:
    component, _, prop = text.rpartition(".")
    return {"id": component, "property": prop.partition("@")[0]}


def _entry(declared: Mapping[str, Any], values: Values, many: Mapping[str, Sequence[tuple[Any, Any]]]) -> Any:
    prop = declared["property"]
    if declared["id"].startswith("{"):
        kind = json.loads(declared["id"])["type"]
        return [{"id": each, "property": prop, "value": value} for each, value in many.get(kind, ())]
    return {"id": declared["id"], "property": prop, "value": values.get(f"{declared['id']}.{prop}")}


def _components(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, list):
        for each in tree:
            yield from _components(each)
    elif isinstance(tree, dict) and "props" in tree:
        yield tree
        yield from _components(tree["props"].get("children"))


def _texts(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, int | float):
        yield str(tree)
    elif isinstance(tree, list):
        for each in tree:
            yield from _texts(each)
    elif isinstance(tree, dict) and "props" in tree:
        yield from _texts(tree["props"].get("children"))
