"""Sessions: found by their key alone, and over by idleness, by age, by sign-out, password change and disabling."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import NOW, PASSWORD, ROOT, make_session, make_user
from webapp.accounts import sessions, users
from webapp.accounts.actor import Actor
from webapp.accounts.sessions import IDLE, LIFETIME
from webapp.core.errors import InvalidInputError

SECOND = timedelta(seconds=1)
OTHER = "nine-walruses-paint-fences"


def actor(session: Session, key: str, *, later: timedelta = timedelta()) -> Actor | None:
    return sessions.actor_of(session, key, address="127.0.0.1", now=NOW + later)


def signed_in(session: Session, name: str = "ada") -> tuple[str, Actor]:
    key = make_session(session, users.by_email(session, f"{name}@example.com") or make_user(session, name))
    found = actor(session, key)
    assert found is not None
    return key, found


def test_only_the_key_itself_opens_and_only_its_hash_is_kept(session: Session) -> None:
    key, who = signed_in(session)

    assert (who.name, who.email, who.address) == ("ada", "ada@example.com", "127.0.0.1")
    assert actor(session, key[:-1]) is None
    assert actor(session, "") is None
    assert actor(session, "\x00\ud800") is None
    kept = session.scalars(text("SELECT encode(key_hash, 'escape') FROM user_session")).one()
    assert key not in kept


def test_an_idle_session_ends_and_an_active_one_does_not(session: Session) -> None:
    key, who = signed_in(session)
    assert who.session_id is not None

    assert actor(session, key, later=IDLE - SECOND) is not None
    assert actor(session, key, later=IDLE) is None
    sessions.touch(session, who.session_id, now=NOW + IDLE - SECOND)
    assert actor(session, key, later=2 * IDLE - 2 * SECOND) is not None


def test_no_activity_outlives_the_longest_session(session: Session) -> None:
    key, who = signed_in(session)
    assert who.session_id is not None
    for minutes in range(0, 12 * 60, 20):
        sessions.touch(session, who.session_id, now=NOW + timedelta(minutes=minutes))

    assert actor(session, key, later=LIFETIME - SECOND) is not None
    assert actor(session, key, later=LIFETIME) is None


def test_touching_is_written_down_once_a_minute(session: Session) -> None:
    _, who = signed_in(session)
    assert who.session_id is not None

    sessions.touch(session, who.session_id, now=NOW + timedelta(seconds=59))
    assert session.scalars(text("SELECT last_active_at FROM user_session")).one() == NOW
    sessions.touch(session, who.session_id, now=NOW + timedelta(seconds=61))
    assert session.scalars(text("SELECT last_active_at FROM user_session")).one() == NOW + timedelta(seconds=61)


def test_signing_out_ends_one_session_of_ones_own(session: Session) -> None:
    key, who = signed_in(session)
    other_key, _ = signed_in(session)
    _, stranger = signed_in(session, "dev")
    assert who.session_id is not None
    assert who.id is not None
    assert stranger.id is not None

    assert not sessions.end(session, who.session_id, user_id=stranger.id, because="mischief", now=NOW)
    assert actor(session, key) is not None
    assert sessions.end(session, who.session_id, user_id=who.id, because="signed out", now=NOW)
    assert not sessions.end(session, who.session_id, user_id=who.id, because="signed out", now=NOW)

    assert actor(session, key) is None
    assert actor(session, other_key) is not None
    assert len(sessions.open_sessions(session, who.id, now=NOW)) == 1


def test_changing_the_password_ends_the_other_sessions(session: Session) -> None:
    make_user(session, password=PASSWORD)
    key, who = signed_in(session)
    other_key, _ = signed_in(session)

    with pytest.raises(InvalidInputError, match="not right"):
        users.change_password(session, "wrong", OTHER, actor=who, now=NOW)
    assert actor(session, other_key) is not None
    users.change_password(session, PASSWORD, OTHER, actor=who, now=NOW)

    assert actor(session, key) is not None
    assert actor(session, other_key) is None


def test_a_disabled_user_is_out_at_once_and_stays_out_until_the_next_sign_in(session: Session) -> None:
    key, who = signed_in(session)
    assert who.id is not None

    users.disable(session, who.id, actor=ROOT, now=NOW)
    assert actor(session, key) is None
    users.enable(session, who.id, actor=ROOT, now=NOW)

    assert actor(session, key) is None
    assert sessions.open_sessions(session, who.id, now=NOW) == []
