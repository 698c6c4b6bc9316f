"""A figure with what is known about it, before it is told with its evidence."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its standard deviation where there is one, from how many samples, and what else is to be said."""

    value: float
    deviation: float | None
    count: int
    note: str | None = None
