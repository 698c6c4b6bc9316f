"""Reference distributions: made from past predictions or from columns, counted in a binning of their own."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class BaselineInfo:
    """What is known about a baseline besides its counts."""

    id: UUID
    number: int
    source: str  # what it was made from, in words
    row_count: int
    provisional: bool
    valid_from: datetime
    created_at: datetime
    created_by: str
