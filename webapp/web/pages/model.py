"""One model: what it is, what it should reach, what it is worth, its versions, baselines and features."""

from collections.abc import Sequence
from typing import Any

from dash import ALL, Input, Output, State, ctx, dcc, html, set_props
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.catalog import queries as catalog
from webapp.catalog.models import Task
from webapp.core.formatting import number
from webapp.drift.registry import method_named
from webapp.metrics.headlines import KINDS
from webapp.metrics.registry import METRICS
from webapp.web import model_changes
from webapp.web.components import (
    button,
    cell,
    confirm,
    facts,
    field,
    grid,
    health_badge,
    notice,
    page_header,
    panel,
    stack,
    status_badge,
    text_input,
    when,
)
from webapp.web.filters import read_filters
from webapp.web.model_changes import ModelChange
from webapp.web.page import Page, PageRequest
from webapp.web.router import LOCATION
from webapp.web.session import actor, runtime
from webapp.web.views import baseline_form, money_form, target_form
from webapp.web.views import model_parts as parts
from webapp.web.views.first_steps import snippets
from webapp.web.views.metric_cards import sentence
from webapp.web.views.model_depth import attach, depth_panel
from webapp.web.views.model_parts import Record, record
from webapp.web.views.requests import names_in, number_in, text_in
from webapp.web.views.why_parts import attach as attach_why
from webapp.web.views.why_parts import why_panel

PAGE = Page(
    "model",
    path="/models/<name>",
    title="Model",
    permission=Permission.MODELS_READ,
    filters=frozenset({"range"}),
)

NAME = "model-name"  # a store: which model the forms are about
TITLE, POSITIVE, CUT, OWNERS, SAVE, SAVED = (
    f"model-{part}" for part in ("title", "positive", "cut", "owners", "save", "saved")
)
RETIRE, DO_RETIRE = "model-retire", "model-retire-do"

attach(PAGE, NAME)
attach_why(PAGE, NAME)
baseline_form.attach(PAGE, NAME)


@PAGE.layout
def layout(request: PageRequest) -> Component:
    filters = read_filters(request, all_models=True)
    with request.transaction() as session:
        found = record(
            session, request.params["name"], window=filters.window, zone=request.actor.timezone, now=request.now
        )
    may_write = request.actor.may(Permission.MODELS_WRITE)
    return stack(
        dcc.Store(id=NAME, data=found.model.name),
        page_header(found.model.title, subtitle=_subtitle(found), actions=_actions(found, may_write=may_write)),
        *_to_complete(found, request, may_write=may_write),
        grid(
            cell(5, panel("In the chosen window", facts(_summary(found)))),
            cell(7, panel("Description", _description(found, may_write=may_write))),
        ),
        *([why_panel(request, found.model)] if found.versions else []),
        panel(
            "Targets",
            target_form.targets(found.model, may_write=may_write),
            subtitle="for cards, lines in charts, rules and reports",
        ),
        depth_panel(request, found.model, may_write=may_write),
        *money_form.money_panels(found, request.actor),
        baseline_form.baseline_panel(found, request.actor),
        grid(
            cell(7, panel("Versions", parts.version_table(found.versions, found.deployments, found.zone), flush=True)),
            cell(5, panel("Features", parts.feature_table(found.features), flush=True)),
        ),
        *([_retiring(found)] if may_write else []),
    )


@PAGE.callback(
    Output(SAVED, "children"),
    Input(SAVE, "n_clicks"),
    State(NAME, "data"),
    State(TITLE, "value"),
    State(POSITIVE, "value"),
    State(CUT, "value"),
    State(OWNERS, "value"),
    permission=Permission.MODELS_WRITE,
    prevent_initial_call=True,
)
def save_description(
    _clicks: object, name: object, title: object, positive: object, cut: object, owners: object
) -> Component:
    """Change what the model is called, what it predicts, where it decides and who owns it."""
    with runtime().transaction() as session:
        known = catalog.model_named(session, _name(name))
        change = ModelChange(
            title=text_in(title, "The title", longest=120),
            positive_class=text_in(positive, "The positive class", longest=64),
            threshold=number_in(cut, "The threshold", low=0.001, high=0.999),
            owners=names_in(owners),
        )
        model_changes.save(session, known.name, change)
    return _done("Saved.")


@PAGE.callback(
    Output(target_form.SAVED, "children"),
    Input(target_form.SAVE, "n_clicks"),
    State(NAME, "data"),
    State({"type": target_form.BOUND, "metric": ALL, "bound": ALL}, "value"),
    permission=Permission.MODELS_WRITE,
    prevent_initial_call=True,
)
def save_targets(_clicks: object, name: object, _values: Sequence[object]) -> Component:
    """Set what the metrics should reach; cards, charts, rules and health follow at once."""
    asked, targets = target_form.read(ctx.states_list[1])
    with runtime().transaction() as session:
        known = catalog.model_named(session, _name(name))
        kept = {metric: target for metric, target in known.targets.items() if metric not in asked}
        model_changes.save(session, known.name, ModelChange(targets={**kept, **targets}))
    return _done("Saved. Health and charts follow at once.")


@PAGE.callback(
    Output(money_form.TABLE, "children"),
    Output(money_form.SAVED, "children"),
    Input(money_form.SAVE, "n_clicks"),
    State(NAME, "data"),
    *(State(each, "value") for each in money_form.FIELDS),
    permission=Permission.MODELS_WRITE,
    prevent_initial_call=True,
)
def save_money(_clicks: object, name: object, *written: object) -> tuple[Component, Component]:
    """Put money parameters in force from a day on."""
    zone = actor().timezone
    with runtime().transaction() as session:
        known = catalog.model_named(session, _name(name))
        former = catalog.business(session, [known.id])[known.id]
        business = money_form.read(written, zone, last=former[-1] if former else None)
        model_changes.set_business(session, known, business)
        entries = catalog.business(session, [known.id])[known.id]
    return parts.money_table(entries, zone, known.task), _done("Saved. Money is computed anew from that day on.")


@PAGE.callback(
    Output(RETIRE, "is_open"),
    Input(DO_RETIRE, "n_clicks"),
    State(NAME, "data"),
    permission=Permission.MODELS_WRITE,
    prevent_initial_call=True,
)
def retire(_clicks: object, name: object) -> bool:
    """Take the model off the screens."""
    with runtime().transaction() as session:
        model_changes.retire(session, _name(name))
    set_props(LOCATION, {"pathname": "/models", "search": ""})
    return False


def _name(value: object) -> str:
    return text_in(value, "The model's name", longest=64)


def _done(text: str) -> Component:
    return html.Span(text, className="mc-done")


def _subtitle(found: Record) -> Component:
    words: list[Any] = [html.Span(found.model.name, className="mc-mono"), status_badge(found.model.status)]
    if found.health is not None:
        words += [health_badge(found.health.state), html.Span(sentence(found.health.reason))]
    return html.Span(words, className="mc-inline")


def _actions(found: Record, *, may_write: bool) -> list[Component]:
    actions = [button("Open dashboards", href=f"/technical/performance?model={found.model.name}", kind="secondary")]
    if may_write and found.model.status != "retired":
        actions.append(button("Retire", kind="quiet", opens=RETIRE))
    return actions


def _to_complete(found: Record, request: PageRequest, *, may_write: bool) -> list[Component]:
    """Say what is still missing of a model that appeared by itself, or that has sent nothing yet."""
    shown: list[Component] = []
    decides = found.model.task is Task.BINARY
    if found.model.status == "unconfirmed":
        missing = [
            "its title and owners",
            *(["which outcome counts as positive and from which score on it flags"] if decides else []),
            *(["what its answers are worth"] if not found.business else []),
        ]
        who = "Complete" if may_write else "A data scientist completes"
        words = f"{who} {', '.join(missing)}; saving the description confirms the model."
        shown.append(notice(words, title="This model appeared with its first event.", tone="warning"))
    if not found.versions:
        sending = snippets(runtime().settings.public_url, found.model.name, request.actor, now=request.now)
        shown.append(panel("Send the first prediction", sending))
    return shown


def _summary(found: Record) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = [
        (METRICS[name].label, html.Span(parts.summary_text(name, value, found.currency), title=value.reason or ""))
        for name, value in found.values.items()
    ]
    return [*rows, ("On record since", when(found.model.created_at, zone=found.zone))]


def _description(found: Record, *, may_write: bool) -> Component:
    model, decides = found.model, found.model.task is Task.BINARY
    if not may_write:
        decision = [("Positive class", model.positive_class), ("Decision threshold", number(model.threshold, 2))]
        return facts(
            [
                ("Answers", KINDS[model.task]),
                *(decision if decides else []),
                ("Drift method", method_named(model.drift_method).label),
                ("Owners", ", ".join(model.owners) or "–"),
            ]
        )
    return html.Div(
        [
            html.Div(
                [
                    field("Title", text_input(TITLE, value=model.title, maxlength=120)),
                    field("Owners", text_input(OWNERS, value=", ".join(model.owners), maxlength=400)),
                ],
                className="mc-fields",
            ),
            html.Div(  # Of other kinds they are not asked for, but the form sends them.
                [
                    field("Positive class", text_input(POSITIVE, value=model.positive_class, maxlength=64)),
                    field("Decision threshold", _number_input(CUT, model.threshold, step=0.01)),
                ],
                className="mc-fields",
                hidden=not decides,
            ),
            html.P(f"Answers: {KINDS[model.task].lower()}.", className="mc-quiet"),
            _save(SAVE, SAVED, "Save the description"),
        ]
    )


def _retiring(found: Record) -> Component:
    words = f"{found.model.title} leaves the screens. Its history stays; new events bring it back."
    return confirm(RETIRE, "Retire this model?", words, action="Retire", action_id=DO_RETIRE)


def _number_input(id: Any, value: float, *, step: Any = "any") -> Component:
    return text_input(id, value=f"{value:g}", type="number", step=step)


def _save(id: str, said: str, label: str) -> Component:
    return html.Div([button(label, id=id), html.Span(id=said, role="status")], className="mc-save")
