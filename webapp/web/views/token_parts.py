"""Tokens as they are listed, made and shown: of everybody on the administration page, one's own on the profile."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from dash import html
from dash.development.base_component import Component

from webapp.accounts.tokens import NewToken, Token
from webapp.core.errors import InvalidInputError
from webapp.web.components import (
    Column,
    check_list,
    data_table,
    empty_state,
    field,
    fieldset,
    pill,
    select,
    shown_once,
    stack,
    status_badge,
    text_input,
    when,
)
from webapp.web.components.content import Child

LIFETIMES = (("30", "30 days"), ("90", "90 days"), ("180", "180 days"), ("365", "1 year"))
DEFAULT_LIFETIME = "90"
SCOPE_WORDS = {
    "read": "Read metrics, alerts and reports",
    "alerts": "Acknowledge and resolve alerts",
    "write": "Change models and rules, generate reports",
}


def token_form(prefix: str, scopes: Sequence[tuple[str, str]]) -> Component:
    """Return what is asked for a new token; its ids begin with the prefix."""
    return stack(
        field("Name", text_input(f"{prefix}-name", maxlength=100), help="Which program uses it, and where."),
        fieldset("It may", check_list(f"{prefix}-scopes", scopes, [])),
        field("Ends after", select(f"{prefix}-lifetime", LIFETIMES, DEFAULT_LIFETIME)),
        gap="small",
    )


def lifetime_of(chosen: str | None) -> timedelta:
    if chosen not in {days for days, _ in LIFETIMES}:
        raise InvalidInputError("Choose after how long the token ends.")
    return timedelta(days=int(str(chosen)))


def new_token(made: NewToken) -> Component:
    sentence = "This is the only time that the token is shown. Keep it where your program finds its secrets."
    return shown_once(made.text, label="The new token", sentence=sentence)


def token_table(
    tokens: Sequence[Token],
    *,
    now: datetime,
    zone: str,
    revoke: Callable[[UUID], Component] | None,
    has_owner: bool = True,
) -> Component:
    """Return the tokens with how they stand; `revoke` makes the button of one that is in use."""
    columns = [
        Column("name", "Token"),
        Column("scopes", "May"),
        *([Column("owner", "Made by")] if has_owner else []),
        Column("used", "Last used"),
        Column("expires", "Ends"),
        Column("status", "Status"),
        *([Column("act", "", align="right")] if revoke is not None else []),
    ]
    empty = empty_state("No tokens yet", "A program that sends events or reads metrics needs one.", picture="key-round")
    rows = [_row(each, now, zone, revoke) for each in tokens]
    return data_table(columns, rows, caption="Tokens", empty=empty)


def _row(token: Token, now: datetime, zone: str, revoke: Callable[[UUID], Component] | None) -> Mapping[str, Child]:
    status, key = status_of(token, now), html.Span(f"mc_{token.key}_…", className="mc-mono")
    return {
        "name": html.Span([token.name, key], className="mc-table-name"),
        "scopes": html.Span([pill(scope) for scope in token.scopes], className="mc-pills"),
        "owner": token.created_by,
        "used": when(token.last_used_at, zone=zone, now=now, never="never"),
        "expires": when(token.expires_at, zone=zone),
        "status": status_badge(status),
        "act": revoke(token.id) if status == "active" and revoke is not None else "",
        "_class": "" if status == "active" else "is-faded",
    }


def status_of(token: Token, now: datetime) -> str:
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if token.expires_at <= now else "active"
