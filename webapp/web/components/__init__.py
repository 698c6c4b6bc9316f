"""The parts that every screen is made of. Import them from here: `from webapp.web.components import panel, kpi_card`.

Pages put panels in a `grid`, each in a `cell` of so many twelfths, and numbers in a `kpi_row`; on a phone they follow
each other. Looks live in assets/: a component names classes and never a colour.
"""

from webapp.web.components.badges import health_badge, pill, severity_badge, status_badge
from webapp.web.components.data_table import Column, data_table
from webapp.web.components.dialogs import confirm, modal
from webapp.web.components.forms import (
    button,
    check_list,
    field,
    fieldset,
    menu,
    segmented,
    select,
    text_area,
    text_input,
)
from webapp.web.components.frames import cell, empty_state, facts, grid, notice, page_header, panel, row, stack, tabs
from webapp.web.components.graphs import graph
from webapp.web.components.icons import icon
from webapp.web.components.numbers import Change, explanation, kpi_card, kpi_row, meter, sparkline
from webapp.web.components.secrets import shown_once
from webapp.web.components.times import timeline, when

__all__ = [
    "Change",
    "Column",
    "button",
    "cell",
    "check_list",
    "confirm",
    "data_table",
    "empty_state",
    "explanation",
    "facts",
    "field",
    "fieldset",
    "graph",
    "grid",
    "health_badge",
    "icon",
    "kpi_card",
    "kpi_row",
    "menu",
    "meter",
    "modal",
    "notice",
    "page_header",
    "panel",
    "pill",
    "row",
    "segmented",
    "select",
    "severity_badge",
    "shown_once",
    "sparkline",
    "stack",
    "status_badge",
    "tabs",
    "text_area",
    "text_input",
    "timeline",
    "when",
]
