"""What may stand inside of a component: text, a number, another component, or several of them."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from dash.development.base_component import Component

Child: TypeAlias = Component | str | int | float | None
Children: TypeAlias = Child | Sequence[Child]
ComponentId: TypeAlias = str | dict[str, str | int]


def classes(*names: str | bool | None) -> str:
    """Join the class names that apply."""
    return " ".join(name for name in names if isinstance(name, str) and name)


def attributes(**named: str) -> dict[str, Any]:
    """Return attributes whose names hold hyphens: `aria_label` is `aria-label`, `data_mc_open` is `data-mc-open`."""
    return {name.replace("_", "-"): value for name, value in named.items()}


def with_id(component_id: ComponentId | None) -> dict[str, Any]:
    """Return the keyword for a component's id; none when there is no id, which Dash would take for one."""
    return {} if component_id is None else {"id": component_id}
