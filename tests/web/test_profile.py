"""The profile: what somebody changes about themselves, and cannot change about others."""

import re
from typing import Any

import pytest

from tests.conftest import PASSWORD
from tests.web.firing import changed, fire, texts, told
from webapp.accounts import passwords, sessions, tokens, users
from webapp.accounts.permissions import Role
from webapp.web.views.devices import device


@pytest.fixture
def ada(client_of) -> Any:
    return client_of(Role.DATA_SCIENTIST)


def row_of(runtime, email="ada@example.com"):
    with runtime.transaction() as session:
        return users.by_email(session, email)


def session_ids(runtime, email="ada@example.com"):
    with runtime.transaction() as session:
        found = sessions.open_sessions(session, users.by_email(session, email).id, now=runtime.clock.now())
    return {each.id for each in found}


def test_name_zone_and_theme_are_kept(ada, runtime):
    answer = fire(
        ada, "profile-save.n_clicks", profile_name="Ada L.", profile_zone="Europe/Paris", profile_theme="dark"
    )

    row = row_of(runtime)
    assert (row.name, row.timezone, row.theme) == ("Ada L.", "Europe/Paris", "dark")
    assert changed(answer)["theme-choice"]["value"] == "dark"


def test_a_time_zone_that_is_none_is_a_sentence(ada, runtime):
    answer = fire(ada, "profile-save.n_clicks", profile_name="Ada", profile_zone="Mars/Olympus", profile_theme="dark")

    assert "not a time zone" in told(answer)
    assert row_of(runtime).timezone == "UTC"


def test_the_theme_of_the_menu_is_kept(ada, runtime):
    fire(ada, "theme-choice.value", theme_choice="light")

    assert row_of(runtime).theme == "light"


def test_changing_the_password_ends_the_other_sessions(ada, client_of, runtime):
    other = client_of(Role.DATA_SCIENTIST)
    new = "harbour lantern velvet cactus"

    answer = fire(ada, "profile-change.n_clicks", profile_current=PASSWORD, profile_new_password=new)

    assert "password is changed" in told(answer)
    assert passwords.is_password(row_of(runtime).password_hash, new)
    assert ada.get("/profile").status_code == 200
    assert other.get("/profile").status_code == 302


def test_a_wrong_current_password_changes_nothing(ada, runtime):
    answer = fire(
        ada, "profile-change.n_clicks", profile_current="no", profile_new_password="harbour lantern velvet cactus"
    )

    assert told(answer) == "The current password is not right."
    assert passwords.is_password(row_of(runtime).password_hash, PASSWORD)


def test_another_session_is_ended_from_the_list(ada, client_of, runtime):
    own = session_ids(runtime)
    other = client_of(Role.DATA_SCIENTIST)
    (its_id,) = session_ids(runtime) - own

    answer = fire(ada, {"id": {"type": "profile-end", "session": str(its_id)}, "property": "n_clicks"})

    assert told(answer) == "Signed out there."
    assert other.get("/profile").status_code == 302
    assert ada.get("/profile").status_code == 200


def test_all_other_sessions_end_at_once(ada, client_of):
    others = [client_of(Role.DATA_SCIENTIST) for _ in range(2)]

    fire(ada, "profile-end-others.n_clicks")

    assert [each.get("/profile").status_code for each in others] == [302, 302]
    assert ada.get("/profile").status_code == 200


def test_the_session_of_somebody_else_cannot_be_ended(ada, client_of, runtime):
    omar = client_of(Role.ONCALL)
    with runtime.transaction() as session:
        his = sessions.open_sessions(session, row_of(runtime, "omar@example.com").id, now=runtime.clock.now())[0]

    answer = fire(ada, {"id": {"type": "profile-end", "session": str(his.id)}, "property": "n_clicks"})

    assert told(answer) == "This session has already ended."
    assert omar.get("/profile").status_code == 200


def test_a_token_of_ones_own_never_does_more_than_oneself(ada, client_of, runtime):
    erin = client_of(Role.EXECUTIVE)

    answer = changed(
        fire(
            erin,
            "profile-token-make.n_clicks",
            profile_token_name="notebook",
            profile_token_scopes=["write"],
            profile_token_lifetime="30",
        )
    )

    text = re.search(r"mc_[0-9a-z]{10}_[0-9a-f]{48}", texts(answer["profile-token-body"]))
    assert text
    with runtime.transaction() as session:
        holder = tokens.actor_of(session, text[0], address="", now=runtime.clock.now())
    assert holder is not None
    assert not holder.may("rules:write")
    assert holder.may("reports:read")


def test_a_personal_token_cannot_send_events(ada):
    answer = fire(
        ada,
        "profile-token-make.n_clicks",
        profile_token_name="x",
        profile_token_scopes=["ingest:*"],
        profile_token_lifetime="30",
    )

    assert "administrator" in told(answer)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Safari/537.36",
            "Chrome on Linux",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19 Safari/604",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        ("curl/8.5", "curl"),
        ("", "Unknown device"),
    ],
)
def test_a_browser_is_named_in_words(agent, words):
    assert device(agent) == words
