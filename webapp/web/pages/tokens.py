"""Administration › Tokens: the keys of programs, with what they may do and when they end."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from dash import ALL, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts import tokens
from webapp.accounts.permissions import INGEST_SCOPE, SCOPES, Permission
from webapp.catalog import queries as catalog
from webapp.core.errors import InvalidInputError
from webapp.web.components import button, confirm, modal, page_header, panel
from webapp.web.components.content import Child
from webapp.web.layout import notify
from webapp.web.page import Page, PageRequest
from webapp.web.session import actor, now, runtime
from webapp.web.views.token_parts import SCOPE_WORDS, lifetime_of, new_token, token_form, token_table

PAGE = Page(
    "tokens",
    path="/administration/tokens",
    title="API tokens",
    permission=Permission.TOKENS_READ,
    group="Administration",
    icon="key-round",
    order=20,
)
LIST, NEW, NEW_OPEN = "tokens-list", "tokens-new", "tokens-new-open"
NEW_PLACE, NEW_BODY, NEW_MAKE = "tokens-new-place", "tokens-new-body", "tokens-new-make"
PREFIX, REVOKE, ASK, ASK_PLACE, SURE, SUBJECT = (
    *("tokens-new", "tokens-revoke", "tokens-ask", "tokens-ask-place"),
    *("tokens-sure", "tokens-subject"),
)
WRITE = Permission.TOKENS_WRITE


@PAGE.layout
def layout(request: PageRequest) -> Component:
    may_write = request.actor.may(WRITE)
    actions: list[Child] = [button("New token", id=NEW_OPEN, picture="plus")] if may_write else []
    return html.Div(
        [
            page_header("API tokens", subtitle="The keys of programs: they send events and read.", actions=actions),
            panel(None, html.Div(_list(), id=LIST), flush=True),
            html.Div(id=ASK_PLACE),
            html.Div(id=NEW_PLACE),
        ]
    )


@PAGE.callback(Output(NEW_PLACE, "children"), Input(NEW_OPEN, "n_clicks"), permission=WRITE, prevent_initial_call=True)
def ask_for_what(clicks: int | None) -> Component:
    if not clicks:
        raise PreventUpdate
    return _form()


@PAGE.callback(
    Output(NEW_BODY, "children"),
    Output(LIST, "children"),
    Input(NEW_MAKE, "n_clicks"),
    State(f"{PREFIX}-name", "value"),
    State(f"{PREFIX}-scopes", "value"),
    State(f"{PREFIX}-lifetime", "value"),
    permission=WRITE,
    prevent_initial_call=True,
)
def make(clicks: int | None, name: Any, scopes: list[str] | None, lifetime: Any) -> tuple[Component, Component]:
    if not clicks:
        raise PreventUpdate
    chosen = [str(each) for each in scopes or []]
    with runtime().transaction() as session:
        made = tokens.create(
            session, name=str(name or ""), scopes=chosen, actor=actor(), now=now(), lifetime=lifetime_of(lifetime)
        )
    return new_token(made), _list()


@PAGE.callback(
    Output(ASK_PLACE, "children"),
    Input({"type": REVOKE, "token": ALL}, "n_clicks"),
    permission=WRITE,
    prevent_initial_call=True,
)
def ask(_clicks: Sequence[int | None]) -> Component:
    if not ctx.triggered_id or not ctx.triggered[0]["value"]:
        raise PreventUpdate
    return confirm(
        ASK,
        "Revoke the token?",
        html.Div(
            [
                dcc.Store(id=SUBJECT, data=str(ctx.triggered_id["token"])),
                "The program that uses it is refused within ten seconds. This cannot be taken back.",
            ]
        ),
        action="Revoke it",
        action_id=SURE,
        is_open=True,
    )


@PAGE.callback(
    Output(ASK_PLACE, "children", allow_duplicate=True),
    Output(LIST, "children", allow_duplicate=True),
    Input(SURE, "n_clicks"),
    State(SUBJECT, "data"),
    permission=WRITE,
    prevent_initial_call=True,
)
def revoke(clicks: int | None, subject: Any) -> tuple[None, Component]:
    if not clicks:
        raise PreventUpdate
    try:
        token_id = UUID(str(subject))
    except ValueError:
        raise InvalidInputError("This is not a token; reload the page.") from None
    with runtime().transaction() as session:
        tokens.revoke(session, token_id, actor=actor(), now=now())
    notify("The token is revoked.")
    return None, _list()


def _list() -> Component:
    who = actor()
    with runtime().transaction() as session:
        found = tokens.tokens(session)
    return token_table(found, now=now(), zone=who.timezone, revoke=_revoke_button if who.may(WRITE) else None)


def _revoke_button(token_id: UUID) -> Component:
    return button("Revoke", id={"type": REVOKE, "token": str(token_id)}, kind="secondary", small=True)


def _form() -> Component:
    with runtime().transaction() as session:
        models = catalog.models(session)
    scopes = [
        (f"{INGEST_SCOPE}*", "Send events of every model"),
        *((f"{INGEST_SCOPE}{model.name}", f"Send events of {model.title}") for model in models),
        *((scope, SCOPE_WORDS[scope]) for scope in SCOPES),
    ]
    footer = html.Div(button("Make the token", id=NEW_MAKE), className="mc-form-actions")
    body = html.Div([token_form(PREFIX, scopes), footer], id=NEW_BODY, className="mc-stack")
    return modal(NEW, "New token", body, is_open=True)
