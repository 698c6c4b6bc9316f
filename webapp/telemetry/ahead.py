"""Files that are counted before their rows are stored, so that a model's first numbers are there in seconds.

A record says that the counts of a model are ahead of its stored rows. While it is there, whoever stores a row of the
file leaves the counting out; who deletes it counts the model's stored rows anew, and from then on each row that is
stored is counted as any other. So whatever happens in between, the counts are those of the stored rows in the end.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from webapp.telemetry.tables import CountedAheadRow

SAID_EVERY = timedelta(seconds=10)
ABANDONED_AFTER = timedelta(seconds=60)  # since the importer last said that it goes on


def begin(session: Session, model_id: int, row_count: int, *, now: datetime) -> int:
    """Record that so many rows were counted that are not stored yet; return the record's number."""
    row = CountedAheadRow(model_id=model_id, row_count=row_count, began_at=now, seen_at=now)
    session.add(row)
    session.flush()
    return row.id


def go_on(session: Session, number: int, *, now: datetime) -> None:
    """Say that the importer is alive."""
    session.execute(update(CountedAheadRow).where(CountedAheadRow.id == number).values(seen_at=now))


def covers(session: Session, number: int) -> bool:
    """Say whether the file's rows are counted already, and keep it so until the transaction ends."""
    query = select(CountedAheadRow.id).where(CountedAheadRow.id == number)
    return session.scalar(query.with_for_update(read=True, key_share=True)) is not None


def end(session: Session, number: int) -> None:
    """Say that every row that was counted is stored."""
    session.execute(delete(CountedAheadRow).where(CountedAheadRow.id == number))


def take_back(session: Session, model_id: int) -> bool:
    """Return whether the model's counts were ahead; the caller holds the model alone and counts it anew if so."""
    taken = session.scalars(
        delete(CountedAheadRow).where(CountedAheadRow.model_id == model_id).returning(CountedAheadRow.id)
    )
    return bool(taken.all())


def on_its_way(session: Session, model_id: int) -> int | None:
    """Return how many rows the newest file has whose rows are being stored, None where there is none."""
    query = select(CountedAheadRow.row_count).where(CountedAheadRow.model_id == model_id)
    return session.scalar(query.order_by(CountedAheadRow.id.desc()).limit(1))


def abandoned(session: Session, *, now: datetime) -> Sequence[int]:
    """Return the models with a file whose importer has not been heard of for a minute."""
    query = select(CountedAheadRow.model_id).where(CountedAheadRow.seen_at < now - ABANDONED_AFTER)
    return sorted(set(session.scalars(query)))
