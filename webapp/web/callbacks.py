"""What the browser posts to run a callback, held against what was registered before any of it is run."""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

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


def value_check(function: Callable[..., Any]) -> Callable[[Sequence[Any], Mapping[str, Any]], None]:
    """Return what refuses (400) values of another kind than the function's annotations name: they are its schema.

    Nothing at all is always taken, because a browser sends it for what is not on the screen yet.
    """
    hints = get_type_hints(function)
    names = list(inspect.signature(function).parameters)
    kinds = {name: _kinds(hints[name]) for name in names if name in hints}

    def check(args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        for name, value in (*zip(names, args, strict=False), *kwargs.items()):
            if value is not None and name in kinds and not _is_of(value, kinds[name]):
                raise BadRequest("A value is not of the kind that the callback takes.")

    return check


Kinds = tuple[tuple[tuple[type, ...], Any], ...]  # of each choice: the types that are taken, and of what a list is


def _kinds(hint: Any) -> Kinds | None:
    """Return which JSON values an annotation takes; None: any."""
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        parts = [_kinds(each) for each in get_args(hint) if each is not NoneType]
        return None if None in parts else tuple(kind for part in parts if part for kind in part)
    if hint in _SCALARS:
        return ((_SCALARS[hint], None),)
    if origin in {list, Sequence}:
        return (((list,), _kinds(get_args(hint)[0])),)
    return (((dict,), None),) if origin in {dict, Mapping} else None


def _is_of(value: Any, kinds: Kinds | None) -> bool:
    if kinds is None:
        return True
    return any(
        isinstance(value, types)
        and (bool in types or not isinstance(value, bool))
        and (inner is None or all(each is None or _is_of(each, inner) for each in _items(value)))
        for types, inner in kinds
    )


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


_SCALARS: Mapping[Any, tuple[type, ...]] = {str: (str,), int: (int,), float: (int, float), bool: (bool,)}


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
