"""What a job keeps ready for the screens that show all models at once."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db.base import Base


class ModelHealthRow(Base):
    """The health of a model as it was last judged, with the values that it was judged by."""

    __tablename__ = "model_health"

    model_id: Mapped[int] = mapped_column(ForeignKey("model.id"), primary_key=True)
    at: Mapped[datetime]
    document: Mapped[dict[str, Any]] = mapped_column(JSONB)  # of standing.Standing
