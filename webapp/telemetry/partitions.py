"""Weekly partitions of the event table: made ahead, made on demand for old events, dropped whole when they expire."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from webapp.core.ids import lower_bound

WEEK = timedelta(days=7)
AHEAD = 4
_FIRST_MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_PREFIX = "prediction_w"


def week_of(at: datetime) -> datetime:
    """Return the Monday, 00:00 UTC, that the instant's partition starts at."""
    return _FIRST_MONDAY + (at - _FIRST_MONDAY) // WEEK * WEEK


def ensure(session: Session, instants: Iterable[datetime]) -> None:
    """Make the partitions that the instants need; those that exist are remembered and cost nothing."""
    known = _KNOWN.setdefault(session.get_bind().engine, set())
    missing = {week_of(at) for at in instants} - known
    # What this transaction made itself may yet be rolled back, so it is not remembered.
    made: set[datetime] = session.info.setdefault("partitions made", set())
    if missing:
        existing = _existing(session)
        known |= missing & existing - made
        missing -= existing
    if not missing:
        return
    # Serialises makers without stopping inserts; held until the transaction ends, so it is asked for only to make one.
    session.execute(text("LOCK TABLE prediction IN SHARE UPDATE EXCLUSIVE MODE"))
    for week in sorted(missing - _existing(session)):
        _make(session, week)
        made.add(week)


def look_up_by_index(session: Session) -> None:
    """For the rest of the transaction, find events by their index only.

    A partition that was not analysed yet looks small to the planner, which would then scan it, or combine the index
    with a bitmap of its whole range, for every single event.
    """
    settings = ("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin", "enable_material", "jit")
    session.execute(text("SELECT " + ", ".join(f"set_config('{name}', 'off', true)" for name in settings)))


def keep_ahead(session: Session, *, now: datetime) -> None:
    ensure(session, (now + WEEK * number for number in range(AHEAD + 1)))


def weeks(session: Session) -> list[datetime]:
    """Return the weeks that events are kept of, the oldest first."""
    return sorted(_existing(session))


def expire(session: Session, *, before: datetime) -> list[datetime]:
    """Drop the partitions that end before the instant, and what failed predictions said in them; return their weeks."""
    expired = sorted(week for week in _existing(session) if week + WEEK <= before)
    for week in expired:
        session.execute(text(f'DROP TABLE "{_name(week)}"'))
    if expired:
        edge = str(lower_bound(expired[-1] + WEEK))
        session.execute(text("DELETE FROM prediction_error WHERE id < CAST(:edge AS uuid)"), {"edge": edge})
    _KNOWN.clear()
    return expired


def _existing(session: Session) -> set[datetime]:
    query = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'prediction'::regclass")
    return {_week(name) for name in session.scalars(query)}


def _make(session: Session, week: datetime) -> None:
    """Attach a table made apart, which locks the parent less than CREATE TABLE … PARTITION OF does."""
    name = _name(week)
    start, stop = lower_bound(week), lower_bound(week + WEEK)
    # Room in each page lets an outcome update its row in place (HOT); events are looked up, never scanned by scale.
    session.execute(text(f'CREATE TABLE "{name}" (LIKE prediction INCLUDING ALL) WITH (fillfactor = 90)'))
    session.execute(
        text(f"ALTER TABLE prediction ATTACH PARTITION \"{name}\" FOR VALUES FROM ('{start}') TO ('{stop}')")
    )


def _name(week: datetime) -> str:
    return f"{_PREFIX}{week:%Y%m%d}"


def _week(name: str) -> datetime:
    return datetime.strptime(name.strip('"').removeprefix(_PREFIX), "%Y%m%d").replace(tzinfo=UTC)


_KNOWN: WeakKeyDictionary[Engine, set[datetime]] = WeakKeyDictionary()
