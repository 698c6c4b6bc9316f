"""What the archive asks: which reports there are, and their files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased, undefer

from webapp.core.errors import NotFoundError
from webapp.reporting.tables import ReportRow

ALL_MODELS = "*"  # the scope of a report about every model; as a word, in addresses and names of files, it is "all"
ALL_WORD = "all"
Format = Literal["pdf", "html"]
MIMETYPES: dict[str, str] = {"pdf": "application/pdf", "html": "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Report:
    """One revision of a report, without its contents."""

    id: UUID
    kind: str
    scope: str
    period: str
    period_start: datetime
    period_end: datetime
    revision: int
    is_final: bool
    title: str
    status: str
    status_word: str
    created_at: datetime
    created_by: str
    data_cutoff: datetime
    content_hash: str
    warnings: tuple[str, ...]
    pdf_standard: str | None
    pdf_size: int | None
    html_size: int
    is_latest: bool

    @property
    def model(self) -> str:
        """Return the model's name, or `all`."""
        return ALL_WORD if self.scope == ALL_MODELS else self.scope


@dataclass(frozen=True, slots=True)
class ReportFile:
    name: str
    mimetype: str
    body: bytes


def archive(
    session: Session, *, scope: str | None = None, before: UUID | None = None, limit: int = 50
) -> Sequence[Report]:
    """Return the reports, the newest first; continue before the last one seen."""
    query = select(ReportRow, _latest()).order_by(ReportRow.id.desc()).limit(limit)
    if scope is not None:
        query = query.where(ReportRow.scope == scope)
    if before is not None:
        query = query.where(ReportRow.id < before)
    return [_report(row, latest) for row, latest in session.execute(query)]


def report(session: Session, report_id: UUID) -> Report:
    found = session.execute(select(ReportRow, _latest()).where(ReportRow.id == report_id)).first()
    if found is None:
        raise NotFoundError(f"There is no report {report_id}.")
    return _report(*found)


def newest(session: Session, scope: str, period: str) -> Report | None:
    """Return the latest revision about a model (or all) in a month."""
    query = (
        select(ReportRow)
        .where(ReportRow.kind == "monthly", ReportRow.scope == scope, ReportRow.period == period)
        .order_by(ReportRow.revision.desc())
        .limit(1)
    )
    row = session.scalar(query)
    return None if row is None else _report(row, row.revision)


def has_final(session: Session, scope: str, period: str) -> bool:
    """Say whether there is a report about the whole month."""
    query = select(ReportRow.id).where(
        ReportRow.kind == "monthly", ReportRow.scope == scope, ReportRow.period == period, ReportRow.is_final
    )
    return session.scalar(query.limit(1)) is not None


def figures(session: Session, report_id: UUID) -> dict[str, Any]:
    """Return the document of a report as dictionaries and lists, without its drawings."""
    found: dict[str, Any] | None = session.scalar(select(ReportRow.figures).where(ReportRow.id == report_id))
    if found is None:
        raise NotFoundError(f"There is no report {report_id}.")
    return found


def file(session: Session, report_id: UUID, kind: Format) -> ReportFile:
    """Return a file of a report as it was made."""
    query = select(ReportRow).where(ReportRow.id == report_id).options(undefer(getattr(ReportRow, kind)))
    row = session.scalar(query)
    if row is None:
        raise NotFoundError(f"There is no report {report_id}.")
    body = row.pdf if kind == "pdf" else row.html
    if body is None:
        raise NotFoundError(f"This report has no {kind.upper()}; {'; '.join(row.warnings) or 'it could not be made'}.")
    scope = "all-models" if row.scope == ALL_MODELS else row.scope
    return ReportFile(f"{scope}-{row.period}-monthly-r{row.revision}.{kind}", MIMETYPES[kind], body)


def _latest() -> Any:
    """Return the highest revision about the same month and scope, whichever rows are asked for, as a column."""
    other = aliased(ReportRow)
    same = (other.kind == ReportRow.kind, other.scope == ReportRow.scope, other.period == ReportRow.period)
    return select(func.max(other.revision)).where(*same).correlate(ReportRow).scalar_subquery()


def _report(row: ReportRow, latest_revision: int) -> Report:
    return Report(
        id=row.id,
        kind=row.kind,
        scope=row.scope,
        period=row.period,
        period_start=row.period_start,
        period_end=row.period_end,
        revision=row.revision,
        is_final=row.is_final,
        title=row.title,
        status=row.status,
        status_word=row.status_word,
        created_at=row.created_at,
        created_by=row.created_by,
        data_cutoff=row.data_cutoff,
        content_hash=row.content_hash,
        warnings=tuple(row.warnings),
        pdf_standard=row.pdf_standard,
        pdf_size=row.pdf_size,
        html_size=row.html_size,
        is_latest=row.revision == latest_revision,
    )
