"""Roles and scopes give exactly what the map says; nobody but services writes events."""

import pytest

from tests.factories import make_actor
from webapp.accounts.actor import SYSTEM, Actor, ActorKind
from webapp.accounts.permissions import (
    LANDING,
    ROLES,
    SCOPES,
    Permission,
    Role,
    landing_page,
    permissions_of,
    permissions_of_scopes,
    roles_allowing,
)
from webapp.core.errors import ForbiddenError

MANAGING = {Permission.USERS_WRITE, Permission.TOKENS_WRITE, Permission.USERS_READ, Permission.TOKENS_READ}


@pytest.mark.parametrize("role", Role)
def test_every_role_reads_the_overview_and_itself_and_writes_no_events(role: Role) -> None:
    granted = permissions_of([role])

    assert {Permission.DASHBOARDS_OVERVIEW, Permission.PROFILE_SELF, Permission.MODELS_READ} <= granted
    assert Permission.EVENTS_WRITE not in granted
    assert role.label


def test_roles_add_up() -> None:
    both = permissions_of([Role.EXECUTIVE, Role.ONCALL])

    assert both == ROLES[Role.EXECUTIVE] | ROLES[Role.ONCALL]
    assert permissions_of([]) == frozenset()


def test_only_administrators_change_people_and_tokens() -> None:
    assert roles_allowing(Permission.USERS_WRITE) == (Role.ADMIN,)
    assert roles_allowing(Permission.TOKENS_WRITE) == (Role.ADMIN,)
    assert roles_allowing(Permission.EVENTS_WRITE) == ()


def test_an_auditor_reads_everything_and_changes_nothing() -> None:
    granted = permissions_of([Role.AUDITOR])

    assert {each for each in Permission if each.endswith(":read")} <= granted
    assert not any(each.endswith((":write", ":resolve", ":acknowledge", ":assign")) for each in granted)


@pytest.mark.parametrize("scopes", [["read"], ["alerts"], ["write"], ["read", "alerts", "write", "ingest:*"]])
def test_no_token_manages_people_or_tokens(scopes: list[str]) -> None:
    assert MANAGING.isdisjoint(permissions_of_scopes(scopes))
    assert Permission.PROFILE_SELF not in permissions_of_scopes(scopes)


def test_an_ingest_token_only_writes_events() -> None:
    assert permissions_of_scopes(["ingest:*"]) == {Permission.EVENTS_WRITE}
    assert permissions_of_scopes(["ingest:churn"]) == {Permission.EVENTS_WRITE}
    assert all(Permission.EVENTS_WRITE not in granted for granted in SCOPES.values())


def test_the_names_of_models_in_scopes_are_exact() -> None:
    def token(*scopes: str) -> Actor:
        return Actor(ActorKind.TOKEN, "t", permissions_of_scopes(scopes), scopes=frozenset(scopes))

    one, every = token("ingest:churn"), token("ingest:*")
    assert [one.may_ingest(name) for name in ("churn", "churn2", "chur", "*", "")] == [True, False, False, False, False]
    assert not one.may_create_models
    assert every.may_ingest("anything")
    assert every.may_create_models
    assert not token("read").may_ingest("churn")


def test_everybody_begins_at_a_page_of_their_role() -> None:
    assert [landing_page([role]) for role in Role] == [LANDING.get(role, "/profile") for role in Role]
    assert landing_page([]) == "/profile"
    first = next(iter(LANDING))
    assert landing_page(list(Role)) == LANDING[first]


def test_a_missing_permission_is_a_sentence() -> None:
    with pytest.raises(ForbiddenError, match="rules:write"):
        make_actor(Role.EXECUTIVE).require(Permission.RULES_WRITE)
    make_actor(Role.DEVOPS).require(Permission.RULES_WRITE)
    assert not SYSTEM.may(Permission.PROFILE_SELF)
