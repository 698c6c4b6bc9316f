"""What a model is looked at by: the segment keys that are counted apart, and how much each feature matters."""

from collections.abc import Mapping, Sequence

from dash import Input, Output, State, html
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.catalog import queries as catalog
from webapp.catalog.models import Model
from webapp.core.errors import InvalidInputError, UserError
from webapp.core.formatting import number
from webapp.telemetry import search
from webapp.web import model_changes
from webapp.web.components import button, facts, field, panel, text_area, text_input
from webapp.web.model_changes import ModelChange
from webapp.web.page import Page, PageRequest
from webapp.web.session import runtime
from webapp.web.views.requests import names_in, text_in

KEYS, WEIGHTS, SAVE, SAVED = (f"model-depth-{part}" for part in ("keys", "weights", "save", "saved"))
LOOKED_AT = 200  # the newest predictions, whose segment keys are suggested
MOST_SHOWN = 8


def depth_panel(request: PageRequest, model: Model, *, may_write: bool) -> Component:
    """Return the panel: a form for those who may change the model."""
    body = _form(request, model) if may_write else [facts(_facts(model))]
    return panel("Segments and importances", *body, id="segments", subtitle="what is counted apart, and what matters")


def attach(page: Page, name_of: str) -> None:
    """Put the panel's callback on the page; `name_of` is the store that holds the model's name."""

    @page.callback(
        Output(SAVED, "children"),
        Input(SAVE, "n_clicks"),
        State(name_of, "data"),
        State(KEYS, "value"),
        State(WEIGHTS, "value"),
        permission=Permission.MODELS_WRITE,
        prevent_initial_call=True,
    )
    def save_depth(_clicks: object, name: object, keys: object, weights: object) -> Component:
        """Count by these keys, what is stored included, and weigh drift by these importances."""
        if not isinstance(name, str):
            raise UserError("There is no model to change any more; reload the page.")
        change = ModelChange(
            segment_keys=names_in(keys),
            importances=importances_in(text_in(weights, "The importances", longest=50_000, required=False)),
        )
        with runtime().job_transaction() as session:  # since new keys count all stored events again
            model_changes.save(session, catalog.model_named(session, name).name, change)
        return html.Span("Saved. What is stored was counted by these keys as well.", className="mc-done")


def importances_in(text: str) -> Mapping[str, float]:
    """Read a line a feature: its name, then how much it matters; raise InvalidInputError."""
    found: dict[str, float] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, weight = line.replace("=", " ").rpartition(" ")
        try:
            found[name.strip()] = float(weight)
        except ValueError:
            name = ""
        if not name.strip():
            raise InvalidInputError(f"'{line[:80]}' is no importance; write a line like: tenure 0.31")
    return found


def _form(request: PageRequest, model: Model) -> Sequence[Component]:
    arriving = _arriving(request, model)
    seen = f"Keys that arrive now: {', '.join(arriving)}." if arriving else "Predictions carry no segments so far."
    weights = "\n".join(f"{name} {weight:g}" for name, weight in model.importances.items())
    return [
        html.Div(
            [
                field(
                    "Segment keys",
                    text_input(KEYS, value=", ".join(model.segment_keys), maxlength=400, autocomplete="off"),
                    help=f"At most five, separated by commas; of each, the first fifty values apart. {seen}",
                ),
                field(
                    "Importances",
                    text_area(WEIGHTS, value=weights, rows=4),
                    help="A line a feature, like: tenure 0.31. Drift counts as much as its feature matters.",
                ),
            ],
            className="mc-fields",
        ),
        html.Div([button("Save", id=SAVE), html.Span(id=SAVED, role="status")], className="mc-save"),
    ]


def _facts(model: Model) -> Sequence[tuple[str, str]]:
    ranked = sorted(model.importances.items(), key=lambda pair: -pair[1])[:MOST_SHOWN]
    return [
        ("Segment keys", ", ".join(model.segment_keys) or "none"),
        ("Importances", ", ".join(f"{name} {number(weight, 2)}" for name, weight in ranked) or "not given"),
    ]


def _arriving(request: PageRequest, model: Model) -> Sequence[str]:
    if not request.actor.may(Permission.PREDICTIONS_READ):
        return ()
    with request.transaction() as session:
        newest = search.latest(session, model, limit=LOOKED_AT, now=request.now)
    return sorted({key for each in newest for key in each.segments})
