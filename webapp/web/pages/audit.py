"""Administration › Audit: who did what, when and from where; it can be read and never changed."""

from collections.abc import Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from webapp.accounts import audit
from webapp.accounts.audit import AuditEvent
from webapp.accounts.permissions import Permission
from webapp.core.errors import InvalidInputError
from webapp.web.components import Column, button, data_table, empty_state, page_header, panel, pill, when
from webapp.web.components.content import Child, attributes
from webapp.web.page import Page, PageRequest

PAGE = Page(
    "audit",
    path="/administration/audit",
    title="Audit log",
    permission=Permission.AUDIT_READ,
    group="Administration",
    icon="scroll-text",
    order=30,
)
PER_PAGE = 50
TONES = {"denied": "critical", "refused": "critical", "disabled": "warning", "revoked": "warning"}
COLUMNS = [
    Column("at", "When", width="172px"),
    Column("actor", "Who"),
    Column("action", "What"),
    Column("subject", "On what"),
    Column("change", "Before and after"),
    Column("address", "From"),
]


@PAGE.layout
def layout(request: PageRequest) -> Component:
    before = _before(request.query.get("before"))
    with request.transaction() as session:
        found = audit.events(session, before_id=before, limit=PER_PAGE + 1)
    shown = found[:PER_PAGE]
    empty = empty_state("Nothing here", "Nothing older has been written down.", picture="scroll-text")
    rows = [_row(each, request.actor.timezone) for each in shown]
    turning: list[Child] = []
    if before is not None:
        turning.append(button("Newest", kind="secondary", href=PAGE.path, picture="chevron-left"))
    if len(found) > PER_PAGE:
        turning.append(button("Older", kind="secondary", href=f"{PAGE.path}?before={shown[-1].id}"))
    table = data_table(COLUMNS, rows, caption="What happened, newest first", empty=empty)
    return html.Div(
        [
            page_header("Audit log", subtitle="Every change, sign-in and refusal, newest first."),
            panel(None, table, flush=True, className="mc-audit"),
            html.Nav(turning, className="mc-turning", **attributes(aria_label="Pages of the log")),
        ]
    )


def _before(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise InvalidInputError("There is no such place in the log; begin with the newest entries.")
    return int(text)


def _row(event: AuditEvent, zone: str) -> Mapping[str, Child]:
    tone = TONES.get(event.action.rpartition(".")[2].split("_")[0], "quiet")
    return {
        "at": when(event.at, zone=zone),
        "actor": html.Span([event.actor, html.Span(event.actor_kind)], className="mc-table-name"),
        "action": pill(event.action, tone=tone),
        "subject": html.Span(event.subject, className="mc-wrap"),
        "change": _change(event.before, event.after),
        "address": html.Span(event.address or "–", className="mc-mono"),
    }


def _change(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> Child:
    """Return each field that was written down: what it was, what it became."""
    was, became = before or {}, after or {}
    lines = []
    for name in dict.fromkeys([*was, *became]):
        old, new = _text(was.get(name)), _text(became.get(name))
        if before is not None and after is not None and old == new:
            continue
        words: list[Child] = [html.Span(f"{name}: ", className="mc-quiet")]
        words += [html.Del(old), " "] if old and before is not None else []
        words += [html.Span(new)] if new else []
        lines.append(html.Div(words))
    return html.Div(lines, className="mc-audit-change") if lines else ""


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
