"""One rule: its form, how it stands, what it found, and who changed what. `/rules/new` is the same, empty."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from dash import ALL, Input, Output, State, ctx, dcc, html, no_update, set_props
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.alerting import queries
from webapp.alerting import rules as alerting_rules
from webapp.alerting.backtest import backtest
from webapp.alerting.queries import RuleDetail
from webapp.alerting.versions import difference
from webapp.catalog import queries as catalog
from webapp.core.errors import ConflictError, NotFoundError
from webapp.web.components import button, cell, confirm, grid, icon, notice, page_header, panel, segmented
from webapp.web.components.content import Child, attributes
from webapp.web.layout import notify
from webapp.web.page import Page, PageRequest
from webapp.web.router import LOCATION
from webapp.web.session import actor, now, runtime
from webapp.web.views import replay_parts, rule_form, rule_parts
from webapp.web.views.alert_rows import Reader
from webapp.web.views.alert_view import uuid_or_none
from webapp.web.views.rule_form import FIELD, PARAMETER, PARAMETERS_PLACE, PREVIEW, UNIT, Draft
from webapp.web.views.rule_parts import DIFFERENCE, FROM, RESTORE, RULES, TO

PAGE = Page("rule", path=f"{RULES}/<rule_id>", title="Rule", permission=Permission.RULES_READ)
NEW = "new"
BODY, FORM, SUBJECT = "rule-body", "rule-form", "rule-subject"
REPLAY, REPLAYED, PERIOD = "rule-replay", "rule-replayed", "rule-replay-days"
SAVE, PAUSE, RESUME, DELETE, SURE = "rule-save", "rule-pause", "rule-resume", "rule-delete", "rule-delete-sure"
WRITE = Permission.RULES_WRITE
KIND = {"type": FIELD, "name": "kind"}
FIELDS, PARAMETERS = {"type": FIELD, "name": ALL}, {"type": PARAMETER, "name": ALL}
WRITTEN = (State(FIELDS, "id"), State(FIELDS, "value"), State(PARAMETERS, "id"), State(PARAMETERS, "value"))
Ids = list[dict[str, Any]] | None
Texts = list[str] | None
Verb = Callable[..., None]


@PAGE.layout
def layout(request: PageRequest) -> Component:
    reader, asked = Reader(request.actor, request.now), request.params["rule_id"]
    if asked == NEW:
        request.actor.require(WRITE)
        return html.Div(_empty(request.actor), id=BODY)
    return html.Div(_body(asked, reader, version=request.query.get("version")), id=BODY)


@PAGE.callback(
    Output(PARAMETERS_PLACE, "children"),
    Input(KIND, "value"),
    *WRITTEN,
    permission=WRITE,
    prevent_initial_call=True,
)
def ask_for_kind(_kind: str | None, ids: Ids, values: Texts, names: Ids, given: Texts) -> Sequence[Component]:
    """Ask what the chosen kind needs; what was written under the same name stays."""
    return rule_form.parameters(rule_form.for_kind(_draft(ids, values, names, given)))


@PAGE.callback(
    Output({"type": FIELD, "name": "metric"}, "options"),
    Input({"type": FIELD, "name": "model"}, "value"),
    *WRITTEN,
    permission=WRITE,
    prevent_initial_call=True,
)
def offer_metrics(_model: str | None, ids: Ids, values: Texts, names: Ids, given: Texts) -> list[dict[str, str]]:
    """Offer what the chosen model can have."""
    with runtime().transaction() as session:
        models = catalog.models(session)
    offered = rule_form.metric_options(_draft(ids, values, names, given), models)
    return [{"value": name, "label": label} for name, label in offered]


@PAGE.callback(
    Output(PREVIEW, "children"),
    Output(UNIT, "children"),
    Input(FIELDS, "value"),
    Input(PARAMETERS, "value"),
    State(FIELDS, "id"),
    State(PARAMETERS, "id"),
    permission=WRITE,
)
def say_in_words(values: Texts, given: Texts, ids: Ids, names: Ids) -> tuple[str, str]:
    draft = _draft(ids, values, names, given)
    return rule_form.in_words(draft), rule_form.unit_words(draft)


@PAGE.callback(
    Output(REPLAYED, "children"),
    Input(REPLAY, "n_clicks"),
    State(PERIOD, "value"),
    *WRITTEN,
    permission=WRITE,
    prevent_initial_call=True,
    running=[(Output(REPLAY, "disabled"), True, False)],
)
def replay(
    clicks: int | None, days: str | None, ids: Ids, values: Texts, names: Ids, given: Texts
) -> Sequence[Component]:
    """Say how often what stands in the form would have fired, saved or not."""
    if not clicks:
        raise PreventUpdate
    document, draft = rule_form.read(rule_form.with_a_name(_draft(ids, values, names, given)))
    if document is None:
        missing = draft.errors.get("parameters") or "Fill in what is missing first."
        return replay_parts.unfinished(missing)
    asked = int(days) if days in dict(replay_parts.PERIODS) else replay_parts.USUAL_DAYS
    with runtime().transaction() as session:
        found = backtest(session, document, days=asked, actor=actor(), now=now())
    return replay_parts.result(found, document, Reader(actor(), now()))


@PAGE.callback(
    Output(BODY, "children"),
    Output(FORM, "children"),
    Output(LOCATION, "pathname", allow_duplicate=True),
    Input(SAVE, "n_clicks"),
    State(SUBJECT, "data"),
    *WRITTEN,
    permission=WRITE,
    prevent_initial_call=True,
)
def save(
    clicks: int | None, subject: dict[str, Any] | None, ids: Ids, values: Texts, names: Ids, given: Texts
) -> Sequence[Any]:
    """Store what stands in the form, or show it with what is wrong at each field."""
    if not clicks:
        raise PreventUpdate
    document, draft = rule_form.read(_draft(ids, values, names, given))
    rule_id = uuid_or_none((subject or {}).get("id"))
    if document is None:
        return no_update, _form(draft), no_update
    with runtime().transaction() as session:
        before = None if rule_id is None else queries.rule(session, rule_id)
        if before is not None and before.version != (subject or {}).get("version"):
            raise ConflictError(f"{before.updated_by} saved version {before.version} meanwhile. Reload to see it.")
        if before is not None and _is_same(before.document, document):
            notify("Nothing has changed.", tone="accent")
            return no_update, _form(draft), no_update
        saved = alerting_rules.save_rule(session, document, rule_id=rule_id, actor=actor(), now=now())
        version = queries.rule(session, saved).version
    notify(f"Saved as version {version}." if before else "The rule is made. It is judged from its next turn on.")
    if rule_id is None:
        return no_update, no_update, f"{RULES}/{saved}"
    _ask_for_no_version()
    return _body(str(saved), Reader(actor(), now())), no_update, no_update


@PAGE.callback(
    Output(BODY, "children", allow_duplicate=True),
    Input(PAUSE, "n_clicks"),
    State(SUBJECT, "data"),
    permission=WRITE,
    prevent_initial_call=True,
)
def pause(clicks: int | None, subject: dict[str, Any] | None) -> Sequence[Component]:
    return _turn(clicks, subject, alerting_rules.pause_rule, "The rule is paused; what it had firing is resolved.")


@PAGE.callback(
    Output(BODY, "children", allow_duplicate=True),
    Input(RESUME, "n_clicks"),
    State(SUBJECT, "data"),
    permission=WRITE,
    prevent_initial_call=True,
)
def resume(clicks: int | None, subject: dict[str, Any] | None) -> Sequence[Component]:
    return _turn(clicks, subject, alerting_rules.resume_rule, "The rule is watching again.")


@PAGE.callback(
    Output(DIFFERENCE, "children"),
    Input(FROM, "value"),
    Input(TO, "value"),
    State(SUBJECT, "data"),
    prevent_initial_call=True,
)
def compare(first: str | None, second: str | None, subject: dict[str, Any] | None) -> Sequence[Component]:
    rule_id = _asked_rule(subject)
    if not (first or "").isdigit() or not (second or "").isdigit():
        raise PreventUpdate
    with runtime().transaction() as session:
        found = queries.rule(session, rule_id).versions
    return rule_parts.differences(rule_parts.between(found, int(first or 0), int(second or 0)))


@PAGE.callback(
    Output(BODY, "children", allow_duplicate=True),
    Input({"type": RESTORE, "number": ALL}, "n_clicks"),
    State(SUBJECT, "data"),
    permission=WRITE,
    prevent_initial_call=True,
)
def restore(_clicks: list[int | None], subject: dict[str, Any] | None) -> Sequence[Component]:
    if not ctx.triggered_id or not ctx.triggered[0]["value"]:
        raise PreventUpdate
    rule_id, number = _asked_rule(subject), int(ctx.triggered_id["number"])
    with runtime().transaction() as session:
        before = queries.rule(session, rule_id).version
        alerting_rules.restore_rule(session, rule_id, number, actor=actor(), now=now())
        version = queries.rule(session, rule_id).version
    if version == before:
        notify(f"Version {number} says what the rule says already.", tone="accent")
    else:
        notify(f"Version {number} counts again, as version {version}.")
    _ask_for_no_version()
    return _body(str(rule_id), Reader(actor(), now()))


@PAGE.callback(
    Output(LOCATION, "pathname", allow_duplicate=True),
    Input(SURE, "n_clicks"),
    State(SUBJECT, "data"),
    permission=WRITE,
    prevent_initial_call=True,
)
def delete(clicks: int | None, subject: dict[str, Any] | None) -> str:
    _do(clicks, subject, alerting_rules.delete_rule)
    notify("The rule is gone; what it had firing is resolved.")
    return RULES


def _ask_for_no_version() -> None:
    """Take a former version out of the address: read again later, it would stand in the form instead of what counts."""
    set_props(LOCATION, {"search": ""})


def _asked_rule(subject: dict[str, Any] | None) -> UUID:
    rule_id = uuid_or_none((subject or {}).get("id"))
    if rule_id is None:
        raise NotFoundError("There is no such rule; reload the page.")
    return rule_id


def _turn(clicks: int | None, subject: dict[str, Any] | None, verb: Verb, said: str) -> Sequence[Component]:
    rule_id = _do(clicks, subject, verb)
    notify(said)
    return _body(str(rule_id), Reader(actor(), now()))


def _do(clicks: int | None, subject: dict[str, Any] | None, verb: Verb) -> UUID:
    """Do one thing to the rule that the page is about, once somebody has pressed."""
    if not clicks:
        raise PreventUpdate
    rule_id = _asked_rule(subject)
    with runtime().transaction() as session:
        verb(session, rule_id, actor=actor(), now=now())
    return rule_id


def _empty(who: Actor) -> list[Component]:
    return [
        _back(),
        page_header("New rule", subtitle="What shall be watched, and when does it become an alert?"),
        panel(None, _written(rule_form.blank(), f"{who.id}:{NEW}")),
        _replay(),
        dcc.Store(id=SUBJECT, data={}),
    ]


def _body(asked: str, reader: Reader, *, version: str | None = None) -> list[Component]:
    rule_id, may_write = uuid_or_none(asked), reader.who.may(WRITE)
    if rule_id is None:
        raise NotFoundError("There is no such rule. The address may be mistyped.")
    with runtime().transaction() as session:
        rule = queries.rule(session, rule_id)
    if may_write:
        draft = rule_form.draft_of(_document_of(rule, version))
        kept = f"{reader.who.id}:{rule.id}:{rule.version}:{version or ''}"
        former = next((each.number for each in rule.versions if str(each.number) == version), rule.version)
        words = f"Version {former} stands in the form. Version {rule.version} counts until you save it."
        told = [] if former == rule.version else [notice(words, tone="warning")]
        main = [*told, panel("The rule", _written(draft, kept)), _replay()]
    else:
        main = [panel("The rule", rule_parts.reading(rule))]
    side = [
        panel("How it stands", rule_parts.standing(rule, reader)),
        panel("What it found", rule_parts.alerts(rule.alerts, reader)),
        panel("Versions", rule_parts.versions(rule, reader, may_write=may_write)),
    ]
    return [
        _back(),
        page_header(rule.name, subtitle=rule.condition_text, actions=_actions(rule) if may_write else ()),
        *rule_parts.notices(rule),
        grid(cell(7, html.Div(main, className="mc-stack")), cell(5, html.Div(side, className="mc-stack mc-rule-side"))),
        dcc.Store(id=SUBJECT, data={"id": str(rule.id), "version": rule.version}),
        *([_sure(rule)] if may_write else []),
    ]


def _written(draft: Draft, kept: str) -> Component:
    """Return the form; under the name `kept`, assets/rule_draft.js keeps what somebody writes and has not saved."""
    drop = html.Button(
        "Drop it", type="button", className="mc-button mc-button-secondary", **attributes(data_mc_drop="")
    )
    again = html.Div([html.P("What you were writing stands here again. It is not saved."), drop])
    return html.Div(
        [
            html.Div(notice(again, tone="accent"), className="mc-draft-again"),
            html.Div(_form(draft), id=FORM, className="mc-stack mc-gap-small"),
        ],
        **attributes(data_mc_draft=kept),
    )


def _form(draft: Draft) -> list[Component]:
    with runtime().transaction() as session:
        models = catalog.models(session)
    return rule_form.form(draft, models, button("Save the rule", id=SAVE, picture="save"))


def _replay() -> Component:
    return panel(
        "How often would it have fired?",
        html.Div(
            html.P("Judge what stands in the form by what is stored, before you save it.", className="mc-quiet"),
            id=REPLAYED,
            className="mc-stack mc-gap-small mc-replay",
        ),
        actions=[
            segmented(PERIOD, replay_parts.PERIODS, str(replay_parts.USUAL_DAYS), "Over how long"),
            button("Replay", id=REPLAY, kind="secondary", picture="history"),
        ],
    )


def _actions(rule: RuleDetail) -> list[Child]:
    turn = (
        button("Resume", id=RESUME, kind="secondary", picture="play")
        if rule.paused
        else button("Pause", id=PAUSE, kind="secondary", picture="pause")
    )
    return [turn, button("Delete", kind="secondary", picture="trash-2", opens=DELETE)]


def _sure(rule: RuleDetail) -> Component:
    return confirm(
        DELETE,
        f"Delete “{rule.name}”?",
        "It watches no longer, and what it has firing is resolved. Its alerts stay readable.",
        action="Delete the rule",
        action_id=SURE,
    )


def _back() -> Component:
    return dcc.Link([icon("arrow-left"), "Rules"], href=RULES, className="mc-back")


def _document_of(rule: RuleDetail, version: str | None) -> Mapping[str, Any]:
    """Return the document that the form begins with: the current one, or the version that was asked for."""
    return next((each.document for each in rule.versions if str(each.number) == version), rule.document)


def _is_same(before: Mapping[str, Any], document: alerting_rules.RuleDocument) -> bool:
    return not difference(before, rule_form.plain(document))


def _draft(ids: Ids, values: Texts, names: Ids, given: Texts) -> Draft:
    return Draft(_named(ids, values), _named(names, given))


def _named(ids: Ids, values: Texts) -> dict[str, str]:
    return {str(each.get("name")): value or "" for each, value in zip(ids or [], values or [], strict=False) if each}
