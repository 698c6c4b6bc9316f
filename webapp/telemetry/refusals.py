"""Why items are refused, and how many were: each gets a sentence, and each is counted."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from webapp.core.periods import DAY, floor_to
from webapp.telemetry.tables import RefusalRow
from webapp.telemetry.wire import Rejection

CLOCK_TOLERANCE = timedelta(minutes=5)
ModelCheck = Callable[[str], str | None]  # the sentence that refuses the model, or None


class Refusals:
    """The refused items of one batch."""

    def __init__(self) -> None:
        self.items: list[Rejection] = []
        self._reasons: Counter[tuple[str, str]] = Counter()
        self._places: set[int] = set()

    def __contains__(self, index: int) -> bool:
        return index in self._places

    def add(self, index: int, field: str, message: str, *, model: str = "", reason: str) -> None:
        if index not in self._places:
            self._places.add(index)
            self.items.append(Rejection(index, field, message))
            self._reasons[model, reason] += 1

    def sorted(self) -> list[Rejection]:
        return sorted(self.items, key=lambda item: item.index)

    def count_into(self, session: Session, kind: str, *, now: datetime) -> None:
        count_refusals(session, kind, self._reasons, now=now)


def count_refusals(session: Session, kind: str, reasons: Counter[tuple[str, str]], *, now: datetime) -> None:
    """Add to the day's counters of what was refused, by (model, reason)."""
    if not reasons:
        return
    day = floor_to(now, DAY)
    rows = [
        {"day": day, "model": model, "kind": kind, "reason": reason, "item_count": count}
        for (model, reason), count in sorted(_by_clean_name(reasons).items())
    ]
    statement = insert(RefusalRow).values(rows)
    total = RefusalRow.item_count + statement.excluded.item_count
    keys = ["day", "model", "kind", "reason"]
    session.execute(statement.on_conflict_do_update(index_elements=keys, set_={"item_count": total}))


def _by_clean_name(reasons: Counter[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """What was refused may have any name; the counter keeps one that the database takes."""
    counts: Counter[tuple[str, str]] = Counter()
    for (model, reason), count in reasons.items():
        counts[model.replace("\x00", "")[:64], reason] += count
    return counts


def refused_total(session: Session, *, since: datetime) -> int:
    query = select(func.coalesce(func.sum(RefusalRow.item_count), 0)).where(RefusalRow.day >= since)
    return int(session.scalars(query).one())


def time_fault(at: datetime, *, now: datetime, oldest: datetime) -> tuple[str, str] | None:
    """Return (reason, sentence) where an event's time cannot be right, None where it can."""
    if at > now + CLOCK_TOLERANCE:
        return "in_the_future", f"is {at:%Y-%m-%d %H:%M} UTC, in the future; check the sender's clock"
    if at < oldest:
        return "too_old", f"is {at:%Y-%m-%d}, before {oldest:%Y-%m-%d}, from where events are kept"
    return None


def model_faults(names: Iterable[str], check: ModelCheck | None) -> dict[str, str]:
    """Return the sentence for each model that may not be sent to."""
    faults = {} if check is None else {name: check(name) for name in names}
    return {name: fault for name, fault in faults.items() if fault}


def uuid_array(raw: bytes) -> str:
    """Return 16-byte identifiers as the text of a PostgreSQL array, one parameter instead of thousands."""
    hexadecimal = raw.hex()
    return "{" + ",".join(hexadecimal[at : at + 32] for at in range(0, len(hexadecimal), 32)) + "}"
