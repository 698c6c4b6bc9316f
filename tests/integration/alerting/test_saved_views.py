"""Views that people keep: whose they are, who sees them, and with which one an inbox opens."""

from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from tests.factories import NOW, make_user
from webapp.accounts import audit
from webapp.accounts.actor import Actor, ActorKind
from webapp.accounts.permissions import Role, permissions_of
from webapp.accounts.tables import UserRow
from webapp.alerting import saved_views
from webapp.core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError

QUERY = "severity=high,critical&assignee=mine"


def actor_of(user: UserRow) -> Actor:
    roles = tuple(Role(each) for each in user.roles)
    permissions = permissions_of(roles)
    return Actor(ActorKind.USER, user.name, id=user.id, email=user.email, roles=roles, permissions=permissions)


@pytest.fixture
def omar(session: Session) -> Actor:
    return actor_of(make_user(session, "omar"))


@pytest.fixture
def ada(session: Session) -> Actor:
    return actor_of(make_user(session, "ada"))


@pytest.fixture
def root(session: Session) -> Actor:
    return actor_of(make_user(session, "root"))


def names(session: Session, who: Actor) -> list[str]:
    return [each.name for each in saved_views.views(session, actor=who)]


def test_a_view_is_its_persons_own_until_it_is_shared(session: Session, omar: Actor, ada: Actor) -> None:
    mine = saved_views.save(session, name=" My  nights ", query=QUERY, is_shared=False, actor=omar, now=NOW)

    assert names(session, omar) == ["My nights"]
    assert names(session, ada) == []
    saved_views.share(session, mine, is_shared=True, actor=omar, now=NOW)

    (shown,) = saved_views.views(session, actor=ada)
    assert (shown.name, shown.query, shown.author, shown.is_mine, shown.may_change) == (
        "My nights",
        QUERY,
        "omar",
        False,
        False,
    )


def test_the_same_name_again_gets_the_new_view(session: Session, omar: Actor, ada: Actor) -> None:
    first = saved_views.save(session, name="Nights", query=QUERY, is_shared=False, actor=omar, now=NOW)

    again = saved_views.save(session, name="Nights", query="tab=snoozed", is_shared=False, actor=omar, now=NOW)
    saved_views.save(session, name="Nights", query=QUERY, is_shared=True, actor=ada, now=NOW)

    assert first == again
    assert [(each.query, each.is_mine) for each in saved_views.views(session, actor=omar)] == [
        ("tab=snoozed", True),
        (QUERY, False),
    ]


def test_an_inbox_opens_with_the_view_that_its_reader_chose(session: Session, omar: Actor, ada: Actor) -> None:
    mine = saved_views.save(session, name="Nights", query=QUERY, is_shared=True, actor=omar, now=NOW)
    assert saved_views.default_query(session, actor=omar) is None

    saved_views.begin_with(session, mine, actor=omar)
    saved_views.begin_with(session, mine, actor=ada)
    assert saved_views.default_query(session, actor=omar) == saved_views.default_query(session, actor=ada) == QUERY
    assert [each.is_default for each in saved_views.views(session, actor=ada)] == [True]

    saved_views.share(session, mine, is_shared=False, actor=omar, now=NOW)
    assert saved_views.default_query(session, actor=ada) is None
    saved_views.begin_with(session, None, actor=omar)
    assert saved_views.default_query(session, actor=omar) is None


def test_what_is_deleted_opens_nothing_any_more(session: Session, omar: Actor) -> None:
    mine = saved_views.save(session, name="Nights", query=QUERY, is_shared=False, actor=omar, now=NOW)
    saved_views.begin_with(session, mine, actor=omar)

    saved_views.remove(session, mine, actor=omar, now=NOW)

    assert names(session, omar) == []
    assert saved_views.default_query(session, actor=omar) is None
    with pytest.raises(NotFoundError):
        saved_views.rename(session, mine, name="Days", actor=omar, now=NOW)


def test_only_its_author_or_an_administrator_changes_what_is_shared(
    session: Session, omar: Actor, ada: Actor, root: Actor
) -> None:
    shared = saved_views.save(session, name="Nights", query=QUERY, is_shared=True, actor=omar, now=NOW)
    own = saved_views.save(session, name="Quiet", query=QUERY, is_shared=False, actor=omar, now=NOW)

    with pytest.raises(ForbiddenError, match="belongs to somebody else"):
        saved_views.remove(session, shared, actor=ada, now=NOW)
    for who in (ada, root):
        with pytest.raises(NotFoundError):
            saved_views.rename(session, own, name="Loud", actor=who, now=NOW)
    with pytest.raises(NotFoundError):
        saved_views.begin_with(session, own, actor=ada)
    saved_views.rename(session, shared, name="All nights", actor=root, now=NOW)

    assert names(session, ada) == ["All nights"]


def test_names_are_told_apart_and_not_empty_or_endless(session: Session, omar: Actor) -> None:
    saved_views.save(session, name="Nights", query=QUERY, is_shared=False, actor=omar, now=NOW)
    other = saved_views.save(session, name="Days", query=QUERY, is_shared=False, actor=omar, now=NOW)

    with pytest.raises(ConflictError, match="another view"):
        saved_views.rename(session, other, name="Nights", actor=omar, now=NOW)
    for bad in ("  ", "\x00", "x" * 61):
        with pytest.raises(InvalidInputError):
            saved_views.save(session, name=bad, query=QUERY, is_shared=False, actor=omar, now=NOW)
    with pytest.raises(InvalidInputError):
        saved_views.save(session, name="Endless", query="q=" + "x" * 2_000, is_shared=False, actor=omar, now=NOW)
    with pytest.raises(NotFoundError):
        saved_views.begin_with(session, uuid4(), actor=omar)


def test_nobody_keeps_more_than_can_be_looked_over(
    session: Session, omar: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saved_views, "MOST", 1)
    saved_views.save(session, name="Nights", query=QUERY, is_shared=False, actor=omar, now=NOW)

    with pytest.raises(ConflictError, match="delete one"):
        saved_views.save(session, name="Days", query=QUERY, is_shared=False, actor=omar, now=NOW)


def test_each_change_is_in_the_audit_log(session: Session, omar: Actor) -> None:
    mine = saved_views.save(session, name="Nights", query=QUERY, is_shared=False, actor=omar, now=NOW)
    saved_views.share(session, mine, is_shared=True, actor=omar, now=NOW)
    saved_views.remove(session, mine, actor=omar, now=NOW)

    told = [event.action for event in audit.events(session, limit=3)]
    assert told == ["saved_view.deleted", "saved_view.changed", "saved_view.saved"]
