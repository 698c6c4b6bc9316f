"""People: the first administrator, invitations, roles and disabling; each in force at once and written down."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.factories import NOW, PASSWORD, ROOT, make_actor, make_session, make_user
from webapp.accounts import audit, bootstrap, links, queries, sessions, users
from webapp.accounts.passwords import is_password
from webapp.accounts.permissions import Permission, Role
from webapp.core.errors import ConflictError, InvalidInputError, NotFoundError
from webapp.runtime import Runtime

OTHER = "nine-walruses-paint-fences"
MINUTE = timedelta(minutes=1)


def first_secret(session: Session) -> str:
    link = bootstrap.first_admin_link(session, NOW, "https://mc.example.com/")
    assert link is not None
    assert link.startswith("https://mc.example.com/welcome/")
    return link.rsplit("/", 1)[1]


def become_first(session: Session, secret: str, *, name: str = "root", later: timedelta = MINUTE) -> None:
    bootstrap.create_first_administrator(
        session, secret, email=f"{name}@example.com", name=name, password=PASSWORD, now=NOW + later
    )


def test_the_first_link_makes_one_administrator_once(session: Session) -> None:
    secret = first_secret(session)

    become_first(session, secret)

    assert [(user.name, user.roles, user.status) for user in queries.users(session)] == [
        ("root", (Role.ADMIN,), "active")
    ]
    assert bootstrap.first_admin_link(session, NOW, "https://mc.example.com") is None
    with pytest.raises(NotFoundError):
        become_first(session, secret, name="mallory")


def test_the_first_link_lives_a_quarter_of_an_hour(session: Session) -> None:
    with pytest.raises(NotFoundError, match="too old"):
        become_first(session, first_secret(session), later=timedelta(minutes=15))


def test_only_the_last_printed_first_link_works(session: Session) -> None:
    old, new = first_secret(session), first_secret(session)

    with pytest.raises(NotFoundError):
        become_first(session, old)
    become_first(session, new)


def test_a_first_link_used_by_two_at_once_makes_one_administrator(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        secret = first_secret(session)
    outcomes: list[str] = []

    def claim(name: str) -> None:
        try:
            with runtime.transaction() as session:
                become_first(session, secret, name=name)
            outcomes.append("made")
        except (NotFoundError, ConflictError):
            outcomes.append("refused")

    threads = [threading.Thread(target=claim, args=(name,)) for name in ("root", "mallory", "eve")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["made", "refused", "refused"]


def test_a_weak_password_does_not_use_the_link_up(session: Session) -> None:
    secret = first_secret(session)
    part = session.begin_nested()
    with pytest.raises(InvalidInputError):
        bootstrap.create_first_administrator(
            session, secret, email="root@example.com", name="root", password="123", now=NOW
        )
    part.rollback()

    become_first(session, secret)


def test_an_invitation_sets_a_password_once(session: Session) -> None:
    user, secret = users.invite(
        session, email="ada@example.com", name="Ada", roles=[Role.DATA_SCIENTIST], actor=ROOT, now=NOW
    )
    assert queries.user(session, user.id).status == "invited"  # type: ignore[union-attr]
    invited = bootstrap.invited_user(session, secret, now=NOW)
    assert invited is not None
    assert invited.id == user.id

    bootstrap.accept_invitation(session, secret, password=OTHER, now=NOW + timedelta(days=6))

    assert is_password(user.password_hash, OTHER)
    with pytest.raises(NotFoundError):
        bootstrap.accept_invitation(session, secret, password=PASSWORD, now=NOW)


def test_an_invitation_ends_after_a_week_and_with_the_account(session: Session) -> None:
    _, late = users.invite(session, email="ada@example.com", name="Ada", roles=[Role.ANALYST], actor=ROOT, now=NOW)
    with pytest.raises(NotFoundError):
        bootstrap.accept_invitation(session, late, password=OTHER, now=NOW + timedelta(days=7))

    user, secret = users.invite(session, email="bea@example.com", name="Bea", roles=[Role.ANALYST], actor=ROOT, now=NOW)
    users.disable(session, user.id, actor=ROOT, now=NOW)
    with pytest.raises(NotFoundError):
        bootstrap.accept_invitation(session, secret, password=OTHER, now=NOW)


def test_the_kinds_of_links_do_not_open_each_others_doors(session: Session) -> None:
    first = first_secret(session)
    _, invitation = users.invite(
        session, email="ada@example.com", name="Ada", roles=[Role.ANALYST], actor=ROOT, now=NOW
    )

    with pytest.raises(NotFoundError):
        become_first(session, invitation)
    with pytest.raises(NotFoundError):
        bootstrap.accept_invitation(session, first, password=OTHER, now=NOW)
    for nonsense in ("", "x" * 500, "\x00", "\ud800"):
        with pytest.raises(NotFoundError):
            links.find(session, nonsense, now=NOW)


def test_a_new_password_link_keeps_the_old_password_until_it_is_used(session: Session) -> None:
    user = make_user(session, password=PASSWORD)
    key = make_session(session, user)

    secret = users.new_password_link(session, user.id, actor=ROOT, now=NOW)
    assert is_password(user.password_hash, PASSWORD)
    bootstrap.accept_invitation(session, secret, password=OTHER, now=NOW)

    assert is_password(user.password_hash, OTHER)
    assert sessions.actor_of(session, key, address="", now=NOW) is None


def test_an_address_belongs_to_one_account_however_it_is_written(session: Session) -> None:
    make_user(session)

    with pytest.raises(ConflictError, match="already an account"):
        users.create(session, email=" ADA@example.com ", name="x", roles=[Role.ANALYST], actor=ROOT, now=NOW)
    assert users.by_email(session, "Ada@Example.com") is not None


@pytest.mark.parametrize("email", ["", "ada", "@example.com", "ada@", "a b@example.com", "ada@exam\nple.com", "x@y<z>"])
def test_what_is_no_address_is_refused(session: Session, email: str) -> None:
    with pytest.raises(InvalidInputError):
        users.create(session, email=email, name="Ada", roles=[Role.ANALYST], actor=ROOT, now=NOW)


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\x00b", "a\x1bb"])
def test_what_is_no_name_is_refused(session: Session, name: str) -> None:
    with pytest.raises(InvalidInputError):
        users.create(session, email="ada@example.com", name=name, roles=[Role.ANALYST], actor=ROOT, now=NOW)


def test_a_role_counts_at_the_next_request(session: Session) -> None:
    user = make_user(session, "erin")
    key = make_session(session, user)
    before = sessions.actor_of(session, key, address="", now=NOW)
    assert before is not None
    assert not before.may(Permission.RULES_WRITE)

    users.set_roles(session, user.id, [Role.EXECUTIVE, Role.DEVOPS], actor=ROOT, now=NOW)

    after = sessions.actor_of(session, key, address="", now=NOW)
    assert after is not None
    assert after.may(Permission.RULES_WRITE)
    with pytest.raises(InvalidInputError, match="at least one role"):
        users.set_roles(session, user.id, [], actor=ROOT, now=NOW)


def test_the_last_administrator_stays_one(session: Session) -> None:
    root = make_user(session, "root", password=PASSWORD)
    make_user(session, "invited", roles=[Role.ADMIN])  # cannot sign in yet

    with pytest.raises(ConflictError, match="last administrator"):
        users.set_roles(session, root.id, [Role.ANALYST], actor=ROOT, now=NOW)
    with pytest.raises(ConflictError, match="last administrator"):
        users.disable(session, root.id, actor=ROOT, now=NOW)

    make_user(session, "dev", roles=[Role.ADMIN], password=PASSWORD)
    users.disable(session, root.id, actor=ROOT, now=NOW)


def test_two_administrators_cannot_remove_each_other_at_once(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        ids = [make_user(session, name, roles=[Role.ADMIN], password=PASSWORD).id for name in ("root", "dev")]
    outcomes: list[str] = []

    def remove(place: int) -> None:
        try:
            with runtime.transaction() as session:
                users.disable(session, ids[place], actor=ROOT, now=NOW)
            outcomes.append("removed")
        except ConflictError:
            outcomes.append("refused")

    threads = [threading.Thread(target=remove, args=(place,)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["refused", "removed"]


def test_ones_own_profile_is_changed_by_oneself_only(session: Session) -> None:
    user = make_user(session)
    key = make_session(session, user)
    actor = sessions.actor_of(session, key, address="127.0.0.1", now=NOW)
    assert actor is not None

    users.update_profile(session, name="Ada L.", timezone="Europe/Paris", theme="dark", actor=actor, now=NOW)

    changed = sessions.actor_of(session, key, address="", now=NOW)
    assert changed is not None
    assert (changed.name, changed.timezone, changed.theme) == ("Ada L.", "Europe/Paris", "dark")
    for field in ({"timezone": "Mars/Olympus"}, {"theme": "neon"}, {"name": ""}):
        given = {"name": "Ada", "timezone": "UTC", "theme": "light"} | field
        with pytest.raises(InvalidInputError):
            users.update_profile(session, **given, actor=actor, now=NOW)
    with pytest.raises(NotFoundError):
        users.update_profile(session, name="x", timezone="UTC", theme="dark", actor=make_actor(), now=NOW)


def test_each_deed_is_written_down_without_secrets(session: Session) -> None:
    user = make_user(session, password=PASSWORD)
    users.set_roles(session, user.id, [Role.DEVOPS], actor=ROOT, now=NOW)
    users.set_password(session, user, OTHER, actor=ROOT, now=NOW)
    users.disable(session, user.id, actor=ROOT, now=NOW)
    users.enable(session, user.id, actor=ROOT, now=NOW)
    session.flush()

    written = audit.events(session)

    assert [each.action for each in written] == [
        "user.enabled",
        "user.disabled",
        "user.password_changed",
        "user.roles_changed",
        "user.created",
    ]
    assert {each.actor for each in written} == {"root"}
    assert {each.subject for each in written} == {"user:ada@example.com"}
    changed = written[3]
    assert (changed.before or {})["roles"] == ["data_scientist"]
    assert (changed.after or {})["roles"] == ["devops"]
    assert "argon2" not in repr(written)
    assert OTHER not in repr(written)
    assert audit.events(session, before_id=written[1].id, limit=1) == [written[2]]
