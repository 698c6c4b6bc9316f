"""The drift methods by name, as their folder has them."""

from collections.abc import Mapping
from typing import cast

from webapp.core.errors import InvalidInputError
from webapp.core.registry import discover
from webapp.drift import methods
from webapp.drift.method import Method

METHODS = cast("Mapping[str, Method]", discover(methods, "METHOD"))


def method_named(name: str) -> Method:
    if name not in METHODS:
        raise InvalidInputError(f"There is no drift method '{name[:64]}'; there are {', '.join(METHODS)}.")
    return METHODS[name]
