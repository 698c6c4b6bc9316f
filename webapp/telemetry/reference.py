"""What a baseline is to whoever compares with it: what is known about it, and its counts. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from webapp.telemetry.aggregate import Aggregate


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


@dataclass(frozen=True, slots=True)
class Baseline:
    """The reference: its features and scores, counted in its own binning."""

    info: BaselineInfo
    aggregate: Aggregate
