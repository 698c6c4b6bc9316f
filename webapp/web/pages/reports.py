"""Reports: make one of a month and a model, read it here, download it as PDF or HTML, find the former ones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from dash import Input, Output, State, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.catalog import queries as catalog
from webapp.catalog.models import Model
from webapp.core import formatting
from webapp.core.errors import NotFoundError
from webapp.core.periods import parse_month
from webapp.reporting import queries
from webapp.reporting.generate import generate
from webapp.reporting.pdf import unavailable_because
from webapp.reporting.period import month_of, months_up_to
from webapp.reporting.queries import ALL_WORD, Report
from webapp.web.components import (
    Column,
    button,
    data_table,
    empty_state,
    field,
    notice,
    page_header,
    panel,
    pill,
    row,
    select,
    stack,
    when,
)
from webapp.web.components.content import Child
from webapp.web.layout import notify
from webapp.web.page import Page, PageRequest
from webapp.web.session import actor, now, runtime

PAGE = Page(
    "reports",
    path="/reports",
    title="Reports",
    permission=Permission.REPORTS_READ,
    group="Reports",
    icon="file-text",
    order=10,
)
MODEL, MONTH, MAKE = "reports-model", "reports-month", "reports-make"
ARCHIVE, SHOWN = "reports-archive", "reports-shown"
MONTHS = 24
TONES = {"good": "good", "attention": "warning", "critical": "critical", "unknown": "quiet"}
COLUMNS = (
    Column("period", "Month"),
    Column("model", "About"),
    Column("status", "Status"),
    Column("created", "Made"),
    Column("revision", "Revision", align="right"),
    Column("files", "Read and download"),
)


@PAGE.layout
def layout(request: PageRequest) -> Component:
    with request.transaction() as session:
        models = catalog.models(session)
        reports = queries.archive(session)
        shown = _shown(session, request.query.get("show"), request.actor)
    parts: list[Child] = [page_header("Reports", subtitle="Each month in figures, for the board and for the record.")]
    if request.actor.may(Permission.REPORTS_GENERATE):
        parts.append(_form(models, request.now))
    elif request.actor.may(Permission.REPORTS_DOWNLOAD):
        parts.append(_downloads(request.now))
    if shown is not None:
        parts.append(_preview(shown))
    parts.append(panel("Archive", html.Div(_archive(reports, request.actor), id=ARCHIVE), flush=bool(reports)))
    return stack(*parts)


@PAGE.callback(
    Output(ARCHIVE, "children"),
    Input(MAKE, "n_clicks"),
    State(MODEL, "value"),
    State(MONTH, "value"),
    permission=Permission.REPORTS_GENERATE,
    prevent_initial_call=True,
)
def make(clicks: int | None, model: Any, month: Any) -> Component:
    if not clicks:
        raise PreventUpdate
    who = actor()
    with runtime().transaction() as session:
        made = generate(session, str(model), str(month), actor=who, settings=runtime().settings, now=now())
        reports = queries.archive(session)
    notify(f"The report for {_month(made)} about {made.title} is ready, revision {made.revision}.")
    return _archive(reports, who)


def _form(models: Sequence[Model], at: datetime) -> Component:
    choices = [(ALL_WORD, "All models"), *((model.name, model.title) for model in models)]
    months = _months(at)
    first = models[0].name if len(models) == 1 else ALL_WORD
    controls = html.Div(
        [
            field("About", select(MODEL, choices, first)),
            field("Month", select(MONTH, months, months[0][0])),
            button("Make the report", id=MAKE, picture="file-text"),
        ],
        className="mc-row",
        style={"alignItems": "flex-end"},
    )
    parts: list[Child] = [controls]
    if (reason := unavailable_because()) is not None:
        parts.append(notice(f"{reason} Reports are made as HTML only.", tone="warning"))
    subtitle = "Made once more, a month gets a new revision; the former ones stay."
    return panel("Make a report", *parts, subtitle=subtitle)


def _downloads(at: datetime) -> Component:
    """Offer the latest whole month to who may download, but not make reports on purpose."""
    value, word = _months(at)[-1 if len(_months(at)) == 1 else 1]
    query = urlencode({"model": ALL_WORD, "month": value, "format": "pdf"})
    link = button(f"All models, {word} (PDF)", href=f"/reports/download?{query}", download=True, picture="download")
    return panel("The last month", link)


def _months(at: datetime) -> list[tuple[str, str]]:
    """Return the months there may be a report of, the one in progress first, as (2026-03, March 2026)."""
    zone = runtime().settings.timezone
    found = months_up_to(parse_month(month_of(at, zone)), MONTHS, zone)
    words = [(month_of(month.start, zone), formatting.month(month.start, zone)) for month in reversed(found)]
    return [(words[0][0], f"{words[0][1]} (to date)"), *words[1:]]


def _archive(reports: Sequence[Report], who: Actor) -> Component:
    by_hand = "; above you can make one now" if who.may(Permission.REPORTS_GENERATE) else ""
    words = f"On the first of a month the report of the month before is made by itself{by_hand}."
    nothing = empty_state("No report yet", words, picture="file-text")
    rows = [_row(report, who) for report in reports]
    # A report is full of money: who may not have it sees that there is one, and how the month went in a word.
    columns = COLUMNS if who.may(Permission.REPORTS_DOWNLOAD) else COLUMNS[:-1]
    return data_table(columns, rows, caption="Reports, the newest first", empty=nothing)


def _row(report: Report, who: Actor) -> dict[str, Child]:
    kind = "" if report.is_final else " to date"
    made: list[Child] = [when(report.created_at, zone=who.timezone), f" by {report.created_by}"]
    revision = str(report.revision) if report.is_latest else f"{report.revision} (superseded)"
    return {
        "period": f"{_month(report)}{kind}",
        "model": report.title,
        "status": pill(report.status_word, tone=TONES.get(report.status, "quiet")),
        "created": html.Span(made),
        "revision": revision,
        "files": _files(report),
        "_class": "" if report.is_latest else "mc-quiet",
    }


def _files(report: Report, *, is_open: bool = False) -> Component:
    name = f"{report.title}, {_month(report)}, revision {report.revision}"
    read = button("Read", href=f"/reports?show={report.id}", kind="quiet", small=True, title=f"Read {name}")
    parts: list[Child] = [] if is_open else [read]
    for kind in ("pdf", "html"):
        if kind == "html" or report.pdf_size is not None:
            href = f"/api/v1/reports/{report.id}/report.{kind}"
            title = f"Download {name} as {kind.upper()}"
            parts.append(button(kind.upper(), href=href, download=True, kind="secondary", small=True, title=title))
    return row(*parts)


def _preview(report: Report) -> Component:
    """Show the report as it was made, in a frame in which it can do nothing."""
    frame = html.Iframe(
        src=f"/reports/preview/{report.id}",
        title=f"{report.title}, {_month(report)}",
        sandbox="",
        style={"width": "100%", "height": "78vh", "border": "0", "background": "#fff", "borderRadius": "8px"},
    )
    words: list[Child] = [notice(warning, tone="warning") for warning in report.warnings]
    close = button("Close", href="/reports", kind="secondary", small=True)
    title = f"{report.title}, {_month(report)}"
    return panel(
        title, *words, frame, subtitle=f"Revision {report.revision}", actions=[_files(report, is_open=True), close]
    )


def _shown(session: Any, text: str | None, who: Actor) -> Report | None:
    if not text:
        return None
    who.require(Permission.REPORTS_DOWNLOAD)
    try:
        return queries.report(session, UUID(text))
    except ValueError:
        raise NotFoundError(f"There is no report '{text[:64]}'.") from None


def _month(report: Report) -> str:
    return formatting.month(report.period_start, runtime().settings.timezone)
