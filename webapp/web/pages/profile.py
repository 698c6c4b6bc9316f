"""Profile: how one is called, how times and colours look, the password, one's own sessions and tokens."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from dash import ALL, Input, Output, State, ctx, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts import audit, sessions, tokens, users
from webapp.accounts.permissions import SCOPES, Permission, permissions_of_scopes
from webapp.accounts.sessions import OpenSession
from webapp.core.errors import InvalidInputError, NotFoundError
from webapp.web.components import (
    Column,
    button,
    cell,
    data_table,
    facts,
    field,
    grid,
    modal,
    page_header,
    panel,
    pill,
    select,
    stack,
    text_input,
    when,
)
from webapp.web.components.content import Child
from webapp.web.layout import THEME, THEMES, notify
from webapp.web.page import Page, PageRequest
from webapp.web.session import actor, now, runtime
from webapp.web.views.devices import device
from webapp.web.views.token_parts import SCOPE_WORDS, lifetime_of, new_token, token_form, token_table

PAGE = Page("profile", path="/profile", title="Profile", permission=Permission.PROFILE_SELF)
NAME, ZONE, COLOURS, SAVE = "profile-name", "profile-zone", "profile-theme", "profile-save"
CURRENT, NEW_PASSWORD, CHANGE = "profile-current", "profile-new-password", "profile-change"
PASSWORD_FORM, SESSIONS, END, END_OTHERS = (
    "profile-password-form",
    "profile-sessions",
    "profile-end",
    "profile-end-others",
)
TOKEN_OPEN, TOKEN_PLACE = "profile-token-open", "profile-token-place"
TOKENS, TOKEN, TOKEN_BODY, TOKEN_MAKE, TOKEN_REVOKE = (
    *("profile-tokens", "profile-token", "profile-token-body"),
    *("profile-token-make", "profile-token-revoke"),
)


@PAGE.layout
def layout(request: PageRequest) -> Component:
    who = request.actor
    about = facts([("E-mail", who.email), ("Roles", ", ".join(role.label for role in who.roles))])
    you = stack(
        about,
        field("Name", text_input(NAME, value=who.name, maxlength=100, autocomplete="name")),
        field("Time zone", select(ZONE, _zones(), who.timezone), help="Times on every screen are shown in it."),
        field("Theme", select(COLOURS, THEMES, who.theme)),
        html.Div(button("Save", id=SAVE), className="mc-form-actions"),
        gap="small",
    )
    end_others = button("End all others", id=END_OTHERS, kind="secondary", small=True)
    new = button("New token", kind="secondary", small=True, picture="plus", id=TOKEN_OPEN)
    return html.Div(
        [
            page_header("Profile", subtitle="How you are called, how you sign in, and where you are signed in."),
            grid(
                cell(6, panel("You", you)),
                cell(6, panel("Password", html.Div(_password_form(), id=PASSWORD_FORM))),
                cell(12, panel("Signed in", html.Div(_sessions(), id=SESSIONS), actions=[end_others], flush=True)),
                cell(12, panel("Your tokens", html.Div(_tokens(), id=TOKENS), actions=[new], flush=True)),
            ),
            html.Div(id=TOKEN_PLACE),
        ]
    )


@PAGE.callback(
    Output(THEME, "value"),
    Input(SAVE, "n_clicks"),
    State(NAME, "value"),
    State(ZONE, "value"),
    State(COLOURS, "value"),
    prevent_initial_call=True,
)
def save(clicks: int | None, name: Any, zone: Any, theme: Any) -> str:
    """Keep the profile; the theme's switch in the menu follows, and with it the colours."""
    if not clicks:
        raise PreventUpdate
    chosen = str(theme)
    with runtime().transaction() as session:
        users.update_profile(session, name=str(name or ""), timezone=str(zone), theme=chosen, actor=actor(), now=now())
    notify("Saved. Other screens show it from the next click on.")
    return chosen


@PAGE.callback(
    Output(PASSWORD_FORM, "children"),
    Output(SESSIONS, "children", allow_duplicate=True),
    Input(CHANGE, "n_clicks"),
    State(CURRENT, "value"),
    State(NEW_PASSWORD, "value"),
    prevent_initial_call=True,
)
def change_password(clicks: int | None, current: Any, new: Any) -> tuple[Component, Component]:
    if not clicks:
        raise PreventUpdate
    with runtime().transaction() as session:
        users.change_password(session, str(current or ""), str(new or ""), actor=actor(), now=now())
    notify("The password is changed; you are signed out everywhere else.")
    return _password_form(), _sessions()


@PAGE.callback(
    Output(SESSIONS, "children", allow_duplicate=True),
    Input({"type": END, "session": ALL}, "n_clicks"),
    Input(END_OTHERS, "n_clicks"),
    prevent_initial_call=True,
)
def end(_clicks: Sequence[int | None], _others: int | None) -> Component:
    if not ctx.triggered_id or not ctx.triggered[0]["value"]:
        raise PreventUpdate
    who = actor()
    assert who.id is not None
    with runtime().transaction() as session:
        if ctx.triggered_id == END_OTHERS:
            sessions.end_all(session, who.id, because="ended by the user", now=now(), keep=who.session_id)
        elif not sessions.end(
            session, _uuid(ctx.triggered_id["session"]), user_id=who.id, because="ended by the user", now=now()
        ):
            raise NotFoundError("This session has already ended.")
        audit.record(session, "session.ended", actor=who, subject=f"user:{who.email}", now=now())
    notify("Signed out there.")
    return _sessions()


@PAGE.callback(Output(TOKEN_PLACE, "children"), Input(TOKEN_OPEN, "n_clicks"), prevent_initial_call=True)
def ask_for_what(clicks: int | None) -> Component:
    if not clicks:
        raise PreventUpdate
    return _token_modal()


@PAGE.callback(
    Output(TOKEN_BODY, "children"),
    Output(TOKENS, "children", allow_duplicate=True),
    Input(TOKEN_MAKE, "n_clicks"),
    State(f"{TOKEN}-name", "value"),
    State(f"{TOKEN}-scopes", "value"),
    State(f"{TOKEN}-lifetime", "value"),
    prevent_initial_call=True,
)
def make_token(clicks: int | None, name: Any, scopes: list[str] | None, lifetime: Any) -> tuple[Component, Component]:
    if not clicks:
        raise PreventUpdate
    who, chosen = actor(), [str(each) for each in scopes or []]
    if not set(chosen) <= SCOPES.keys():
        raise InvalidInputError("Only an administrator makes tokens that send events.")
    with runtime().transaction() as session:
        made = tokens.create(
            session,
            name=str(name or ""),
            scopes=chosen,
            actor=who,
            now=now(),
            lifetime=lifetime_of(lifetime),
            user_id=who.id,
        )
    return new_token(made), _tokens()


@PAGE.callback(
    Output(TOKENS, "children", allow_duplicate=True),
    Input({"type": TOKEN_REVOKE, "token": ALL}, "n_clicks"),
    prevent_initial_call=True,
)
def revoke_token(_clicks: Sequence[int | None]) -> Component:
    if not ctx.triggered_id or not ctx.triggered[0]["value"]:
        raise PreventUpdate
    who = actor()
    with runtime().transaction() as session:
        tokens.revoke(session, _uuid(ctx.triggered_id["token"]), actor=who, now=now(), user_id=who.id)
    notify("The token is revoked.")
    return _tokens()


def _password_form() -> Component:
    return stack(
        field("Current password", text_input(CURRENT, type="password", autocomplete="current-password", maxlength=512)),
        field(
            "New password",
            text_input(NEW_PASSWORD, type="password", autocomplete="new-password", maxlength=512),
            help="At least 15 characters; a few unrelated words make a good one. You are signed out everywhere else.",
        ),
        html.Div(button("Change the password", id=CHANGE), className="mc-form-actions"),
        gap="small",
    )


def _sessions() -> Component:
    who = actor()
    assert who.id is not None
    with runtime().transaction() as session:
        found = sessions.open_sessions(session, who.id, now=now())
    columns = [
        Column("device", "Device"),
        Column("address", "From"),
        Column("active", "Last active"),
        Column("since", "Signed in"),
        Column("act", "", align="right"),
    ]
    return data_table(columns, [_session(each) for each in found], caption="Where you are signed in")


def _session(each: OpenSession) -> dict[str, Child]:
    who = actor()
    is_this = each.id == who.session_id
    end_it = button("Sign out", id={"type": END, "session": str(each.id)}, kind="secondary", small=True)
    return {
        "device": device(each.user_agent),
        "address": html.Span(each.address, className="mc-mono"),
        "active": when(each.last_active_at, zone=who.timezone, now=now()),
        "since": when(each.created_at, zone=who.timezone),
        "act": pill("this one", tone="good") if is_this else end_it,
    }


def _tokens() -> Component:
    who = actor()
    with runtime().transaction() as session:
        found = tokens.tokens(session, user_id=who.id)
    return token_table(found, now=now(), zone=who.timezone, revoke=_revoke_button, has_owner=False)


def _revoke_button(token_id: UUID) -> Component:
    return button("Revoke", id={"type": TOKEN_REVOKE, "token": str(token_id)}, kind="secondary", small=True)


def _token_modal() -> Component:
    granted = actor().permissions
    scopes = [(each, SCOPE_WORDS[each]) for each in SCOPES if permissions_of_scopes([each]) & granted]
    footer = html.Div(button("Make the token", id=TOKEN_MAKE), className="mc-form-actions")
    body = html.Div([token_form(TOKEN, scopes), footer], id=TOKEN_BODY, className="mc-stack")
    return modal(TOKEN, "New token of yours", body, is_open=True)


def _zones() -> Sequence[tuple[str, str]]:
    names = sorted(each for each in available_timezones() if "/" in each and not each.startswith(("Etc/", "SystemV/")))
    return [(each, each.replace("_", " ")) for each in ["UTC", *names]]


def _uuid(text: Any) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise InvalidInputError("There is no such entry; reload the page.") from None
