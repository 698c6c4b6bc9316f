"""Windows over the page. A button with `opens=` opens one by itself; a callback may set `is_open` as well."""

from collections.abc import Sequence

import dash_bootstrap_components as dbc
from dash.development.base_component import Component

from webapp.web.components.content import Child, ComponentId
from webapp.web.components.forms import button


def modal(
    id: str, title: str, *children: Child, footer: Sequence[Child] = (), is_open: bool = False, size: str | None = None
) -> Component:
    """Return a window with a title, closed by its cross or by Escape; `size` is sm, lg or xl."""
    parts: list[Child] = [
        dbc.ModalHeader(dbc.ModalTitle(title, id=f"{id}-title"), close_button=True),
        dbc.ModalBody(list(children)),
    ]
    if footer:
        parts.append(dbc.ModalFooter(list(footer)))
    size_option = {} if size is None else {"size": size}
    window: Component = dbc.Modal(
        parts,
        id=id,
        is_open=is_open,
        labelledby=f"{id}-title",
        fade=False,  # A window that fades out may never hear that it has ended, and stay.
        scrollable=True,
        centered=True,
        class_name="mc-modal",
        **size_option,
    )
    return window


def confirm(
    id: str,
    title: str,
    sentence: Child,
    *,
    action: str,
    action_id: ComponentId,
    kind: str = "danger",
    is_open: bool = False,
) -> Component:
    """Ask before what is hard to take back. The callback of `action_id` does it and sets `is_open` to False."""
    footer = [button("Cancel", kind="secondary", closes=True), button(action, id=action_id, kind=kind)]
    return modal(id, title, sentence, footer=footer, is_open=is_open, size="sm")
