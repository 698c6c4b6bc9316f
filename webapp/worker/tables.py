"""Who does which job until when, and what every run came to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Double, Index
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base


class LeaseRow(Base):
    """One row a job. The attempt number is the fencing token: an older attempt can no longer report."""

    __tablename__ = "job_lease"

    name: Mapped[str] = mapped_column(primary_key=True)
    attempt: Mapped[int] = mapped_column(BigInteger)
    owner: Mapped[str]
    expires_at: Mapped[datetime | None]  # None: nobody is at it
    due_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]  # of the last run: done | failed | lost
    sentence: Mapped[str | None]


class RunRow(Base):
    """A run that did something or failed; idle runs are told by the lease row alone."""

    __tablename__ = "job_run"
    __table_args__ = (Index(None, "name", "started_at"), Index(None, "started_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    attempt: Mapped[int] = mapped_column(BigInteger)
    owner: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    outcome: Mapped[str]
    sentence: Mapped[str]
    duration_ms: Mapped[float] = mapped_column(Double)
