"""Models: what is monitored, in which state, by whom; and the form that registers another one."""

from typing import Any

from dash import Input, Output, State, dcc, html, set_props
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.catalog import queries as catalog
from webapp.catalog.models import Model, Task
from webapp.core.errors import ConflictError, InvalidInputError, NotFoundError
from webapp.metrics import queries as metrics
from webapp.metrics.display import text_of
from webapp.metrics.headlines import KINDS
from webapp.metrics.registry import METRICS
from webapp.metrics.standing import standings
from webapp.web import model_changes
from webapp.web.components import (
    Column,
    button,
    data_table,
    empty_state,
    field,
    health_badge,
    modal,
    page_header,
    panel,
    pill,
    select,
    stack,
    status_badge,
    text_input,
)
from webapp.web.filters import read_filters
from webapp.web.model_changes import ModelChange
from webapp.web.page import Page, PageRequest
from webapp.web.router import LOCATION
from webapp.web.session import runtime
from webapp.web.views import arrival_parts
from webapp.web.views import model_parts as parts
from webapp.web.views.requests import names_in, number_in, text_in

PAGE = Page(
    "models",
    path="/models",
    title="Models",
    permission=Permission.MODELS_READ,
    group="Models",
    icon="boxes",
    order=40,
    filters=frozenset({"range"}),
)

REGISTER = "models-register"
NAME, TITLE, TASK, POSITIVE, CUT, OWNERS = (
    f"models-new-{field}" for field in ("name", "title", "task", "positive", "cut", "owners")
)
SAVE = "models-new-save"
PROBLEM = "models-new-problem"


@PAGE.layout
def layout(request: PageRequest) -> Component:
    filters = read_filters(request, all_models=True)
    may_write = request.actor.may(Permission.MODELS_WRITE)
    with request.transaction() as session:
        every = catalog.models(session, retired=True)
        states = standings(session, filters.models, now=request.now)
        counted = metrics.values(session, filters.models, ["prediction_count"], filters.window, now=request.now)
        unknown = arrival_parts.strangers(session, now=request.now)
        live = catalog.live_versions(session, [each.id for each in every], since=request.now - parts.LOOKING_BACK)
    rows = [
        {
            "title": _title(model),
            "kind": KINDS[model.task],
            "status": status_badge(model.status),
            "health": health_badge(states[model.name].health.state) if model.name in states else "–",
            "version": live.get(model.id, "–"),
            "volume": _volume(counted.get(model.name, {})),
            "owners": ", ".join(model.owners) or "–",
        }
        for model in every
    ]
    columns = [
        Column("title", "Model"),
        Column("kind", "Answers"),
        Column("status", "Status"),
        Column("health", "Health"),
        Column("version", "Live version"),
        Column("volume", "Predictions", align="right"),
        Column("owners", "Owners"),
    ]
    actions = [button("Register a model", opens=REGISTER, picture="plus")] if may_write else []
    empty = empty_state(
        "No models yet",
        "Register one, or send its first prediction: it then appears by itself.",
        dcc.Link("First steps", href="/", className="mc-button mc-button-secondary"),
        picture="boxes",
    )
    table = data_table(columns, rows, caption="Models with their state", empty=empty)
    form = [_form(is_open=request.query.get("register") == "1")] if may_write else []
    return stack(page_header("Models", actions=actions), panel(None, table, flush=bool(rows)), *unknown, *form)


@PAGE.callback(
    Output(PROBLEM, "children"),
    Input(SAVE, "n_clicks"),
    State(NAME, "value"),
    State(TITLE, "value"),
    State(TASK, "value"),
    State(POSITIVE, "value"),
    State(CUT, "value"),
    State(OWNERS, "value"),
    permission=Permission.MODELS_WRITE,
    prevent_initial_call=True,
)
def register_model(
    _clicks: object, name: object, title: object, task: object, positive: object, cut: object, owners: object
) -> str:
    """Put a new model on record and go to its page."""
    called = text_in(name, "The name", longest=64)
    with runtime().transaction() as session:
        _must_be_new(session, called)
        change = ModelChange(
            title=text_in(title, "The title", longest=120, required=False) or None,
            task=_task(task),
            positive_class=text_in(positive, "The positive class", longest=64, required=False) or None,
            threshold=number_in(cut, "The threshold", low=0.001, high=0.999),
            owners=names_in(owners),
        )
        model_changes.save(session, called, change)
    set_props(LOCATION, {"pathname": f"/models/{called}", "search": ""})
    return ""


def _task(chosen: object) -> Task:
    try:
        return Task(str(chosen or Task.BINARY))
    except ValueError:
        raise InvalidInputError(
            "Choose what the model answers: yes or no, one of several classes, or a number."
        ) from None


def _must_be_new(session: Any, name: str) -> None:
    try:
        catalog.model_named(session, name)
    except NotFoundError:
        return
    raise ConflictError(f"There is already a model named '{name}'; choose another name, or open that one.")


def _title(model: Model) -> Component:
    words: list[Component] = [dcc.Link(model.title, href=f"/models/{model.name}")]
    if model.name != model.title:
        words.append(html.Span(model.name, className="mc-quiet mc-mono mc-second"))
    if model.status == "unconfirmed":
        words.append(pill("complete it", tone="accent"))
    return html.Div(words, className="mc-name")


def _volume(values: Any) -> str:
    value = values.get("prediction_count")
    return "–" if value is None else text_of(value, METRICS["prediction_count"])


def _form(*, is_open: bool) -> Component:
    return modal(
        REGISTER,
        "Register a model",
        stack(
            field(
                "Name", text_input(NAME, maxlength=64), help="As its service names it in events: churn, credit-risk."
            ),
            field("Title", text_input(TITLE, maxlength=120), help="As people read it."),
            field("Answers", select(TASK, [(str(task), word) for task, word in KINDS.items()], str(Task.BINARY))),
            field(
                "Positive class",
                text_input(POSITIVE, value="1", maxlength=64),
                help="The outcome that is predicted, where the model answers yes or no.",
            ),
            field(
                "Decision threshold",
                text_input(CUT, value="0.5", type="number", min=0.01, max=0.99, step=0.01),
                help="From this score on a case is flagged, where the model answers yes or no.",
            ),
            field("Owners", text_input(OWNERS, maxlength=400), help="Names or addresses, with commas between."),
            html.P("", id=PROBLEM, className="mc-error", role="alert"),
            gap="small",
        ),
        footer=[button("Cancel", kind="secondary", closes=True), button("Register", id=SAVE)],
        is_open=is_open,
    )
