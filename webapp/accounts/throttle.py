"""Guessing passwords gets slower with every failure: by account, by address and in all, and never locks for good.

An attempt is counted before the password is compared, so that many at once do not slip through together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from webapp.accounts.tables import AttemptRow
from webapp.core.errors import ThrottledError


@dataclass(frozen=True, slots=True)
class Patience:
    """How many failures are free, how long the wait after that may grow, and after how long all is forgotten."""

    free: int
    longest: timedelta
    forget: timedelta

    def wait(self, failures: int) -> timedelta:
        """Return the wait after so many failures: it doubles from one second on."""
        excess = failures - self.free
        return min(timedelta(seconds=2 ** min(excess, 20)), self.longest) if excess >= 0 else timedelta()


ACCOUNT = Patience(free=5, longest=timedelta(minutes=15), forget=timedelta(hours=1))
ADDRESS = Patience(free=20, longest=timedelta(minutes=15), forget=timedelta(hours=1))
EVERYONE = Patience(free=500, longest=timedelta(seconds=10), forget=timedelta(minutes=5))


def count_attempt(session: Session, *, email: str, address: str, now: datetime) -> None:
    """Count one attempt, or refuse it while an earlier one asks for patience. Commit before comparing."""
    patience = _keys(email, address)
    rows = _locked(session, patience, now)
    waits = [row.blocked_until - now for row in rows.values() if row.blocked_until > now]
    if waits:
        seconds = max(1, ceil(max(waits).total_seconds()))
        raise ThrottledError(f"Too many attempts. Try again in {_in_words(seconds)}.", retry_after_seconds=seconds)
    for key, row in rows.items():
        failures = row.failures if now - row.last_failed_at < patience[key].forget else 0
        row.failures = failures + 1
        row.last_failed_at = now
        row.blocked_until = now + patience[key].wait(row.failures)


def forgive(session: Session, *, email: str, address: str, now: datetime) -> None:
    """The attempt was right: the account starts afresh, and the other counters take it back."""
    account, *others = sorted(_keys(email, address))
    session.execute(update(AttemptRow).where(AttemptRow.key == account).values(failures=0, blocked_until=now))
    session.execute(
        update(AttemptRow)
        .where(AttemptRow.key.in_(others), AttemptRow.failures > 0)
        .values(failures=AttemptRow.failures - 1)
    )


def _keys(email: str, address: str) -> Mapping[str, Patience]:
    return {
        f"account:{email.strip().lower()[:254]}": ACCOUNT,
        f"address:{address}": ADDRESS,
        "everyone": EVERYONE,
    }


def _locked(session: Session, keys: Mapping[str, Patience], now: datetime) -> Mapping[str, AttemptRow]:
    """Return the rows of the keys, made where missing, locked in the order of their names."""
    fresh = [{"key": key, "failures": 0, "last_failed_at": now, "blocked_until": now} for key in sorted(keys)]
    session.execute(insert(AttemptRow).values(fresh).on_conflict_do_nothing())
    query = select(AttemptRow).where(AttemptRow.key.in_(keys)).order_by(AttemptRow.key).with_for_update()
    return {row.key: row for row in session.scalars(query)}


def _in_words(seconds: int) -> str:
    if seconds < 60:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    minutes = ceil(seconds / 60)
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
