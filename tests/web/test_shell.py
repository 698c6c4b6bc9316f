"""The frame of every screen: who sees which way, what goes along, and what is told without being asked."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.factories import NOW
from tests.integration.alerting.helpers import MINUTE, play, save
from tests.web.firing import URL, asked, changed, fire, texts, told
from webapp.accounts.permissions import Role
from webapp.web import frame
from webapp.web.router import rendered


def first_layout(client: Any, path: str) -> Any:
    return client.get("/_dash-layout", headers={"Referer": f"http://localhost{path}"}).get_json()


@pytest.fixture
def root(client_of) -> Any:
    return client_of(Role.ADMIN)


def test_the_first_layout_already_holds_the_page_and_the_navigation(root):
    words = texts(first_layout(root, "/administration/users"))

    assert "Who has an account, and what they may do." in words
    assert "Administration" in words
    assert "root@example.com" in words


def test_the_navigation_holds_what_one_may_open_and_nothing_else(client_of):
    words = texts(first_layout(client_of(Role.EXECUTIVE), "/profile"))

    assert "Executive" in words
    assert "Audit log" not in words
    assert "Model performance" not in words


def test_what_was_chosen_is_kept_over_pages_without_a_choice(root):
    data, profile = page_at(root, "/technical/data"), page_at(root, "/profile")

    shown = rendered("/technical/data", "?model=churn&range=7d&text=x", "Data quality", page=data)
    after = rendered("/profile", "", "Profile", page=profile, before=shown)

    assert shown["kept"] == {"model": "churn", "range": "7d"}
    assert after["kept"] == {"model": "churn", "range": "7d"}


def test_what_a_browser_says_was_kept_is_not_believed_beyond_its_names(root):
    page = page_at(root, "/profile")

    assert rendered("/profile", "", "Profile", page=page, before={"kept": {"evil": "1", "range": "7d"}})["kept"] == {
        "range": "7d"
    }
    assert rendered("/profile", "", "Profile", page=page, before={"kept": "no"})["kept"] == {}


def page_at(client: Any, path: str) -> Any:
    return client.application.extensions["mission_control_pages"].page_at(path)


def test_links_carry_the_choice_only_to_pages_that_know_it(root):
    pages = [page_at(root, "/technical/data"), page_at(root, "/administration/users")]

    links = [
        each.href for each in frame.navigation(pages, "/", {"model": "churn", "range": "7d"}) if hasattr(each, "href")
    ]

    assert links == ["/technical/data?model=churn&range=7d", "/administration/users"]


def test_the_live_state_counts_open_alerts_and_names_the_newest(root, runtime):
    with runtime.transaction() as session:
        save(session)
        for number in range(2):
            play(session, [85], instance=f"api-{number}", start=NOW + number * MINUTE)

    answer = changed(fire(root, "live-tick.n_intervals"))

    assert "2" in texts(answer["bell"])
    assert "2 open alerts" in json.dumps(answer["bell"])
    assert "/alerts/" in json.dumps(answer["bell-sheet"])


def test_without_alerts_the_bell_is_quiet(root):
    answer = changed(fire(root, "live-tick.n_intervals"))

    assert "No open alerts" in json.dumps(answer["bell"])
    assert "Nothing needs attention." in texts(answer["bell-sheet"])


def test_listening_to_the_live_state_keeps_no_session_awake(root, runtime, clock):
    body = asked(root, "live-tick.n_intervals")

    clock.at += timedelta(minutes=20)
    assert root.post(URL, json=body, headers=root.csrf).status_code == 200
    clock.at += timedelta(minutes=20)

    assert root.get("/profile").status_code == 302


def test_a_theme_that_is_none_is_refused(root):
    assert "Choose a theme" in told(fire(root, "theme-choice.value", theme_choice="neon"))
