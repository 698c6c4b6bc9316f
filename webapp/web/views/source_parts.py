"""Sources of alerts from outside: how each was heard lately, what is asked of it, and what to paste where it is."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from webapp.alerting.outside.source_format import SourceFormat
from webapp.alerting.outside.sources import NewSecret, Source, SourceSettings, formats
from webapp.alerting.severity import Severity
from webapp.core.errors import FieldError, InvalidInputError
from webapp.core.formatting import number
from webapp.web.components import (
    Column,
    button,
    data_table,
    empty_state,
    field,
    icon,
    menu,
    notice,
    pill,
    select,
    shown_once,
    stack,
    status_badge,
    text_area,
    text_input,
    when,
)
from webapp.web.components.content import Child, attributes
from webapp.web.views.first_steps import snippet

LINE = re.compile(r"\s*(.+?)\s*[=:]\s*(\w+)\s*")
ACTIONS: Mapping[str, tuple[str, str]] = {
    "settings": ("sliders-horizontal", "Settings"),
    "rotate": ("refresh-cw", "New secret"),
    "end_former": ("key-round", "End the former secret"),
    "disable": ("pause", "Disable"),
    "enable": ("play", "Enable"),
    "delete": ("trash-2", "Delete"),
}


def source_table(
    sources: Sequence[Source],
    *,
    now: datetime,
    zone: str,
    act: Callable[[str, Source], Any] | None,
    add: Child = None,
) -> Component:
    """Return the sources with how they were heard; `act` makes the id of an entry in the menu of one."""
    columns = [
        Column("name", "Source"),
        Column("heard", "Last heard"),
        Column("taken", "Taken", align="right"),
        Column("repeats", "Repeats", align="right"),
        Column("refused", "Refused"),
        Column("status", "Status"),
        *([Column("act", "", align="right", width="60px")] if act is not None else []),
    ]
    sentence = "Alertmanager, Grafana and anything that speaks JSON can send their alerts into this inbox."
    empty = empty_state("No sources yet", sentence, add, picture="webhook")
    rows = [_row(each, now, zone, act) for each in sources]
    return html.Div(data_table(columns, rows, caption="Sources", empty=empty), className="mc-sources")


def _row(source: Source, now: datetime, zone: str, act: Callable[[str, Source], Any] | None) -> Mapping[str, Child]:
    form = formats().get(source.format)
    label = source.format if form is None else form.label
    return {
        "name": html.Span([source.name, html.Span(label)], className="mc-table-name", id=f"source-{source.name}"),
        "heard": when(source.last_received_at, zone=zone, now=now, never="never"),
        "taken": number(source.accepted),
        "repeats": number(source.duplicates),
        "refused": _refused(source, now, zone),
        "status": _status(source),
        "act": "" if act is None else _menu(source, act, now),
        "_class": "is-faded" if source.disabled_at is not None else "",
    }


def _status(source: Source) -> Component:
    """Return how it stands: what was refused since it was last taken from says that something is wrong now."""
    heard, refused = source.last_received_at, source.refused_at
    if source.disabled_at is not None:
        return status_badge("disabled")
    if refused is not None and (heard is None or refused > heard):
        return pill("refused", tone="warning", title="Its last request was refused")
    return status_badge("waiting" if heard is None else "active")


def _refused(source: Source, now: datetime, zone: str) -> Component:
    if not source.refused or source.refused_at is None:
        return html.Span("0", className="mc-quiet")
    last = html.Span([when(source.refused_at, zone=zone, now=now), ": ", source.refused_because or ""])
    return html.Span([html.B(number(source.refused)), last], className="mc-refusal")


def _menu(source: Source, act: Callable[[str, Source], Any], now: datetime) -> Component:
    has_former = source.former_until is not None and source.former_until > now
    left_out = {"enable" if source.disabled_at is None else "disable", *(() if has_former else ("end_former",))}
    items = [
        html.Button([icon(picture), word], id=act(name, source), type="button", className="mc-menu-item")
        for name, (picture, word) in ACTIONS.items()
        if name not in left_out
    ]
    return menu(icon("ellipsis"), *items, name=f"Actions for {source.name}", kind="row")


def new_source_form(prefix: str) -> Component:
    """Return what is asked for a new source; its ids begin with the prefix."""
    options = [(each.name, each.label) for each in formats().values()]
    name = text_input(f"{prefix}-name", maxlength=63, autocomplete="off", placeholder="prod-cluster")
    return stack(
        field("Name", name, help="Small letters, digits and hyphens. It becomes part of the address."),
        field("Format", select(f"{prefix}-format", options, options[0][0])),
        html.Div(button("Add the source", id=f"{prefix}-make"), className="mc-form-actions"),
        gap="small",
    )


def settings_form(prefix: str, source: Source, address: str) -> Component:
    """Return the address of a source, and what can be said about its labels."""
    words = "\n".join(f"{word} = {severity}" for word, severity in sorted(source.severities.items()))
    parts = [
        address_line(address),
        field("Label with the severity", text_input(f"{prefix}-severity", value=source.severity_label, maxlength=200)),
        field(
            "Words for severities",
            text_area(f"{prefix}-words", value=words, rows=4, maxlength=5_000, placeholder="P1 = critical"),
            help="One a line, beside those that everybody uses: critical, error or high, warning, info. "
            "Any other word is medium.",
        ),
        field("Label with the model", text_input(f"{prefix}-model", value=source.model_label, maxlength=200)),
    ]
    form = formats().get(source.format)
    header = text_input(f"{prefix}-header", value=source.timestamp_header, maxlength=100)
    shown = form is not None and bool(form.timestamp_header)
    named = field("Header with the time of the signature", header, help="Empty: the body alone is signed.")
    parts.append(named if shown else html.Div(named, hidden=True))
    return stack(*parts, gap="small")


def read_settings(source: Source, severity: Any, words: Any, model: Any, header: Any) -> SourceSettings:
    return SourceSettings(
        name=source.name,
        format=source.format,
        severity_label=str(severity or "").strip(),
        severities=severities_of(str(words or "")),
        model_label=str(model or "").strip(),
        timestamp_header=str(header or "").strip(),
    )


def severities_of(text: str) -> Mapping[str, Severity]:
    """Read lines like `P1 = critical`."""
    found: dict[str, Severity] = {}
    known = {each.value: each for each in Severity}
    for line in filter(str.strip, text.splitlines()):
        parts = LINE.fullmatch(line)
        severity = None if parts is None else known.get(parts[2].lower())
        if parts is None or severity is None:
            message = f"'{line.strip()[:60]}' is not understood; write a line like P1 = critical ({', '.join(known)})."
            raise InvalidInputError(message, errors=(FieldError("/severities", message),))
        found[parts[1]] = severity
    return found


def set_up(made: NewSecret, address: str) -> Component:
    """Return what to do at the sender: the address, the secret, and a text to paste."""
    form = formats()[made.source.format]
    sentence = html.Span([html.Strong("Secret. "), "It is shown this once, and stands in the text below as well."])
    return stack(
        address_line(address),
        shown_once(made.text, label="The secret of the source", sentence=sentence),
        *(snippet(each.title, each.text) for each in form.snippets(address, made.text)),
        html.P(_proof(form), className="mc-quiet"),
        gap="small",
    )


def waiting_line(source: Source, since: datetime) -> Component:
    """Return a line that says whether the source has been heard since the instant."""
    heard = source.last_received_at
    if heard is not None and heard >= since:
        inbox = dcc.Link("Open the inbox", href="/alerts")
        return notice(html.Span(["It has arrived. ", inbox]), tone="good", title="Heard")
    if source.refused_at is not None and source.refused_at >= since:
        return notice(source.refused_because or "", tone="warning", title="Refused")
    return html.P(
        [html.Span(className="mc-waiting-dot"), "Waiting for the first alert. This notices by itself when it arrives."],
        className="mc-waiting mc-quiet",
    )


def address_of(public_url: str, source: Source) -> str:
    return f"{public_url}/api/v1/sources/{source.name}/alerts"


def address_line(address: str) -> Component:
    copy = html.Button(
        [icon("copy"), "Copy"],
        type="button",
        className="mc-button mc-button-secondary",
        **attributes(data_mc_copy=address),
    )
    code = html.Code(address, tabIndex="0", **attributes(aria_label="The address of the source"))
    return html.Div(
        [html.Div("Address", className="mc-label"), html.Div([code, copy], className="mc-secret-row")],
        className="mc-secret",
    )


def _proof(form: SourceFormat) -> str:
    return f"It proves itself by {form.proof}."
