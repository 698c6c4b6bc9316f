"""Views of the inbox over its callbacks: kept with what is known of an address alone, chosen, and looked after."""

from typing import Any
from uuid import uuid4

import pytest

from tests.web import alarms
from tests.web.firing import changed, fire, texts
from tests.web.test_inbox import page_of, props_of
from webapp.accounts.permissions import Role


@pytest.fixture(autouse=True)
def alerts(runtime):
    return list(alarms.fire(runtime, "api-1", "api-2"))


def save(client: Any, name: str, search: str = "?q=api-2&severity=high&nonsense=1", options: Any = ()) -> Any:
    return changed(
        fire(
            client,
            "inbox-view-save.n_clicks",
            inbox_view_name=name,
            inbox_view_options=list(options),
            location=search,
        )
    )


def look_after(client: Any, deed: str, view: str, name: str = "") -> Any:
    asked = {"deed": deed, "id": view, "name": name}
    return changed(fire(client, "inbox-views-asked.data", inbox_views_asked=asked, location=""))


def menu_of(client: Any, address: str = "/alerts?tab=open") -> str:
    return str(props_of(page_of(client, address), "inbox-views"))


def id_of(client: Any) -> str:
    found = str(props_of(page_of(client, "/alerts?tab=open"), "inbox-views-list"))
    return found.partition("'data-view': '")[2][:36]


def test_only_what_is_known_of_the_address_is_kept(client_of):
    omar = client_of(Role.ONCALL)

    answer = save(omar, "Second machine")

    assert answer["inbox-view-dialog"]["is_open"] is False
    assert "/alerts?severity=high&q=api-2" in str(answer["inbox-views"])
    assert "nonsense" not in str(answer)
    assert "is-current" in menu_of(omar, "/alerts?q=api-2&severity=high")
    assert "is-current" not in menu_of(omar)


def test_a_fault_is_a_sentence_in_the_dialog(client_of):
    answer = save(client_of(Role.ONCALL), " ")

    assert "Give the view a name" in texts(answer["inbox-view-error"])


def test_an_inbox_opens_with_the_view_that_one_begins_with(client_of):
    omar = client_of(Role.ONCALL)
    save(omar, "Second machine", options=["begin"])

    page = page_of(omar, "/alerts")

    assert "api-2" in texts(props_of(page, "inbox-rows"))
    assert "api-1" not in texts(props_of(page, "inbox-rows"))
    assert "'data-mc-begins': '/alerts?severity=high&q=api-2'" in str(page)
    assert "api-1" in texts(props_of(page_of(omar, "/alerts?tab=open"), "inbox-rows"))
    assert "data-mc-begins" not in str(page_of(client_of(Role.DEVOPS), "/alerts"))


def test_what_is_shared_is_offered_to_all_and_changed_by_its_author(client_of):
    omar, erin = client_of(Role.ONCALL), client_of(Role.EXECUTIVE)
    save(omar, "Second machine", options=["shared"])

    assert "Second machine" in menu_of(erin)
    assert "by Omar" in menu_of(erin)
    refused = look_after(erin, "rename", id_of(omar), "Mine now")
    assert "belongs to somebody else" in texts(refused["inbox-views-error"])
    look_after(omar, "unshare", id_of(omar))
    assert "Second machine" not in menu_of(erin)


def test_a_view_is_renamed_begun_with_and_deleted(client_of):
    omar = client_of(Role.ONCALL)
    save(omar, "Second machine")
    view = id_of(omar)

    assert "Number two" in str(look_after(omar, "rename", view, "Number two")["inbox-views"])
    assert "first" in texts(look_after(omar, "begin", view)["inbox-views"])
    assert "first" not in texts(look_after(omar, "begin_plain", view)["inbox-views"])
    assert "No views yet" in texts(look_after(omar, "delete", view)["inbox-views-list"])
    assert "not there any more" in texts(look_after(omar, "delete", view)["inbox-views-error"])


@pytest.mark.parametrize("asked", [("explode", str(uuid4())), ("rename", "x"), ("begin", str(uuid4()))])
def test_what_no_screen_asks_for_is_refused_in_a_sentence(client_of, asked):
    assert texts(look_after(client_of(Role.ONCALL), *asked)["inbox-views-error"])


def test_words_of_people_stay_words(client_of):
    omar = client_of(Role.ONCALL)

    save(omar, "<img src=x onerror=alert(1)>")

    assert "<img src=x onerror=alert(1)>" in menu_of(omar)
