"""Who does a job: one at a time, by the database's clock, with a number that grows."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from webapp.worker import leases

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _rows(session: Session) -> None:
    leases.ensure_rows(session, ["roll_up"])


def take(session: Session, owner: str = "one") -> leases.Claim | None:
    return leases.claim(session, "roll_up", owner=owner, every=10 * SECOND)


def test_a_job_is_taken_once_until_it_is_due_again(session: Session) -> None:
    first = take(session)
    assert first is not None
    assert take(session, "two") is None

    assert leases.finish(session, first, outcome="done", sentence="", duration_ms=3)
    assert take(session, "two") is None

    session.execute(text("UPDATE job_lease SET due_at = clock_timestamp()"))
    second = take(session, "two")
    assert second is not None
    assert second.attempt == first.attempt + 1


def test_a_lease_that_expired_is_taken_over_and_the_former_holder_is_refused(session: Session) -> None:
    first = take(session)
    assert first is not None
    session.execute(text("UPDATE job_lease SET expires_at = clock_timestamp() - interval '1 s'"))

    second = take(session, "two")

    assert second is not None
    assert not leases.finish(session, first, outcome="done", sentence="folded", duration_ms=3)
    assert leases.finish(session, second, outcome="done", sentence="folded", duration_ms=3)
    session.flush()
    outcomes = session.execute(text("SELECT attempt, outcome FROM job_run ORDER BY attempt")).all()
    assert [tuple(row) for row in outcomes] == [(first.attempt, "lost"), (second.attempt, "done")]


def test_a_renewed_lease_is_not_taken_over(session: Session) -> None:
    first = take(session)
    assert first is not None
    session.execute(text("UPDATE job_lease SET expires_at = clock_timestamp() + interval '1 ms'"))

    leases.renew(session, [first])

    assert take(session, "two") is None


def test_a_clock_set_back_does_not_stop_a_job(session: Session) -> None:
    session.execute(text("UPDATE job_lease SET due_at = clock_timestamp() + interval '1 hour'"))

    assert take(session) is not None


def test_an_idle_run_is_told_by_the_lease_alone(session: Session) -> None:
    first = take(session)
    assert first is not None

    leases.finish(session, first, outcome="done", sentence="", duration_ms=3)

    assert session.execute(text("SELECT count(*) FROM job_run")).scalar() == 0
    (standing,) = leases.standings(session)
    assert (standing.name, standing.is_running, standing.outcome) == ("roll_up", False, "done")
