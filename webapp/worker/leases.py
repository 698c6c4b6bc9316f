"""Who does a job is decided here, in Postgres and by its clock: a lease with an attempt number, renewed while at it.

The attempt is the fencing token: somebody who was stopped and comes back finds a higher number and is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from webapp.core.errors import UserError
from webapp.core.ids import uuid7
from webapp.worker.tables import LeaseRow, RunRow

LEASE = timedelta(seconds=1.5)
MAX_SENTENCE = 2_000


class LostError(UserError):
    """The job is another's by now."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that is ours until its lease expires; `at` is the database's instant of the claim."""

    name: str
    attempt: int
    owner: str
    at: datetime


def ensure_rows(session: Session, names: Sequence[str]) -> None:
    """Make sure that each job has its row, due at once."""
    for name in sorted(names):
        values = {"name": name, "attempt": 0, "owner": "", "due_at": text("clock_timestamp()")}
        session.execute(insert(LeaseRow).values(**values).on_conflict_do_nothing())


def claim(session: Session, name: str, *, owner: str, every: timedelta, lease: timedelta = LEASE) -> Claim | None:
    """Take the job if it is due and nobody is at it; return None otherwise, at once."""
    row = session.execute(
        text(
            "UPDATE job_lease SET attempt = attempt + 1, owner = :owner, expires_at = clock_timestamp() + :lease,"
            " started_at = clock_timestamp(),"
            # Due again at the next beat of its own rhythm; a due time that lies far ahead comes from a clock set back.
            " due_at = greatest(due_at + :every, clock_timestamp() + :every * 0.5)"
            " WHERE name = (SELECT name FROM job_lease WHERE name = :name"
            " AND (due_at <= clock_timestamp() OR due_at > clock_timestamp() + :every * 2"
            " OR (expires_at IS NOT NULL AND expires_at <= clock_timestamp()))"
            " AND (expires_at IS NULL OR expires_at <= clock_timestamp()"
            " OR expires_at > clock_timestamp() + :lease * 2)"
            " FOR UPDATE SKIP LOCKED) RETURNING attempt, started_at"
        ),
        {"name": name, "owner": owner, "every": every, "lease": lease},
    ).first()
    return None if row is None else Claim(name, row.attempt, owner, row.started_at)


def renew(session: Session, claims: Sequence[Claim], *, lease: timedelta = LEASE) -> None:
    """Extend the leases that are still ours."""
    for held in claims:
        session.execute(
            text(
                "UPDATE job_lease SET expires_at = clock_timestamp() + :lease"
                " WHERE name = :name AND attempt = :attempt AND expires_at IS NOT NULL"
            ),
            {"lease": lease, "name": held.name, "attempt": held.attempt},
        )


def require(session: Session, held: Claim) -> None:
    """Refuse to go on where somebody else has taken the job over: we were stopped, and our instant is of the past."""
    query = select(LeaseRow.attempt).where(LeaseRow.name == held.name)
    if session.scalar(query) != held.attempt:
        raise LostError(f"The job '{held.name}' was taken over by another process, which does it.")


def finish(session: Session, held: Claim, *, outcome: str, sentence: str, duration_ms: float) -> bool:
    """Give the job back and log the run; return False where somebody has taken it over meanwhile."""
    parameters = {"name": held.name, "attempt": held.attempt, "outcome": outcome, "said": sentence[:MAX_SENTENCE]}
    is_ours = session.execute(
        text(
            "UPDATE job_lease SET expires_at = NULL, ended_at = clock_timestamp(), outcome = :outcome, sentence = :said"
            " WHERE name = :name AND attempt = :attempt RETURNING name"
        ),
        parameters,
    ).first()
    if sentence:
        outcome = outcome if is_ours else "lost"
        session.add(
            RunRow(
                id=uuid7(held.at),
                name=held.name,
                attempt=held.attempt,
                owner=held.owner,
                started_at=held.at,
                ended_at=held.at + timedelta(milliseconds=duration_ms),
                outcome=outcome,
                sentence=sentence[:MAX_SENTENCE],
                duration_ms=duration_ms,
            )
        )
    return is_ours is not None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a job stands: for the page of the system's state."""

    name: str
    attempt: int
    owner: str
    is_running: bool
    started_at: datetime | None
    ended_at: datetime | None
    outcome: str | None
    sentence: str | None


def standings(session: Session) -> Sequence[Standing]:
    rows = session.scalars(select(LeaseRow).order_by(LeaseRow.name))
    return [
        Standing(
            row.name,
            row.attempt,
            row.owner,
            row.expires_at is not None,
            row.started_at,
            row.ended_at,
            row.outcome,
            row.sentence,
        )
        for row in rows
    ]
