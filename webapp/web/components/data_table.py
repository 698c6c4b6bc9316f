"""Tables of rows: headed, captioned, and turned into cards where a screen is narrow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from webapp.web.components.content import Child, attributes


@dataclass(frozen=True, slots=True)
class Column:
    """A column's key in the rows, its heading, and whether it holds numbers (`align="right"`)."""

    key: str
    label: str
    align: str = "left"
    width: str | None = None


def data_table(
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, Child]],
    *,
    caption: str,
    empty: Component | None = None,
) -> Component:
    """Return a table; the first column names the row. A row may bring classes of its own under `_class`."""
    if not rows and empty is not None:
        return empty
    head = html.Thead(html.Tr([_heading(column) for column in columns]))
    body = html.Tbody([html.Tr([_cell(c, row, c is columns[0]) for c in columns], **_own(row)) for row in rows])
    table = html.Table(
        [html.Caption(caption, className="visually-hidden"), head, body],
        className="mc-table",
    )
    return html.Div(table, className="mc-table-wrap", role="region", tabIndex="0", **attributes(aria_label=caption))


def _heading(column: Column) -> Component:
    style = {"width": column.width} if column.width else {}
    word = column.label or html.Span("Actions", className="visually-hidden")
    return html.Th(word, scope="col", className=f"mc-{column.align}", style=style)


def _cell(column: Column, row: Mapping[str, Child], is_first: bool) -> Component:
    content, extra = row.get(column.key), attributes(data_label=column.label)
    if is_first:
        return html.Th(content, scope="row", className=f"mc-{column.align}", **extra)
    return html.Td(content, className=f"mc-{column.align}", **extra)


def _own(row: Mapping[str, Child]) -> dict[str, Any]:
    return {"className": str(row["_class"])} if row.get("_class") else {}
