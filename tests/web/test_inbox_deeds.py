"""Deeds in the inbox over its callbacks: what each role may do, and what is said."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.web import alarms
from tests.web.firing import changed, fire, texts, told
from tests.web.inbox import do, page_of, props_of, said, shown_on, status_of
from tests.web.small import callback_body, gate_of
from webapp.accounts.permissions import Permission, Role, permissions_of
from webapp.alerting.types import Status

DEEDS = {
    "inbox-acknowledge.data": Permission.ALERTS_ACKNOWLEDGE,
    "inbox-undo.data": Permission.ALERTS_ACKNOWLEDGE,
    "inbox-assign.data": Permission.ALERTS_ASSIGN,
    "inbox-resolve-do.n_clicks": Permission.ALERTS_RESOLVE,
    "panel-comment-do.n_clicks": Permission.ALERTS_COMMENT,
    "alert-acknowledge.data": Permission.ALERTS_ACKNOWLEDGE,
    "alert-resolve-do.n_clicks": Permission.ALERTS_RESOLVE,
}


@pytest.fixture
def alerts(runtime):
    return list(alarms.fire(runtime, "api-1", "api-2", "api-3"))


def test_acknowledging_says_so_keeps_the_rows_in_place_and_can_be_undone(client_of, runtime, alerts):
    omar = client_of(Role.ONCALL)
    before = shown_on(omar)["inbox_shown"]["ids"]

    answer = changed(do(omar, "acknowledge", alerts[:2]))

    assert "2 acknowledged." in texts(answer["inbox-said"])
    assert answer["inbox-shown"]["data"]["ids"] == before
    assert [word for word in texts(answer["inbox-tabs"]).split() if word.isdigit()] == ["1", "2", "0", "0", "0"]
    assert "2 done" in texts(answer["inbox-new"])
    assert status_of(runtime, alerts[0]) is Status.ACKNOWLEDGED
    assert "2 open again" in said(do(omar, "unacknowledge", alerts[:2]))
    assert status_of(runtime, alerts[0]) is Status.OPEN


def test_the_winner_is_named_with_the_time_of_the_readers_zone(client_of, runtime, alerts):
    do(client_of(Role.ONCALL), "acknowledge", alerts[:1])

    one = said(do(client_of(Role.DEVOPS), "acknowledge", alerts[:1]))
    many = said(do(client_of(Role.DEVOPS), "acknowledge", alerts))

    assert "High CPU: api-1 was acknowledged by Omar at 12:00. Nothing was changed." in one
    assert "2 acknowledged, 1 was acknowledged by Omar at 12:00." in many
    assert "Which?" in many


def undo_of(answer: Any) -> str | None:
    """Return the deed that the message offers to take back."""
    found = re.search(r"'data-mc-undo': '([0-9a-f-]+)'", str(changed(answer)["inbox-said"]))
    return None if found is None else found[1]


def take_back(client: Any, deed: str | None) -> Any:
    return fire(client, "inbox-undo.data", inbox_undo={"deed": deed}, **shown_on(client))


def test_a_deed_is_taken_back_and_what_has_changed_since_is_left(client_of, runtime, alerts):
    omar = client_of(Role.ONCALL)
    snoozed = undo_of(do(omar, "snooze", alerts, minutes=60))
    do(client_of(Role.DEVOPS), "acknowledge", alerts[:1])

    told_of = said(take_back(omar, snoozed))

    assert "2 taken back, 1 has changed since." in told_of
    assert [status_of(runtime, each) for each in alerts] == [Status.ACKNOWLEDGED, Status.OPEN, Status.OPEN]
    assert "already" in told(take_back(omar, snoozed))
    assert "nothing to take back" in told(take_back(omar, "x"))


def test_all_that_match_are_done_as_far_as_the_list_had_counted_them(client_of, runtime, alerts, clock):
    omar = client_of(Role.ONCALL)
    held = shown_on(omar)
    clock.at += timedelta(minutes=1)
    alarms.fire(runtime, "api-4")
    wanted = {"deed": "acknowledge", "ids": [str(alerts[0])], "all": True}

    answer = fire(omar, "inbox-acknowledge.data", inbox_acknowledge=wanted, **held)

    assert "3 acknowledged." in said(answer)
    assert "api-4" in texts(changed(answer)["inbox-rows"])
    assert "api-1" not in texts(changed(answer)["inbox-rows"])
    assert "data-mc-matching': '1'" in str(changed(answer)["inbox-more"])


def test_all_that_match_needs_the_list_that_was_seen(client_of, alerts):
    omar = client_of(Role.ONCALL)
    wanted = {"deed": "acknowledge", "ids": [str(alerts[0])], "all": True}
    held = shown_on(omar)["inbox_shown"]

    for shown in ({**held, "view": "/alerts?q=other"}, {**held, "newest": None}, {**held, "seen_at": "today"}, None):
        answer = fire(omar, "inbox-acknowledge.data", inbox_acknowledge=wanted, location=None, inbox_shown=shown)
        assert "reload the page" in told(answer)


def test_what_was_refused_is_listed_and_what_is_too_much_for_a_sentence_is_counted(client_of, runtime, alerts):
    for role, each in zip((Role.ONCALL, Role.DEVOPS, Role.DATA_SCIENTIST), alerts, strict=True):
        do(client_of(role), "acknowledge", [each])
    more = alarms.fire(runtime, "api-9", now=runtime.clock.now() + timedelta(minutes=1))
    do(client_of(Role.DATA_SCIENTIST), "snooze", more, minutes=60)

    answer = do(client_of(Role.ADMIN), "acknowledge", [*alerts, *more])

    assert "1 acknowledged, 1 was acknowledged by Omar at 12:00, 1 was acknowledged by Dev at 12:00" in said(answer)
    assert f"/alerts/{alerts[1]}" in str(changed(answer)["inbox-said"])


def test_only_what_was_done_now_can_be_undone(client_of, alerts):
    omar = client_of(Role.ONCALL)
    do(omar, "acknowledge", alerts[:1])
    omar.application.extensions["mission_control"].clock.at += timedelta(minutes=1)

    answer = changed(do(omar, "acknowledge", alerts[:1]))

    assert "data-mc-undo" not in str(answer["inbox-said"])


def test_resolving_needs_a_note_only_for_wont_fix(client_of, runtime, alerts):
    omar = client_of(Role.ONCALL)
    subject = {"ids": [str(alerts[0])]}
    given = {"inbox_subject_of_resolve": subject, "inbox_resolve_reason": "wont_fix", **shown_on(omar)}

    refused = changed(fire(omar, "inbox-resolve-do.n_clicks", **given, inbox_resolve_note=""))
    done = changed(fire(omar, "inbox-resolve-do.n_clicks", **given, inbox_resolve_note="It goes away"))

    assert "Write a note" in texts(refused["inbox-resolve-error"])
    assert "inbox-resolve-dialog" not in refused
    assert done["inbox-resolve-dialog"]["is_open"] is False
    assert status_of(runtime, alerts[0]) is Status.RESOLVED


def test_a_reason_that_is_none_is_a_sentence_in_the_dialog(client_of, alerts):
    omar = client_of(Role.ONCALL)
    answer = fire(
        omar,
        "inbox-resolve-do.n_clicks",
        inbox_subject_of_resolve={"ids": [str(alerts[0])]},
        inbox_resolve_reason="because",
        **shown_on(omar),
    )

    assert "Choose a reason" in texts(changed(answer)["inbox-resolve-error"])


def test_snoozing_says_until_when(client_of, runtime, alerts):
    answer = do(client_of(Role.ONCALL), "snooze", alerts[:1], minutes=60)

    assert "snoozed until 13:00" in said(answer)
    assert status_of(runtime, alerts[0]) is Status.SNOOZED


def test_a_snooze_may_last_until_it_gets_worse(client_of, runtime, alerts):
    answer = do(client_of(Role.ONCALL), "snooze", alerts[:1], minutes=0)

    assert "snoozed until it gets worse" in said(answer)
    assert status_of(runtime, alerts[0]) is Status.SNOOZED


def test_what_somebody_else_acknowledged_is_taken_over_on_its_page(client_of, alerts):
    omar, ada = client_of(Role.ONCALL), client_of(Role.DATA_SCIENTIST)
    do(omar, "acknowledge", alerts[:1])

    offered = {who: "take_over" in str(page_of(who, f"/alerts/{alerts[0]}")) for who in (omar, ada)}
    answer = do(ada, "take_over", alerts[:1])

    assert offered == {omar: False, ada: True}
    assert "yours now" in said(answer)
    assert "take_over" not in str(page_of(ada, f"/alerts/{alerts[0]}"))


def test_an_alert_is_assigned_to_oneself_to_others_and_to_nobody(client_of, make_user, runtime, alerts):
    make_user(Role.DATA_SCIENTIST)
    omar = client_of(Role.ONCALL)

    def assign(user: str) -> str:
        wanted = {"ids": [str(alerts[0])], "user": user}
        return said(fire(omar, "inbox-assign.data", inbox_assign=wanted, **shown_on(omar)))

    assert "assigned to you" in assign("mine")
    assert "assigned to Ada" in assign("ada@example.com")
    assert "assigned to nobody" in assign("")
    answer = fire(omar, "inbox-assign.data", inbox_assign={"ids": [str(alerts[0])], "user": "x@y"}, **shown_on(omar))
    assert "nobody with the e-mail address or name" in told(answer)


def test_an_alert_that_is_not_there_any_more_stops_no_other(client_of, alerts):
    answer = do(client_of(Role.ONCALL), "acknowledge", [alerts[0], uuid4()])

    assert "1 acknowledged, 1 is not there any more." in said(answer)


@pytest.mark.parametrize(
    "wanted",
    [
        {"deed": "acknowledge", "ids": []},
        {"deed": "acknowledge", "ids": ["x", 3, None]},
        {"deed": "acknowledge", "ids": "all"},
        {"deed": "explode", "ids": [str(uuid4())]},
        {"deed": "snooze", "ids": [str(uuid4())], "minutes": 10**9},
        {"deed": "snooze", "ids": [str(uuid4())], "minutes": "60"},
        {"deed": "acknowledge", "ids": [str(uuid4()) for _ in range(1_001)]},
    ],
)
def test_what_no_screen_asks_for_is_refused_in_a_sentence(client_of, wanted):
    omar = client_of(Role.ONCALL)

    assert told(fire(omar, "inbox-acknowledge.data", inbox_acknowledge=wanted, **shown_on(omar)))


@pytest.mark.parametrize("role", list(Role))
def test_each_deed_is_offered_to_those_who_may(client_of, role, alerts):
    offered = {
        f"{each['id']}.{each['property']}"
        for callback in client_of(role).get("/_dash-dependencies").get_json()
        for each in callback["inputs"]
    }

    assert {trigger: trigger in offered for trigger in DEEDS} == {
        trigger: permission in permissions_of([role]) for trigger, permission in DEEDS.items()
    }


def test_an_executive_sees_the_alerts_and_no_button_and_is_refused_by_hand(client_of, app, call, runtime, alerts):
    erin = client_of(Role.EXECUTIVE)
    page = page_of(erin, f"/alerts?alert={alerts[0]}")
    own = page_of(erin, f"/alerts/{alerts[0]}")

    assert "High CPU: api-1" in texts(props_of(page, "inbox-rows"))
    for found in (page, own):
        assert "data-mc-act" not in str(found)
        assert "data-mc-pick" not in str(found)
        assert "comment-text" not in str(found)
    gate = gate_of(app)
    outputs = [
        output
        for output, permission in gate.dash.permissions.items()
        if permission in set(DEEDS.values()) and output in gate.dash.callback_map
    ]
    assert len(outputs) >= len(DEEDS)
    for output in outputs:
        body = callback_body(app, output, {"deed": "acknowledge", "ids": [str(alerts[0])]})
        assert call(erin, body).status_code == 403
    assert status_of(runtime, alerts[0]) is Status.OPEN


def test_an_analyst_may_comment_and_nothing_else(client_of, runtime, alerts):
    bea = client_of(Role.ANALYST)
    page = page_of(bea, f"/alerts/{alerts[0]}")

    answer = changed(
        fire(
            bea,
            "alert-comment-do.n_clicks",
            alert_subject={"id": str(alerts[0]), "mark": 0},
            alert_comment_text="The campaign began today",
            alert_named=str(alerts[0]),
        )
    )

    assert "data-mc-act" not in str(page)
    assert "The campaign began today" in texts(answer["alert-body"])
    assert answer["alert-comment-text"]["value"] == ""
