"""Charts: the only place that makes a graph, so that each has a height, a spoken label and no button of a stranger."""

from collections.abc import Mapping
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from webapp.web.components.content import ComponentId, attributes, with_id
from webapp.web.components.icons import icon

CONFIG: Any = {
    "displaylogo": False,
    "showSendToCloud": False,
    "displayModeBar": False,
    "doubleClick": "reset",
    "scrollZoom": False,
}


def graph(
    figure: Mapping[str, Any], *, id: ComponentId | None = None, height: int = 280, label: str, tools: bool = True
) -> Component:
    """Return a chart of a fixed height. The label says what a person who cannot see it would be told.

    With `tools` it can be saved as a picture and as a table.
    """
    chart = dcc.Graph(
        figure=dict(figure),
        config=CONFIG,
        responsive=True,
        className="mc-graph-canvas",
        style={"height": f"{height}px"},
        **with_id(id),
    )
    return html.Figure(
        [chart, *([_tools(label)] if tools else [])], className="mc-graph", **attributes(aria_label=label)
    )


def _tools(label: str) -> Component:
    """The buttons are found by the script of assets/ through their data attributes."""
    return html.Div([_tool("png", "image", label), _tool("csv", "table", label)], className="mc-graph-tools")


def _tool(form: str, picture: str, label: str) -> Component:
    spoken = f"Save as {form.upper()}: {label}"
    extra = attributes(aria_label=spoken, data_mc_save=form, data_mc_name=label)
    return html.Button(icon(picture), type="button", title=f"Save as {form.upper()}", className="mc-tool", **extra)
