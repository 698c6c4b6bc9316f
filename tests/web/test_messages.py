"""Who was told of an alert, who was not and why: on the alert, in the list of messages, over HTTP."""

from datetime import timedelta

import pytest

from tests.factories import ROOT
from tests.integration.notifications.stage import Stage
from tests.web.dashboards import page, words
from webapp.accounts.permissions import Role
from webapp.alerting.grouping import Policy
from webapp.alerting.muting import silence_queries, silences, watch
from webapp.alerting.muting.matchers import parse
from webapp.core.ids import uuid7

SHORT = Policy(("rule",), timedelta(seconds=2), timedelta(seconds=4), timedelta(hours=4))


@pytest.fixture
def told(runtime, clock):
    """Two alerts that people were told of together, and one that a silence holds."""
    with runtime.transaction() as session:
        stage = Stage(session, SHORT, start=clock.now() - timedelta(minutes=10))
        plan = silences.Plan(
            matchers=parse("name=C"), comment="a new machine", ends_at=clock.now() + timedelta(hours=1)
        )
        silences.create(session, plan, actor=ROOT, now=stage.start, confirmed=True)
        found = [stage.fire(name, 0) for name in "ABC"]
        stage.tell(0)
        stage.tell(2)
    return found


def test_an_alert_says_who_was_told_and_with_how_many_others(client_of, told):
    shown = words(page(client_of(Role.ONCALL), f"/alerts/{told[0]}"))

    assert "Everybody who sees alerts, in the app" in shown
    assert "It fires, high." in shown
    assert "With 1 other alert." in shown


def test_an_alert_under_a_silence_says_that_nobody_was_told_and_why(client_of, told):
    shown = words(page(client_of(Role.ONCALL), f"/alerts/{told[2]}"))

    assert "Nobody, under a silence" in shown
    assert "a new machine" in shown


def test_an_alert_that_has_just_begun_says_when_it_is_told(client_of, runtime, clock):
    with runtime.transaction() as session:
        stage = Stage(session, Policy(), start=clock.now())
        alert = stage.fire("A", 0)
        stage.tell(0)

    assert "Its group gathers others and is told at" in words(page(client_of(Role.ONCALL), f"/alerts/{alert}"))


def test_an_alert_that_nothing_holds_any_more_says_when_it_is_told(client_of, runtime, clock, told):
    omar = client_of(Role.ONCALL)
    assert "it is told at" not in words(page(omar, f"/alerts/{told[2]}"))

    with runtime.transaction() as session:
        (silence,) = silence_queries.silences(session, now=clock.now())
        silences.end(session, silence.id, actor=ROOT, now=clock.now())
        watch.refresh(session, now=clock.now())

    assert "Nothing holds it any more; it is told at" in words(page(omar, f"/alerts/{told[2]}"))


def test_messages_are_listed_with_their_alerts(client_of, told):
    shown = words(page(client_of(Role.EXECUTIVE), "/messages"))

    assert "X · X firing" in shown
    assert "To: everybody who sees alerts, in the app." in shown


def test_without_messages_the_page_says_what_will_be_there(client_of):
    assert "Nobody was told anything yet" in words(page(client_of(Role.ONCALL), "/messages"))


def test_messages_come_over_http_page_by_page(client_of, runtime, clock):
    with runtime.transaction() as session:
        stage = Stage(session, SHORT, start=clock.now() - timedelta(minutes=10))
        for rule in "abc":
            stage.fire("A", 0, rule=rule)
        stage.tell(0)
        stage.tell(2)
    omar = client_of(Role.ONCALL)

    first = omar.get("/api/v1/notifications?limit=2").get_json()
    rest = omar.get(f"/api/v1/notifications?limit=2&before={first['next']}").get_json()

    titles = [each["title"] for each in (*first["notifications"], *rest["notifications"])]
    assert sorted(titles) == ["a firing", "b firing", "c firing"]
    assert rest["next"] is None


def test_who_was_told_of_one_alert_comes_over_http(client_of, told):
    found = client_of(Role.ONCALL).get(f"/api/v1/alerts/{told[2]}/notifications").get_json()

    assert [(each["state"], each["because"]) for each in found["tellings"]] == [("held", "silenced")]
    assert found["next_look_at"] is not None


@pytest.mark.parametrize("path", ["notifications?before={}", "alerts/{}/notifications"])
def test_what_is_not_there_is_said(client_of, clock, path):
    answer = client_of(Role.ONCALL).get(f"/api/v1/{path.format(uuid7(clock.now()))}")

    assert answer.status_code in {404, 422, 400}
    assert "no" in answer.get_json()["detail"].lower()
