"""What the browser posts to run a callback, held against what was registered before any of it is run."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.exceptions import BadRequest, NotFound

PASSIVE_PREFIX = "live"  # Ids of what ticks by itself; a change of these alone is no sign of a person.
MANY = (["ALL"], ["ALLSMALLER"])


def named_callback(body: Any, callbacks: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the id of the server-side callback that the body asks for; 404 when there is none."""
    output = body.get("output") if isinstance(body, dict) else None
    if not isinstance(output, str) or "callback" not in callbacks.get(output, {}):
        raise NotFound("There is no such callback.")
    return output


def check_shape(body: Mapping[str, Any], registered: Mapping[str, Any]) -> None:
    """Refuse (400) a body whose inputs, state or outputs are not exactly those of the callback."""
    outputs = registered["output"]
    expected = [] if registered["no_output"] else outputs if isinstance(outputs, list | tuple) else [outputs]
    sent = body.get("outputs", [])
    agrees = (
        _all_agree(registered["inputs"], body.get("inputs", []))
        and _all_agree(registered["state"], body.get("state", []))
        and _all_agree([each.to_dict() for each in expected], sent if isinstance(sent, list) else [sent])
        and _are_texts(body.get("changedPropIds", []))
    )
    if not agrees:
        raise BadRequest("The inputs, state or outputs are not those of the callback.")


def is_passive(body: Mapping[str, Any]) -> bool:
    """Say whether only a ticking clock, and no person, made the browser ask."""
    changed = body.get("changedPropIds", [])
    return bool(changed) and all(each.startswith(PASSIVE_PREFIX) or each.endswith(".n_intervals") for each in changed)


def _all_agree(expected: Sequence[Mapping[str, Any]], sent: Any) -> bool:
    return isinstance(sent, list) and len(sent) == len(expected) and all(map(_agrees, expected, sent))


def _agrees(expected: Mapping[str, Any], sent: Any) -> bool:
    pattern = _parsed(expected["id"])
    if isinstance(pattern, dict) and any(value in MANY for value in pattern.values()):
        return isinstance(sent, list) and all(_is_one(pattern, expected["property"], each) for each in sent)
    return _is_one(pattern, expected["property"], sent)


def _is_one(pattern: Any, prop: str, sent: Any) -> bool:
    if not isinstance(sent, dict) or not isinstance(sent.get("property"), str):
        return False
    return sent["property"].partition("@")[0] == prop and _is_id(pattern, sent.get("id"))


def _is_id(pattern: Any, sent: Any) -> bool:
    if not isinstance(pattern, dict):
        return bool(sent == pattern)
    if not isinstance(sent, dict) or sent.keys() != pattern.keys():
        return False
    return all(
        isinstance(sent[key], str | int | float) if isinstance(value, list) else sent[key] == value
        for key, value in pattern.items()
    )


def _parsed(component_id: str) -> Any:
    return json.loads(component_id) if component_id.startswith("{") else component_id


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
