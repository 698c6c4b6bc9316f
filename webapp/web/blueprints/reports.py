"""Reports over HTTP: the archive and its files for programs, a download and a preview for people."""

from typing import Any
from uuid import UUID

import msgspec
from flask import Blueprint, Response, request

from webapp.accounts.permissions import Permission
from webapp.core.errors import InvalidInputError
from webapp.reporting import generate, queries
from webapp.reporting.queries import Format, Report, ReportFile
from webapp.web.api import PREFIX, answer, body, decode_cursor, encode_cursor, integer_arg, takes, uuid_of
from webapp.web.gate import requires
from webapp.web.session import actor, now, runtime

BLUEPRINT = Blueprint("reports", __name__)
KINDS = ("monthly",)
# A report brings its styles with it, and may do nothing else: no script, no request, no form.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; sandbox"


class Order(msgspec.Struct, forbid_unknown_fields=True):
    """A report that somebody asks for: of a month like 2026-03, about a model or all of them."""

    period: str
    model: str = queries.ALL_WORD
    kind: str = "monthly"


@BLUEPRINT.get(f"{PREFIX}/reports")
@requires(Permission.REPORTS_READ)
def list_reports() -> Response:
    limit = integer_arg("limit", 50, largest=200)
    after = decode_cursor(request.args.get("cursor"), 1)
    before = None if after is None else uuid_of(str(after[0]), "report")
    model = request.args.get("model")
    with runtime().transaction() as session:
        scope = generate.scope_of(model) if model else None
        found = queries.archive(session, scope=scope, before=before, limit=limit)
    following = encode_cursor(found[-1].id) if len(found) == limit else None
    return answer({"reports": [as_json(each) for each in found], "next": following})


@BLUEPRINT.post(f"{PREFIX}/reports")
@requires(Permission.REPORTS_GENERATE)
@takes(Order)
def make_report() -> Response:
    order = body(Order)
    if order.kind not in KINDS:
        raise InvalidInputError(f"Reports of the kind '{order.kind[:40]}' cannot be made; monthly ones can.")
    with runtime().transaction() as session:
        made = generate.generate(
            session, order.model, order.period, actor=actor(), settings=runtime().settings, now=now()
        )
    return answer(as_json(made), 201, {"Location": f"{PREFIX}/reports/{made.id}"})


@BLUEPRINT.get(f"{PREFIX}/reports/<report_id>")
@requires(Permission.REPORTS_READ)
def show_report(report_id: str) -> Response:
    """Answer with the report and, to those who may download it, every figure in it as text without its drawings."""
    identifier = uuid_of(report_id, "report")
    with runtime().transaction() as session:
        shown = as_json(queries.report(session, identifier))
        if actor().may(Permission.REPORTS_DOWNLOAD):  # the figures are money, too
            shown["figures"] = _without_drawings(queries.figures(session, identifier))
    return answer(shown)


@BLUEPRINT.get(f"{PREFIX}/reports/<report_id>/report.pdf")
@requires(Permission.REPORTS_DOWNLOAD)
def report_pdf(report_id: str) -> Response:
    return _attached(_file(uuid_of(report_id, "report"), "pdf"))


@BLUEPRINT.get(f"{PREFIX}/reports/<report_id>/report.html")
@requires(Permission.REPORTS_DOWNLOAD)
def report_html(report_id: str) -> Response:
    return _attached(_file(uuid_of(report_id, "report"), "html"))


@BLUEPRINT.get("/reports/download")
@requires(Permission.REPORTS_DOWNLOAD)
def download() -> Response:
    """Hand out the month's report as it stands now: the newest revision if it still holds, else a new one."""
    model, month = request.args.get("model", queries.ALL_WORD), request.args.get("month", "")
    kind = _format(request.args.get("format", "pdf"))
    with runtime().transaction() as session:
        found = generate.current(session, model, month, actor=actor(), settings=runtime().settings, now=now())
        file = queries.file(session, found.id, kind)
    return _attached(file)


@BLUEPRINT.get("/reports/preview/<report_id>")
@requires(Permission.REPORTS_DOWNLOAD)
def preview(report_id: str) -> Response:
    """Show a report inside of its page, where it can do nothing."""
    file = _file(uuid_of(report_id, "report"), "html")
    response = Response(file.body, content_type=file.mimetype)
    response.headers["Content-Security-Policy"] = f"{POLICY}; frame-ancestors 'self'"
    return response


def as_json(report: Report) -> dict[str, Any]:
    base = f"{PREFIX}/reports/{report.id}"
    return {
        "id": report.id,
        "kind": report.kind,
        "model": report.model,
        "title": report.title,
        "period": report.period,
        "revision": report.revision,
        "is_latest": report.is_latest,
        "is_final": report.is_final,
        "status": report.status,
        "created_at": report.created_at,
        "created_by": report.created_by,
        "data_cutoff": report.data_cutoff,
        "content_hash": report.content_hash,
        "pdf_standard": report.pdf_standard,
        "warnings": report.warnings,
        "pdf": None if report.pdf_size is None else f"{base}/report.pdf",
        "html": f"{base}/report.html",
    }


def _format(text: str) -> Format:
    if text == "pdf":
        return "pdf"
    if text == "html":
        return "html"
    raise InvalidInputError(f"'{text[:20]}' is no format of a report; choose pdf or html.")


def _file(report_id: UUID, kind: Format) -> ReportFile:
    with runtime().transaction() as session:
        return queries.file(session, report_id, kind)


def _attached(file: ReportFile) -> Response:
    response = Response(file.body, content_type=file.mimetype)
    response.headers.set("Content-Disposition", "attachment", filename=file.name)
    response.headers["Content-Security-Policy"] = f"{POLICY}; frame-ancestors 'none'"
    return response


def _without_drawings(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_drawings(each) for name, each in value.items() if name != "svg"}
    return [_without_drawings(each) for each in value] if isinstance(value, list) else value
