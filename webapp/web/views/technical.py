"""What a technical tab is about: the choice of the top bar, as the tabs and their parts share it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.catalog.models import Model
from webapp.core.periods import Window


@dataclass(frozen=True, slots=True)
class Technical:
    """What a tab is about: one model over one window, as one person sees it."""

    model: Model
    window: Window
    step: timedelta
    version: str | None
    segment: str | None
    zone: str
    currency: str
    now: datetime

    @property
    def part(self) -> dict[str, str | None]:
        """Return which of the model's predictions it is about, as the metrics ask for it."""
        return {"version": self.version, "segment": self.segment}
