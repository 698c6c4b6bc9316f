"""The administration pages: what is shown to whom, and what their buttons do."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.web.firing import changed, fire, texts, told
from webapp.accounts import audit, queries, tokens, users
from webapp.accounts.actor import SYSTEM
from webapp.accounts.permissions import Role

Clients = Callable[..., Any]


@pytest.fixture
def root(client_of: Clients) -> Any:
    return client_of(Role.ADMIN)


def act(client: Any, action: str, user_id: Any) -> Any:
    return fire(client, {"id": {"type": "users-act", "action": action, "user": str(user_id)}, "property": "n_clicks"})


def test_an_invitation_shows_its_link_once_and_lists_the_guest(root, runtime):
    answer = changed(
        fire(
            root,
            "users-invite-send.n_clicks",
            users_invite_email="bea@example.com",
            users_invite_name="Bea",
            users_invite_roles=["analyst"],
        )
    )

    shown = texts(answer["users-invite-body"])
    secret = re.search(r"/invitation/([\w-]+)", shown)
    assert secret
    assert root.application.test_client().get(f"/invitation/{secret[1]}").status_code == 200
    assert "bea@example.com" in texts(answer["users-list"])


def test_an_invitation_without_a_role_says_what_is_missing(root):
    answer = fire(root, "users-invite-send.n_clicks", users_invite_email="bea@example.com", users_invite_name="Bea")

    assert told(answer) == "Choose at least one role."


def test_roles_are_changed_from_the_row(root, runtime, make_user):
    ada = make_user(Role.DATA_SCIENTIST)

    dialog = changed(act(root, "roles", ada.id))["users-dialog-place"]
    fire(root, "users-save-roles.n_clicks", users_new_roles=["devops", "oncall"], users_subject=str(ada.id))

    assert "Roles of Ada" in texts(dialog)
    with runtime.transaction() as session:
        assert queries.user(session, ada.id).roles == (Role.DEVOPS, Role.ONCALL)


def test_the_last_administrator_cannot_be_disabled_from_the_screen(root, runtime):
    with runtime.transaction() as session:
        own = users.by_email(session, "root@example.com")

    answer = fire(root, "users-disable.n_clicks", users_subject=str(own.id))

    assert "last administrator" in told(answer)


def test_a_disabled_user_can_be_enabled_again(root, runtime, make_user):
    omar = make_user(Role.ONCALL)

    fire(root, "users-disable.n_clicks", users_subject=str(omar.id))
    with runtime.transaction() as session:
        assert queries.user(session, omar.id).is_disabled
    act(root, "enable", omar.id)

    with runtime.transaction() as session:
        assert not queries.user(session, omar.id).is_disabled


def test_a_password_link_is_made_from_the_row(root, make_user):
    answer = changed(act(root, "link", make_user(Role.DEVOPS).id))

    assert "/invitation/" in texts(answer["users-dialog-place"])


def test_an_auditor_sees_users_and_may_change_nothing(client_of):
    ari = client_of(Role.AUDITOR)

    listed = {callback["output"] for callback in ari.get("/_dash-dependencies").get_json()}

    assert ari.get("/administration/users").status_code == 200
    assert not any("users-" in output for output in listed)


@pytest.mark.parametrize("role", [Role.EXECUTIVE, Role.DATA_SCIENTIST, Role.DEVOPS, Role.ANALYST, Role.ONCALL])
@pytest.mark.parametrize("page", ["users", "tokens", "audit"])
def test_administration_is_closed_to_everybody_else(client_of, role, page):
    assert client_of(role).get(f"/administration/{page}").status_code == 403


def test_a_token_is_shown_once_and_works(root, runtime):
    answer = changed(
        fire(
            root,
            "tokens-new-make.n_clicks",
            tokens_new_name="churn service",
            tokens_new_scopes=["ingest:*"],
            tokens_new_lifetime="90",
        )
    )

    text = re.search(r"mc_[0-9a-z]{10}_[0-9a-f]{48}", texts(answer["tokens-new-body"]))
    assert text
    with runtime.transaction() as session:
        assert tokens.actor_of(session, text[0], address="", now=runtime.clock.now()) is not None
    assert text[0] not in texts(answer["tokens-list"])


def test_a_token_is_revoked_after_asking(root, runtime):
    with runtime.transaction() as session:
        made = tokens.create(session, name="old", scopes=["read"], actor=SYSTEM, now=runtime.clock.now())

    dialog = changed(fire(root, {"id": {"type": "tokens-revoke", "token": str(made.id)}, "property": "n_clicks"}))
    fire(root, "tokens-sure.n_clicks", tokens_subject=str(made.id))

    assert "cannot be taken back" in texts(dialog)
    with runtime.transaction() as session:
        assert tokens.actor_of(session, made.text, address="", now=runtime.clock.now()) is None


def test_a_token_without_a_lifetime_that_is_offered_is_refused(root):
    answer = fire(
        root, "tokens-new-make.n_clicks", tokens_new_name="x", tokens_new_scopes=["read"], tokens_new_lifetime="9999"
    )

    assert told(answer) == "Choose after how long the token ends."


def test_the_audit_log_is_read_page_by_page(client_of, runtime, clock):
    ari = client_of(Role.AUDITOR)
    with runtime.transaction() as session:
        for number in range(60):
            clock.at += timedelta(seconds=1)
            audit.record(session, "rule.saved", actor=SYSTEM, subject=f"rule:{number}", now=clock.at)

    first = page_of(ari, "")
    oldest_shown = re.search(r"\?before=(\d+)", first)
    assert oldest_shown
    second = page_of(ari, f"?before={oldest_shown[1]}")

    assert "rule:59" in first
    assert "rule:9" not in first.split()
    assert "rule:9" in second.split()


def test_the_audit_log_shows_text_as_text(client_of, runtime):
    with runtime.transaction() as session:
        audit.record(
            session, "rule.saved", actor=SYSTEM, subject="<img src=x>", now=runtime.clock.now(), after={"a": "<b>"}
        )

    assert "<img src=x>" in page_of(client_of(Role.AUDITOR), "")


def test_a_place_in_the_log_that_is_none_is_a_sentence(client_of):
    assert "no such place in the log" in page_of(client_of(Role.AUDITOR), "?before=0x1")


def page_of(client: Any, query: str) -> str:
    """Return the words of a page of the log, as the first layout carries them."""
    origin = f"http://localhost/administration/audit{query}"
    return texts(client.get("/_dash-layout", headers={"Referer": origin}).get_json())
