"""The list of the inbox over its callbacks: what it shows, and what it keeps in place."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from tests.web import alarms
from tests.web.firing import changed, fire, texts
from tests.web.inbox import do, page_of, props_of, shown_on
from webapp.accounts.permissions import Role
from webapp.alerting import lifecycle, queries
from webapp.alerting.queries import InboxFilters
from webapp.web.callbacks import is_passive


@pytest.fixture
def alerts(runtime):
    return list(alarms.fire(runtime, "api-1", "api-2", "api-3"))


def test_words_of_people_stay_words(client_of, runtime, alerts):
    with runtime.transaction() as session:
        actor = alarms.ROOT
        text = "<img src=x onerror=alert(1)>"
        lifecycle.comment(session, alerts[0], text=text, actor=actor, now=runtime.clock.now())

    page = page_of(client_of(Role.ONCALL), f"/alerts/{alerts[0]}")

    assert text in texts(props_of(page, "alert-timeline"))
    assert "dangerously" not in str(page)


def test_the_address_says_what_is_shown(client_of, runtime, alerts):
    omar = client_of(Role.ONCALL)
    do(omar, "acknowledge", alerts[:1])

    def names(query: str) -> str:
        return texts(props_of(page_of(omar, f"/alerts?{query}"), "inbox-rows"))

    assert "api-1" not in names("")
    assert "api-1" in names("tab=acknowledged")
    assert "api-2" in names("severity=high,critical&type=resource_exhaustion&age=1h")
    assert set(names("severity=low").split()) == {"inbox-rows", "mc-alerts", "Alerts"}
    assert "api-3" in names("q=api-3")
    assert "api-2" not in names("q=api-3")
    assert "api-2" not in names("assignee=mine")
    assert "api-2" in names("severity=no-such-word&age=never&tab=nowhere")


def test_another_view_in_the_address_is_asked_for_once(client_of, alerts):
    omar = client_of(Role.ONCALL)
    held = {"inbox_shown": shown_on(omar)["inbox_shown"]}

    def ask(search: str, path: str = "/alerts") -> Any:
        return call_show(omar, search, path, held)

    assert "inbox-rows" in changed(ask("?q=api-3"))
    assert ask("").status_code == 204
    assert ask("?alert=" + str(alerts[0])).status_code == 204
    assert ask("?q=api-3", "/executive").status_code == 204


def call_show(client: Any, search: str, path: str, held: dict[str, Any]) -> Any:
    for callback in client.get("/_dash-dependencies").get_json():
        inputs = [f"{each['id']}.{each['property']}" for each in callback["inputs"]]
        if inputs == ["location.search", "inbox-refresh.data"]:
            names = [part.rpartition(".") for part in callback["output"].strip(".").split("...")]
            body = {
                "output": callback["output"],
                "outputs": [{"id": name, "property": prop} for name, _, prop in names],
                "inputs": [
                    {"id": "location", "property": "search", "value": search},
                    {"id": "inbox-refresh", "property": "data", "value": None},
                ],
                "state": [
                    {"id": "location", "property": "pathname", "value": path},
                    {"id": "inbox-shown", "property": "data", "value": held["inbox_shown"]},
                ],
                "changedPropIds": ["location.search"],
            }
            return client.post("/_dash-update-component", json=body, headers=client.csrf)
    raise AssertionError("the inbox does not listen to the address")


def test_while_nothing_happens_nothing_is_sent(client_of, alerts):
    omar = client_of(Role.ONCALL)

    assert fire(omar, "live-inbox.n_intervals", **shown_on(omar)).status_code == 204


def test_what_is_new_is_counted_and_what_was_done_elsewhere_is_shown(client_of, runtime, alerts, clock):
    omar = client_of(Role.ONCALL)
    held = shown_on(omar)
    do(client_of(Role.DEVOPS), "acknowledge", alerts[:1])
    clock.at += timedelta(minutes=1)
    alarms.fire(runtime, "api-4", "api-5")

    answer = changed(fire(omar, "live-inbox.n_intervals", **held))

    assert "2 new · 1 done" in texts(answer["inbox-new"])
    assert "Dev, 12:00" in texts(answer["inbox-rows"])
    assert "api-4" not in texts(answer["inbox-rows"])
    assert answer["inbox-shown"]["data"]["ids"] == held["inbox_shown"]["ids"]


def test_a_tick_is_no_sign_of_a_person(client_of, alerts):
    page = page_of(client_of(Role.ONCALL), f"/alerts?alert={alerts[0]}")

    for name in ("live-inbox", "live-panel"):
        assert props_of(page, name)["interval"] <= 5_000
        assert is_passive({"changedPropIds": [f"{name}.n_intervals"]})


def test_more_rows_follow_and_none_twice(client_of, runtime, clock):
    alarms.fire(runtime, *[f"node-{number}" for number in range(60)])
    omar = client_of(Role.ONCALL)
    held = shown_on(omar)

    answer = changed(fire(omar, "inbox-more-wanted.data", **held))

    ids = answer["inbox-shown"]["data"]["ids"]
    assert len(held["inbox_shown"]["ids"]) == 50
    assert len(ids) == len(set(ids)) == 60
    assert answer["inbox-shown"]["data"]["next"] is None


def test_an_alert_says_what_is_wrong_and_what_to_do(client_of, alerts):
    words = texts(page_of(client_of(Role.ONCALL), f"/alerts/{alerts[0]}"))

    for part in ("High CPU: api-1", "95.0%", "> 90%", "5.0% above", "Look at the machine.", "High CPU", "api-1"):
        assert part in words


@pytest.mark.parametrize("name", ["nonsense", "0cb1798f-a24f-4c78-bd1d-5510cf8f1ef7"])
def test_an_alert_that_is_none_is_a_page_that_says_so(client_of, name):
    omar = client_of(Role.ONCALL)

    assert "no" in texts(page_of(omar, f"/alerts/{name}"))
    assert "not there" in texts(page_of(omar, f"/alerts?alert={uuid4()}"))


def test_an_alert_on_the_screen_is_kept_up_to_date(client_of, runtime, alerts):
    omar = client_of(Role.ONCALL)
    page = page_of(omar, f"/alerts/{alerts[0]}")
    subject = props_of(page, "alert-subject")["data"]
    assert fire(omar, "live-alert.n_intervals", alert_subject=subject).status_code == 204

    do(client_of(Role.DEVOPS), "acknowledge", alerts[:1])
    answer = changed(fire(omar, "live-alert.n_intervals", alert_subject=subject))

    assert "Dev, 12:00" in texts(answer["alert-now"])
    assert "Acknowledged by Dev." in texts(answer["alert-timeline"])


def test_opening_the_inbox_takes_few_statements(client_of, runtime, clock):
    alarms.fire(runtime, *[f"node-{number}" for number in range(60)])
    omar, statements = client_of(Role.ONCALL), []
    page_of(omar, "/alerts")
    event.listen(runtime.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))

    page_of(omar, "/alerts")

    with runtime.transaction() as session:
        assert queries.counts(session, InboxFilters())["open"] == 60
    assert len(statements) < 22
