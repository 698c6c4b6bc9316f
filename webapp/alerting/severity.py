"""How bad it is: four words with an order."""

from enum import StrEnum


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def label(self) -> str:
        return self.value.capitalize()

    @property
    def rank(self) -> int:
        """Return 1 for low up to 4 for critical: what the database sorts by."""
        return _ORDER.index(self) + 1

    @classmethod
    def of_rank(cls, rank: int) -> "Severity":
        return _ORDER[rank - 1]

    # A StrEnum compares as text unless told otherwise: "high" < "low".
    def __lt__(self, other: str) -> bool:
        return self.rank < Severity(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= Severity(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > Severity(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= Severity(other).rank


_ORDER: tuple[Severity, ...] = tuple(Severity)
