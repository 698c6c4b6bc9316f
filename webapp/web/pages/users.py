"""Administration › Users: who has an account, what they may do, and the links by which they come in."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from dash import ALL, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts import queries, users
from webapp.accounts.permissions import Permission, Role
from webapp.accounts.queries import User
from webapp.core.errors import InvalidInputError
from webapp.web.components import (
    Column,
    button,
    check_list,
    confirm,
    data_table,
    field,
    fieldset,
    menu,
    modal,
    page_header,
    panel,
    pill,
    shown_once,
    stack,
    status_badge,
    text_input,
    when,
)
from webapp.web.components.content import Child
from webapp.web.components.icons import icon
from webapp.web.layout import notify
from webapp.web.page import Page, PageRequest
from webapp.web.session import actor, now, runtime

PAGE = Page(
    "users",
    path="/administration/users",
    title="Users",
    permission=Permission.USERS_READ,
    group="Administration",
    icon="users",
    order=10,
)
LIST, DIALOG_PLACE, DIALOG, SUBJECT = "users-list", "users-dialog-place", "users-dialog", "users-subject"
INVITE, INVITE_OPEN = "users-invite", "users-invite-open"
INVITE_BODY, INVITE_SEND = "users-invite-body", "users-invite-send"
EMAIL, NAME, ROLES = "users-invite-email", "users-invite-name", "users-invite-roles"
NEW_ROLES, SAVE_ROLES, DISABLE = "users-new-roles", "users-save-roles", "users-disable"
ACT = "users-act"
WRITE = Permission.USERS_WRITE
ROLE_OPTIONS = [(role.value, role.label) for role in Role]


@PAGE.layout
def layout(request: PageRequest) -> Component:
    may_write = request.actor.may(WRITE)
    actions: list[Child] = [button("Invite somebody", id=INVITE_OPEN, picture="user-plus")] if may_write else []
    return html.Div(
        [
            page_header("Users", subtitle="Who has an account, and what they may do.", actions=actions),
            panel(None, html.Div(_list(), id=LIST), flush=True),
            html.Div(id=DIALOG_PLACE),
        ]
    )


@PAGE.callback(
    Output(DIALOG_PLACE, "children", allow_duplicate=True),
    Input(INVITE_OPEN, "n_clicks"),
    permission=WRITE,
    prevent_initial_call=True,
)
def ask_whom_to_invite(clicks: int | None) -> Component:
    if not clicks:
        raise PreventUpdate
    return _invitation()


@PAGE.callback(
    Output(INVITE_BODY, "children"),
    Output(LIST, "children", allow_duplicate=True),
    Input(INVITE_SEND, "n_clicks"),
    State(EMAIL, "value"),
    State(NAME, "value"),
    State(ROLES, "value"),
    permission=WRITE,
    prevent_initial_call=True,
)
def invite(clicks: int | None, email: Any, name: Any, roles: list[str] | None) -> tuple[Component, Component]:
    if not clicks:
        raise PreventUpdate
    with runtime().transaction() as session:
        user, secret = users.invite(
            session, email=_text(email), name=_text(name), roles=_roles(roles), actor=actor(), now=now()
        )
        called = user.name
    sentence = f"Send this link to {called}. It works once, within seven days, and is not shown again."
    return shown_once(_address(secret), label="The invitation", sentence=sentence), _list()


@PAGE.callback(
    Output(DIALOG_PLACE, "children"),
    Output(LIST, "children", allow_duplicate=True),
    Input({"type": ACT, "action": ALL, "user": ALL}, "n_clicks"),
    permission=WRITE,
    prevent_initial_call=True,
)
def act(_clicks: Sequence[int | None]) -> tuple[Any, Component]:
    """Open the dialog for what was chosen in a row; enabling needs none."""
    asked = ctx.triggered_id
    if not asked or not ctx.triggered[0]["value"]:
        raise PreventUpdate
    with runtime().transaction() as session:
        user = queries.user(session, _uuid(asked["user"]))
        if user is None:
            raise InvalidInputError("This user is not there any more; reload the page.")
        if asked["action"] == "enable":
            users.enable(session, user.id, actor=actor(), now=now())
            notify(f"{user.name} may sign in again.")
            return None, _list()
        if asked["action"] == "link":
            secret = users.new_password_link(session, user.id, actor=actor(), now=now())
            return _link_dialog(user, secret), _list()
    return (_roles_dialog(user) if asked["action"] == "roles" else _disable_dialog(user)), _list()


@PAGE.callback(
    Output(DIALOG_PLACE, "children", allow_duplicate=True),
    Output(LIST, "children", allow_duplicate=True),
    Input(SAVE_ROLES, "n_clicks"),
    State(NEW_ROLES, "value"),
    State(SUBJECT, "data"),
    permission=WRITE,
    prevent_initial_call=True,
)
def save_roles(clicks: int | None, roles: list[str] | None, subject: Any) -> tuple[None, Component]:
    if not clicks:
        raise PreventUpdate
    with runtime().transaction() as session:
        users.set_roles(session, _uuid(subject), _roles(roles), actor=actor(), now=now())
    notify("The roles count from the next click on.")
    return None, _list()


@PAGE.callback(
    Output(DIALOG_PLACE, "children", allow_duplicate=True),
    Output(LIST, "children", allow_duplicate=True),
    Input(DISABLE, "n_clicks"),
    State(SUBJECT, "data"),
    permission=WRITE,
    prevent_initial_call=True,
)
def disable(clicks: int | None, subject: Any) -> tuple[None, Component]:
    if not clicks:
        raise PreventUpdate
    with runtime().transaction() as session:
        users.disable(session, _uuid(subject), actor=actor(), now=now())
    notify("The account is disabled and all its sessions have ended.")
    return None, _list()


def _list() -> Component:
    """Return everybody as a table, as the one who asks may see and change them."""
    with runtime().transaction() as session:
        found = queries.users(session)
    columns = [
        Column("user", "User"),
        Column("roles", "Roles"),
        Column("status", "Status"),
        Column("seen", "Last signed in"),
        Column("created", "Since"),
    ]
    if actor().may(WRITE):
        columns.append(Column("act", "", align="right", width="60px"))
    return data_table(columns, [_row(each) for each in found], caption="Users")


def _row(user: User) -> dict[str, Child]:
    zone = actor().timezone
    return {
        "user": html.Span([user.name, html.Span(user.email)], className="mc-table-name"),
        "roles": html.Span([pill(role.label) for role in user.roles], className="mc-pills"),
        "status": status_badge(user.status),
        "seen": when(user.last_signed_in_at, zone=zone, now=now(), never="never"),
        "created": when(user.created_at, zone=zone),
        "act": _menu(user) if actor().may(WRITE) else "",
        "_class": "is-faded" if user.is_disabled else "",
    }


def _menu(user: User) -> Component:
    entries = [("roles", "user-cog", "Change roles"), ("link", "link", "Make a password link")]
    entries.append(("enable", "user-check", "Enable") if user.is_disabled else ("disable", "user-x", "Disable"))
    if user.is_disabled:
        entries = [each for each in entries if each[0] != "link"]
    items = [
        html.Button(
            [icon(picture), word],
            id={"type": ACT, "action": action, "user": str(user.id)},
            type="button",
            className="mc-menu-item",
        )
        for action, picture, word in entries
    ]
    return menu(icon("ellipsis"), *items, name=f"Actions for {user.name}", kind="row")


def _invitation() -> Component:
    form = stack(
        field("E-mail address", text_input(EMAIL, type="email", maxlength=254, autocomplete="off")),
        field("Name", text_input(NAME, maxlength=100, autocomplete="off")),
        fieldset("Roles", check_list(ROLES, ROLE_OPTIONS, [])),
        html.Div(button("Make the invitation", id=INVITE_SEND), className="mc-form-actions"),
        gap="small",
    )
    return modal(INVITE, "Invite somebody", html.Div(form, id=INVITE_BODY), is_open=True)


def _roles_dialog(user: User) -> Component:
    return modal(
        DIALOG,
        f"Roles of {user.name}",
        dcc.Store(id=SUBJECT, data=str(user.id)),
        fieldset(
            "They may do what one of these may", check_list(NEW_ROLES, ROLE_OPTIONS, [str(r) for r in user.roles])
        ),
        footer=[button("Cancel", kind="secondary", closes=True), button("Save the roles", id=SAVE_ROLES)],
        is_open=True,
    )


def _link_dialog(user: User, secret: str) -> Component:
    sentence = f"With this link {user.name} sets a new password. It works once and is not shown again."
    return modal(
        DIALOG, "Password link", shown_once(_address(secret), label="The link", sentence=sentence), is_open=True
    )


def _disable_dialog(user: User) -> Component:
    sentence = f"{user.email} is signed out everywhere at once and cannot sign in. What they did keeps their name."
    return confirm(
        DIALOG,
        f"Disable {user.name}?",
        html.Div([dcc.Store(id=SUBJECT, data=str(user.id)), sentence]),
        action="Disable the account",
        action_id=DISABLE,
        is_open=True,
    )


def _address(secret: str) -> str:
    return f"{runtime().settings.public_url}/invitation/{secret}"


def _roles(values: Any) -> list[Role]:
    known = {role.value: role for role in Role}
    return [known[each] for each in values or [] if each in known]


def _uuid(text: Any) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise InvalidInputError("This is not a user; reload the page.") from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
