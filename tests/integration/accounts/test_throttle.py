"""Guessing gets slower with every failure, by account, by address and in all, and never locks for good."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from tests.factories import NOW, PASSWORD, make_user
from webapp.accounts.sign_in import sign_in
from webapp.accounts.throttle import ACCOUNT, ADDRESS, EVERYONE, count_attempt, forgive
from webapp.core.errors import ThrottledError
from webapp.runtime import Runtime


def attempt(runtime: Runtime, email: str = "ada@example.com", *, address: str = "10.0.0.1", at: datetime = NOW) -> None:
    with runtime.transaction() as session:
        count_attempt(session, email=email, address=address, now=at)


def wait_of(runtime: Runtime, email: str = "ada@example.com", *, address: str = "10.0.0.1", at: datetime = NOW) -> int:
    with pytest.raises(ThrottledError) as caught:
        attempt(runtime, email, address=address, at=at)
    return caught.value.retry_after_seconds


def test_the_wait_doubles_up_to_a_quarter_of_an_hour(runtime: Runtime) -> None:
    at = NOW
    for _ in range(ACCOUNT.free - 1):
        attempt(runtime, at=at)

    waits = []
    for _ in range(13):
        attempt(runtime, at=at)
        waits.append(wait_of(runtime, at=at))
        at += timedelta(seconds=waits[-1])

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


def test_an_attempt_that_is_refused_does_not_lengthen_the_wait(runtime: Runtime) -> None:
    for _ in range(ACCOUNT.free):
        attempt(runtime)
    assert [wait_of(runtime) for _ in range(5)] == [1] * 5

    attempt(runtime, at=NOW + timedelta(seconds=1))


def test_an_account_is_slowed_from_every_address_and_an_address_for_every_account(runtime: Runtime) -> None:
    for place in range(ACCOUNT.free):
        attempt(runtime, " ADA@example.com", address=f"10.0.1.{place}")
    assert wait_of(runtime, address="10.0.2.1") == 1
    attempt(runtime, "omar@example.com", address="10.0.2.1")

    for place in range(ADDRESS.free):
        attempt(runtime, f"user{place}@example.com", address="10.9.9.9")
    assert wait_of(runtime, "erin@example.com", address="10.9.9.9") == 1


def test_all_together_are_slowed_for_seconds_only(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        session.execute(text("INSERT INTO sign_in_attempt VALUES ('everyone', :n, :at, :at)"),
                        {"n": EVERYONE.free + 50, "at": NOW})  # fmt: skip

    attempt(runtime)

    assert wait_of(runtime, "omar@example.com", address="10.0.0.2") == 10


def test_everything_is_forgotten_after_an_hour(runtime: Runtime) -> None:
    for _ in range(ACCOUNT.free):
        attempt(runtime)

    later = NOW + ACCOUNT.forget + timedelta(seconds=1)
    for _ in range(ACCOUNT.free):
        attempt(runtime, at=later)
    assert wait_of(runtime, at=later) == 1


def test_signing_in_rightly_starts_the_account_afresh(runtime: Runtime) -> None:
    for _ in range(ACCOUNT.free - 1):
        attempt(runtime)
    with runtime.transaction() as session:
        forgive(session, email="ada@example.com", address="10.0.0.1", now=NOW)

    for _ in range(ACCOUNT.free - 1):
        attempt(runtime)
    with runtime.transaction() as session:
        failures = session.scalars(text("SELECT failures FROM sign_in_attempt WHERE key = 'everyone'")).one()
    assert failures == 2 * (ACCOUNT.free - 1) - 1


def test_only_the_right_password_of_somebody_who_may_gets_in(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        make_user(session, "ada", password=PASSWORD)
        make_user(session, "erin")
        disabled = make_user(session, "dev", password=PASSWORD)
        disabled.disabled_at = NOW

    def enter(name: str, password: str) -> str | None:
        return sign_in(
            runtime.transaction, f"{name}@example.com", password, address=f"10.1.{len(name)}.1", user_agent="t", now=NOW
        )

    assert enter("ada", PASSWORD) is not None
    assert [enter("ada", "wrong"), enter("erin", ""), enter("dev", PASSWORD), enter("nobody", PASSWORD)] == [None] * 4
    with runtime.transaction() as session:
        actions = session.scalars(
            text("SELECT action FROM audit_event WHERE action LIKE 'session.%' ORDER BY id")
        ).all()
        assert actions == ["session.opened", *["session.refused"] * 4]
        assert PASSWORD not in str(session.execute(text("SELECT * FROM audit_event")).all())
