"""Baselines on a model's page: which there are, one made from a window of predictions, one from a file.

A file goes from the browser straight to the API (assets/baselines.js): it is looked at first, and stored when that is
confirmed. Only what the API answered comes here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from dash import ClientsideFunction, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.catalog import queries as catalog
from webapp.core.errors import InvalidInputError
from webapp.core.formatting import number
from webapp.core.periods import Window
from webapp.telemetry.baseline_file import Preview
from webapp.telemetry.baselines import baselines
from webapp.web import model_changes
from webapp.web.components import button, facts, field, panel, text_input
from webapp.web.page import Page
from webapp.web.session import actor, runtime
from webapp.web.views.model_parts import Record, baseline_table
from webapp.web.views.requests import instant_in, text_in

IDS = tuple(f"model-baseline-{part}" for part in ("since", "until", "counts", "make", "made", "list"))
SINCE, UNTIL, COUNTS, MAKE, MADE, TABLE = IDS
FILE_IDS = tuple(f"model-baseline-file{part}" for part in ("", "-score", "-actual", "-counts", "-make"))
FILE, SCORE, ACTUAL, FILE_COUNTS, APPLY = FILE_IDS
ANSWER, PREVIEW, APPLIED = (f"model-baseline-{part}" for part in ("answer", "preview", "applied"))  # ANSWER: a store
UPLOAD_BYTES = 20_000_000
NAMED = 12
LATER = "It counts from now on; an earlier day if there is a reason."


def baseline_panel(found: Record, who: Actor) -> Component:
    """Return the list, and for those who may the two ways to make one."""
    table = html.Div(baseline_table(found.baselines, found.zone), id=TABLE)
    forms = [*_window_form(found), *_file_form()] if who.may(Permission.MODELS_WRITE) else []
    return panel("Baselines", table, *forms, id="baselines", subtitle="what drift is measured against")


def attach(page: Page, name: str) -> None:
    """Put what the forms do on a page whose store `name` holds the model's name."""
    write = Permission.MODELS_WRITE
    page.callback(
        Output(TABLE, "children"),
        Output(MADE, "children"),
        Input(MAKE, "n_clicks"),
        State(name, "data"),
        State(SINCE, "value"),
        State(UNTIL, "value"),
        State(COUNTS, "value"),
        permission=write,
        prevent_initial_call=True,
    )(_make_of_window)
    page.clientside(
        ClientsideFunction("baselines", "send"),
        Output(ANSWER, "data"),
        Input(FILE, "contents"),
        Input(SCORE, "value"),
        Input(ACTUAL, "value"),
        Input(APPLY, "n_clicks"),
        State(FILE, "filename"),
        State(FILE_COUNTS, "value"),
        State(name, "data"),
        prevent_initial_call=True,
    )
    page.callback(
        Output(TABLE, "children", allow_duplicate=True),
        Output(PREVIEW, "children"),
        Output(APPLIED, "children"),
        Output(APPLY, "disabled"),
        Input(ANSWER, "data"),
        State(name, "data"),
        permission=write,
        prevent_initial_call=True,
    )(_show_answer)


def _make_of_window(
    _clicks: object, name: object, since: object, until: object, counts: object
) -> tuple[Component, Component]:
    """Make a baseline of the predictions in a window."""
    zone = actor().timezone
    window = Window(instant_in(since, "The beginning", zone), instant_in(until, "The end", zone))
    valid_from = instant_in(counts, "The day from which it counts", zone) if counts else None
    with runtime().job_transaction() as session:  # since all stored events are counted again
        known = catalog.model_named(session, text_in(name, "The model's name", longest=64))
        made = model_changes.make_baseline(session, known, window, valid_from=valid_from)
        found = baselines(session, known.id)
    said = f"Baseline {made.number} was made of {number(made.row_count)} predictions."
    return baseline_table(found, zone), _done(said)


def _show_answer(answer: object, name: object) -> tuple[Component, Component, Component | str, bool]:
    """Show what the API said of the file: why it cannot be one, how it fits, or that it now is the baseline."""
    if not isinstance(answer, Mapping):
        raise PreventUpdate
    with runtime().transaction() as session:
        known = catalog.model_named(session, text_in(name, "The model's name", longest=64))
        table = baseline_table(baselines(session, known.id), actor().timezone)
    if answer.get("problem"):
        return table, html.P(str(answer["problem"])[:400], className="mc-error", role="alert"), "", True
    if isinstance(answer.get("made"), int):
        return table, html.Div(), _done(f"Baseline {answer['made']} was made; drift is measured against it."), True
    found = _preview(answer.get("preview"))
    return table, _fits(found, str(answer.get("name", ""))), "", False


def _preview(answer: object) -> Preview:
    try:
        return msgspec.convert(answer, Preview)
    except msgspec.ValidationError:
        raise InvalidInputError("The file could not be looked at; choose it again.") from None


def _fits(found: Preview, name: str) -> Component:
    rows: list[tuple[str, Any]] = [
        ("Rows", number(found.rows)),
        ("With a score", number(found.scores)),
        ("With an outcome", number(found.outcomes)),
        ("Features of the model", _names(found.matched)),
        ("Features it never sent", _names(found.unknown)),
        ("Features without a column", _names(found.missing)),
    ]
    if found.wrong_types:
        wrong = [f"{feature} ({number(count)})" for feature, count in found.wrong_types.items()]
        rows.append(("Values that are no numbers", _names(wrong)))
    remarks = []
    if found.missing:
        remarks.append("What has no column will have no reference: it stays counted, but is not compared.")
    if not found.scores:
        remarks.append("Without scores there is no prediction drift; name their column if there is one.")
    words = [html.P(each, className="mc-help") for each in remarks]
    return html.Div([html.H3(name[:120] or "The file", className="mc-subhead"), facts(rows, columns=2), *words])


def _names(names: Sequence[str]) -> str:
    if not names:
        return "none"
    rest = len(names) - NAMED
    return f"{len(names)}: {', '.join(names[:NAMED])}" + (f" and {rest} more" if rest > 0 else "")


def _window_form(found: Record) -> list[Component]:
    window = found.window
    fields = [
        field("From", text_input(SINCE, type="date", value=f"{window.start:%Y-%m-%d}")),
        field("To, not included", text_input(UNTIL, type="date", value=f"{window.end:%Y-%m-%d}")),
        field("Counts from", text_input(COUNTS, type="date"), help=LATER),
    ]
    words = html.H3("Make one from a window that you trust", className="mc-subhead")
    return [words, html.Div(fields, className="mc-fields"), _row(button("Make a baseline", id=MAKE), MADE)]


def _file_form() -> list[Component]:
    drop = dcc.Upload(
        html.Div([html.Strong("Choose a file"), " or drop it here: CSV, Parquet or NDJSON, up to 20 MB"]),
        id=FILE,
        accept=".csv,.parquet,.ndjson,.jsonl",
        max_size=UPLOAD_BYTES,
        multiple=False,
        className="mc-drop",
        className_active="mc-drop is-over",
        className_reject="mc-drop",
        style={},
        style_active={},
        style_reject={},
    )
    fields = [
        field("Column with scores", text_input(SCORE, placeholder="score", debounce=True, maxlength=200)),
        field("Column with outcomes", text_input(ACTUAL, placeholder="actual", debounce=True, maxlength=200)),
        field("Counts from", text_input(FILE_COUNTS, type="date"), help=LATER),
    ]
    return [
        html.H3("Or from a file, such as the training frame", className="mc-subhead"),
        drop,
        html.Div(fields, className="mc-fields"),
        html.Div(id=PREVIEW, role="status"),
        _row(button("Make it the baseline", id=APPLY, disabled=True), APPLIED),
        dcc.Store(id=ANSWER),
    ]


def _row(control: Component, said: str) -> Component:
    return html.Div([control, html.Span(id=said, role="status")], className="mc-save")


def _done(text: str) -> Component:
    return html.Span(text, className="mc-done")
