"""Why items are refused, and how many were: each gets a sentence, and each is counted."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from webapp.core.periods import DAY, Window, floor_to
from webapp.telemetry.tables import RefusalRow
from webapp.telemetry.wire import Rejection

CLOCK_TOLERANCE = timedelta(minutes=5)
ModelCheck = Callable[[str], str | None]  # the sentence that refuses the model, or None
REPEATED = "repeated"  # no refusal: what was stored before was sent again, and answered as a duplicate
REASONS: Mapping[str, tuple[str, str]] = {
    "not_allowed": (
        "the token may not write this model",
        "Register the model, or send with a token whose scope names it (ingest:* creates models).",
    ),
    "bad_name": ("the model's name cannot be one", "Use 1 to 64 letters, digits, dots, dashes or underscores."),
    "in_the_future": ("the time is in the future", "Check the sender's clock: up to five minutes ahead are taken."),
    "too_old": ("the time is before the oldest that is kept", "Send events sooner, or keep them longer."),
    "nothing_predicted": ("nothing was predicted", "Send a score, a predicted class or number, or an error."),
    "not_finite": ("a number is not finite, or out of its range", "Send scores from 0 to 1, and no NaN or infinity."),
    "wrong_task": ("it does not fit what the model predicts", "Send what a model of this task answers."),
    "unknown_class": ("the class is none of the model's", "Set the positive class, or send one of the known classes."),
    "too_many_classes": ("there are too many classes", "Send the class, not an identifier."),
    "too_many_features": ("there are too many features", "Send at most 500 features with a prediction."),
    "unclean_text": ("a text holds a NUL character", "Send clean text."),
    "conflict": (
        "the same prediction id came again with other values",
        "Give each prediction an id of its own; a retry sends the same values.",
    ),
    "bad_labels": ("the labels are too many or too long", "Send few short labels with a measurement."),
    "malformed": ("it is not what the interface describes", "Compare with /api/docs; unknown fields are refused."),
}


@dataclass(frozen=True, slots=True)
class Refused:
    """How many items of a kind were refused for one reason, and on which days."""

    model: str  # as it was sent; empty where no model could be read
    kind: str
    reason: str
    count: int
    first_day: datetime
    last_day: datetime

    @property
    def in_words(self) -> str:
        return REASONS.get(self.reason, (self.reason.replace("_", " "), ""))[0]

    @property
    def remedy(self) -> str:
        return REASONS.get(self.reason, ("", ""))[1]


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

    def note_repeats(self, model: str, count: int) -> None:
        """Count what was stored before and is sent again: it is no fault, but it shall be seen."""
        if count:
            self._reasons[model, REPEATED] += count

    def sorted(self) -> list[Rejection]:
        return sorted(self.items, key=lambda item: item.index)

    def count_into(self, session: Session, kind: str, *, now: datetime) -> None:
        count_refusals(session, kind, self._reasons, now=now)


def count_refusals(session: Session, kind: str, reasons: Mapping[tuple[str, str], int], *, now: datetime) -> None:
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


def _by_clean_name(reasons: Mapping[tuple[str, str], int]) -> Counter[tuple[str, str]]:
    """What was refused may have any name; the counter keeps one that the database takes."""
    counts: Counter[tuple[str, str]] = Counter()
    for (model, reason), count in reasons.items():
        counts[model.replace("\x00", "")[:64], reason] += count
    return counts


def refused(
    session: Session, window: Window, *, models: Iterable[str] | None = None, limit: int = 100
) -> Sequence[Refused]:
    """Return what was refused on the days of the window, the most frequent first; of all models unless some are named.

    Days are whole ones, in UTC, since that is how refusals are counted.
    """
    count = func.sum(RefusalRow.item_count)
    query = (
        select(
            RefusalRow.model,
            RefusalRow.kind,
            RefusalRow.reason,
            count,
            func.min(RefusalRow.day),
            func.max(RefusalRow.day),
        )
        .where(_within(window), RefusalRow.reason != REPEATED)
        .group_by(RefusalRow.model, RefusalRow.kind, RefusalRow.reason)
        .order_by(count.desc(), RefusalRow.model, RefusalRow.kind, RefusalRow.reason)
        .limit(limit)
    )
    if models is not None:
        query = query.where(RefusalRow.model.in_(list(models)))
    return [Refused(row[0], row[1], row[2], int(row[3]), row[4], row[5]) for row in session.execute(query)]


def repeats(session: Session, window: Window, model: str) -> Mapping[str, int]:
    """Return how often something of the model that was stored before was sent again, by kind."""
    query = (
        select(RefusalRow.kind, func.sum(RefusalRow.item_count))
        .where(_within(window), RefusalRow.model == model, RefusalRow.reason == REPEATED)
        .group_by(RefusalRow.kind)
    )
    return {kind: int(count) for kind, count in session.execute(query)}


def _within(window: Window) -> ColumnElement[bool]:
    return and_(RefusalRow.day >= floor_to(window.start, DAY), RefusalRow.day < window.end)


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
