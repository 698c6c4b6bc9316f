"""What people fill in and press: labelled, reachable by keyboard, large enough for a thumb."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash._utils import stringify_id
from dash.development.base_component import Component

from webapp.web.components.content import Child, Children, ComponentId, attributes, classes, with_id
from webapp.web.components.icons import icon

Options = Sequence[tuple[str, str]]  # as (value, word)


def button(
    label: str,
    *,
    id: ComponentId | None = None,
    kind: str = "primary",
    href: str | None = None,
    type: str = "button",
    picture: str | None = None,
    opens: str | None = None,
    closes: bool = False,
    download: bool = False,
    disabled: bool = False,
    small: bool = False,
    quiet_label: bool = False,
    title: str | None = None,
) -> Component:
    """Return a button, or a link that looks like one.

    The kind is primary, secondary, danger or quiet. `opens` names a modal that it opens, `closes` closes the one it is
    in, `download` follows the address without changing the page, `quiet_label` shows the picture only.
    """
    named = classes("mc-button", f"mc-button-{kind}", small and "mc-button-small", quiet_label and "mc-button-icon")
    word = html.Span(label, className="visually-hidden") if quiet_label else label
    content: list[Child] = [word] if picture is None else [icon(picture), word]
    hint = title or (label if quiet_label else None)
    if href is not None and not download:
        return dcc.Link(content, href=href, className=named, title=hint or "", **with_id(id))
    if href is not None:
        return html.A(content, href=href, className=named, title=hint, download="", **with_id(id))
    extra: dict[str, Any] = {}
    if opens is not None:
        extra = attributes(data_mc_open=opens, aria_haspopup="dialog")
    if closes:
        extra = attributes(data_mc_close="")
    return html.Button(content, type=type, className=named, title=hint, disabled=disabled, **extra, **with_id(id))


def field(label: str, control: Component, *, help: Children = None, error: Children = None) -> Component:
    """Return a control with its label, and under it what helps or what is wrong."""
    target = getattr(control, "id", None)
    named: dict[str, Any] = {} if target is None else {"htmlFor": stringify_id(target)}
    parts: list[Child] = [html.Label(label, className="mc-label", **named), control]
    if help is not None:
        parts.append(html.P(help, className="mc-help"))
    if error is not None:
        parts.append(html.P(error, className="mc-error", role="alert"))
    return html.Div(parts, className=classes("mc-field", error is not None and "has-error"))


def fieldset(legend: str, *controls: Child, help: Children = None) -> Component:
    """Return controls that answer one question together, such as a list of boxes."""
    parts: list[Child] = [html.Legend(legend, className="mc-label"), *controls]
    if help is not None:
        parts.append(html.P(help, className="mc-help"))
    return html.Fieldset(parts, className="mc-field")


def text_input(id: ComponentId, *, value: str = "", type: str = "text", **options: Any) -> Component:
    """Return a line to write in. Options are those of `dbc.Input`: placeholder, autocomplete, min, maxlength."""
    made: Component = dbc.Input(id=id, value=value, type=type, class_name="mc-input", **options)
    return made


def text_area(id: ComponentId, *, value: str = "", rows: int = 3, **options: Any) -> Component:
    made: Component = dbc.Textarea(id=id, value=value, rows=rows, class_name="mc-input", **options)
    return made


def select(id: ComponentId, options: Options, value: str | None, **more: Any) -> Component:
    """Return a list to choose one of, drawn by the browser itself: on a phone it is the phone's own."""
    listed = [{"value": each, "label": word} for each, word in options]
    made: Component = dbc.Select(id=id, options=listed, value=value, class_name="mc-input mc-select", **more)
    return made


def check_list(id: ComponentId, options: Options, value: Sequence[str]) -> Component:
    """Return boxes to tick, inside of a `fieldset` that asks the question."""
    listed = [{"value": each, "label": word} for each, word in options]
    made: Component = dbc.Checklist(id=id, options=listed, value=list(value), class_name="mc-checks")
    return made


def segmented(id: ComponentId, options: Options, value: str, label: str) -> Component:
    """Return a choice of few, side by side; its `value` is the one chosen."""
    choice = dbc.RadioItems(
        id=id,
        options=[{"value": each, "label": word} for each, word in options],
        value=value,
        inline=True,
        class_name="mc-segments",
        input_class_name="mc-segment-input",
        label_class_name="mc-segment",
        label_checked_class_name="is-current",
    )
    return html.Div(choice, className="mc-segmented", role="radiogroup", **attributes(aria_label=label))


def menu(label: Children, *items: Child, name: str, kind: str = "") -> Component:
    """Return a button that unfolds a small sheet; a press elsewhere or Escape folds it."""
    spoken = html.Span(name, className="visually-hidden")
    summary = html.Summary([html.Span(label), spoken], title=name)
    return html.Details(
        [summary, html.Div(list(items), className="mc-menu-sheet")],
        className=classes("mc-menu", kind and f"mc-menu-{kind}"),
    )
