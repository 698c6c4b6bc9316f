"""What has to be told, the groups that wait for it, and the ledger of what was told and what was not."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, SmallInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base


class OutboxRow(Base):
    """An entry of a timeline that has not been looked at yet. The database writes it together with the entry."""

    __tablename__ = "alert_outbox"

    entry_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class GroupRow(Base):
    """Alerts that people are told of together. Who looks at it keeps the row locked meanwhile."""

    __tablename__ = "notification_group"
    __table_args__ = (Index(None, "next_look_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    labels: Mapped[dict[str, str]] = mapped_column(JSONB)
    next_look_at: Mapped[datetime]
    looked_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]


class MemberRow(Base):
    """An alert of a group: what people were last told of it, and what they have not been told."""

    __tablename__ = "notification_member"
    __table_args__ = (Index(None, "group_id"),)

    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"), primary_key=True)
    group_id: Mapped[UUID] = mapped_column(ForeignKey("notification_group.id"))
    news: Mapped[str | None]
    told_resolved: Mapped[bool | None]  # None: nothing was told of it
    told_severity: Mapped[int | None] = mapped_column(SmallInteger)
    held: Mapped[str | None]  # why the last look told nobody


class NotificationRow(Base):
    """One message, as it went out."""

    __tablename__ = "notification"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    status: Mapped[str]
    title: Mapped[str]
    labels: Mapped[dict[str, Any]] = mapped_column(JSONB)  # those that the group has in common
    firing: Mapped[int]
    resolved: Mapped[int]


class ToldRow(Base):
    """What a message said of one alert; without a message: why nobody was told."""

    __tablename__ = "notification_alert"
    __table_args__ = (Index(None, "alert_id", "id"), Index(None, "notification_id"))

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    alert_id: Mapped[UUID] = mapped_column(ForeignKey("alert.id"))
    at: Mapped[datetime]
    notification_id: Mapped[UUID | None] = mapped_column(ForeignKey("notification.id"))
    state: Mapped[str]  # firing, resolved, acknowledged or held
    because: Mapped[str]
    text: Mapped[str]
