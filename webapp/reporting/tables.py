"""Reports as they were made: the document, and the files drawn from it. A report is never changed, only followed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base


class ReportRow(Base):
    """One revision of a month's report about one model, or about all of them."""

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("kind", "scope", "period", "revision"),
        Index(None, "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]  # monthly
    scope: Mapped[str]  # the model's name, or "*" for all models
    model_id: Mapped[int | None] = mapped_column(ForeignKey("model.id"))
    period: Mapped[str]  # 2026-03
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    zone: Mapped[str]
    revision: Mapped[int]
    is_final: Mapped[bool]  # the month was over
    title: Mapped[str]
    status: Mapped[str]  # a level of reporting.document
    status_word: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    data_cutoff: Mapped[datetime]
    template_version: Mapped[int]
    content_hash: Mapped[str]
    warnings: Mapped[list[str]] = mapped_column(JSONB, default=list)
    pdf_standard: Mapped[str | None]  # None: no PDF could be made
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, deferred=True)
    html: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    html_size: Mapped[int]
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    pdf_size: Mapped[int | None]
