"""Tokens: shown once, stored as a hash, limited by scope and person, and over by expiry and revocation."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import NOW, ROOT, make_token, make_user
from webapp.accounts import audit, tokens, users
from webapp.accounts.actor import Actor, ActorKind
from webapp.accounts.permissions import Permission, Role
from webapp.accounts.tokens import TokenCache
from webapp.core.errors import InvalidInputError, NotFoundError

DAY = timedelta(days=1)


def holder(session: Session, token: str, *, later: timedelta = timedelta()) -> Actor | None:
    return tokens.actor_of(session, token, address="10.0.0.1", now=NOW + later)


def test_a_token_acts_with_its_scopes(session: Session) -> None:
    made = make_token(session, "alerts", "ingest:churn")

    found = holder(session, made.text)

    assert found is not None
    assert (found.kind, found.name, found.address) == (ActorKind.TOKEN, "tests", "10.0.0.1")
    assert found.may(Permission.ALERTS_ACKNOWLEDGE)
    assert found.may_ingest("churn")
    assert not found.may(Permission.MODELS_READ)


def test_the_text_of_a_token_is_nowhere_in_the_database(session: Session) -> None:
    made = make_token(session)
    secret = made.text.rsplit("_", 1)[1]

    for table in ("api_token", "audit_event"):
        assert secret not in str(session.execute(text(f"SELECT * FROM {table}")).all())
    assert [each.action for each in audit.events(session)] == ["token.created"]


def test_a_token_ends_with_its_time_and_when_it_is_revoked(session: Session) -> None:
    made = make_token(session, lifetime=DAY)
    assert holder(session, made.text, later=DAY - timedelta(seconds=1)) is not None
    assert holder(session, made.text, later=DAY) is None

    tokens.revoke(session, made.id, actor=ROOT, now=NOW)

    assert holder(session, made.text) is None
    assert [(token.name, token.revoked_at) for token in tokens.tokens(session)] == [("tests", NOW)]
    with pytest.raises(NotFoundError):
        tokens.revoke(session, made.id, actor=ROOT, now=NOW)


@pytest.mark.parametrize("spoil", [str.upper, lambda t: t[:-1] + "0", lambda t: t + "0", lambda t: t[3:], lambda _: ""])
def test_anything_but_the_token_is_nobody(session: Session, spoil) -> None:  # type: ignore[no-untyped-def]
    made = make_token(session)
    spoiled = spoil(made.text)

    assert spoiled == made.text or holder(session, spoiled) is None


def test_a_personal_token_never_may_more_than_its_person(session: Session) -> None:
    erin = make_user(session, "erin")
    made = tokens.create(session, name="mine", scopes=["write", "ingest:*"], actor=ROOT, now=NOW, user_id=erin.id)
    session.flush()

    before = holder(session, made.text)
    users.set_roles(session, erin.id, [Role.DATA_SCIENTIST], actor=ROOT, now=NOW)
    after = holder(session, made.text)
    users.disable(session, erin.id, actor=ROOT, now=NOW)

    assert before is not None
    assert after is not None
    assert (before.may(Permission.RULES_WRITE), after.may(Permission.RULES_WRITE)) == (False, True)
    assert not after.may(Permission.EVENTS_WRITE)
    assert holder(session, made.text) is None


def test_a_person_revokes_their_own_tokens_only(session: Session) -> None:
    ada, dev = make_user(session), make_user(session, "dev")
    made = tokens.create(session, name="mine", scopes=["read"], actor=ROOT, now=NOW, user_id=ada.id)
    session.flush()

    with pytest.raises(NotFoundError):
        tokens.revoke(session, made.id, actor=ROOT, now=NOW, user_id=dev.id)
    assert [len(tokens.tokens(session, user_id=user.id)) for user in (ada, dev)] == [1, 0]
    tokens.revoke(session, made.id, actor=ROOT, now=NOW, user_id=ada.id)


@pytest.mark.parametrize(
    ("name", "scopes", "lifetime"),
    [
        ("", ["read"], DAY),
        ("x" * 101, ["read"], DAY),
        ("t", [], DAY),
        ("t", ["admin"], DAY),
        ("t", ["ingest:"], DAY),
        ("t", ["ingest:a b"], DAY),
        ("t", ["ingest:**"], DAY),
        ("t", ["read"], timedelta()),
        ("t", ["read"], timedelta(days=367)),
    ],
)
def test_what_is_no_token_is_refused(session: Session, name: str, scopes: list[str], lifetime: timedelta) -> None:
    with pytest.raises(InvalidInputError):
        tokens.create(session, name=name, scopes=scopes, actor=ROOT, now=NOW, lifetime=lifetime)


def test_use_is_noted_once_a_minute(session: Session) -> None:
    made = make_token(session)

    for seconds in (0, 30, 59, 61):
        holder(session, made.text, later=timedelta(seconds=seconds))

    assert tokens.tokens(session)[0].last_used_at == NOW + timedelta(seconds=61)


def test_what_was_verified_is_remembered_for_seconds_only(session: Session) -> None:
    made = make_token(session)
    found = holder(session, made.text)
    assert found is not None
    cache = TokenCache(size=2)

    cache.put(made.text, found, now=NOW)

    assert cache.get(made.text, now=NOW + timedelta(seconds=9)) == found
    assert cache.get(made.text, now=NOW + timedelta(seconds=10)) is None
    assert cache.get(made.text, now=NOW - timedelta(seconds=10)) is None
    assert cache.get("mc_other", now=NOW) is None
