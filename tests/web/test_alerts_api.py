"""Alerts over HTTP: who may, what is answered, who was first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.factories import NOW
from tests.integration.alerting.helpers import MINUTE, alerts, play, save
from webapp.runtime import Runtime

Clients = Callable[..., Any]
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def firing(runtime: Runtime) -> list[str]:
    """Three alerts, the newest first."""
    with runtime.transaction() as session:
        save(session)
        for number in range(3):
            play(session, [85], instance=f"api-{number}", start=NOW + number * MINUTE)
        return [str(alert.id) for alert in reversed(alerts(session))]


def post(client: FlaskClient, path: str, body: object = None) -> Any:
    return client.post(f"/api/v1/alerts/{path}", json=body, headers=client.csrf)  # type: ignore[attr-defined]


def test_the_character_nul_finds_nothing_and_nobody(firing: list[str], client_of: Clients) -> None:
    omar = client_of("oncall")
    seen = omar.get("/api/v1/alerts").json

    for odd in ({"text": "\x00"}, {"model": ["\x00"]}, {"assignee": "\x00"}):
        view = {"newest": seen["newest"], "seen_at": seen["seen_at"], **odd}
        assert post(omar, "bulk", {"action": "acknowledge", "matching": view}).json["results"] == []
    assert post(omar, f"{firing[0]}/assign", {"user": "\x00"}).status_code == 422


def test_the_inbox_is_a_page_with_counts_and_a_cursor(firing: list[str], client_of: Clients) -> None:
    client = client_of("oncall")

    first = client.get("/api/v1/alerts?status=open&severity=medium&limit=2").json
    second = client.get(f"/api/v1/alerts?limit=2&cursor={first['next']}").json

    assert [alert["id"] for alert in first["alerts"] + second["alerts"]] == firing
    assert second["next"] is None
    assert first["counts"]["open"] == 3
    assert first["alerts"][0] | {"id": "", "rule_id": ""} == {
        "id": "",
        "rule_id": "",
        "title": "High CPU: api-2",
        "severity": "medium",
        "type": "resource_exhaustion",
        "status": "open",
        "signal": "firing",
        "model": "",
        "version": "",
        "rule_name": "High CPU",
        "value": 85.0,
        "value_text": "85.0%",
        "threshold_text": "> 80%",
        "started_at": "2026-03-10T12:03:00Z",
        "acknowledged_by": None,
        "acknowledged_at": None,
        "assignee": None,
        "snoozed_until": None,
        "resolved_at": None,
        "resolved_by": None,
        "resolve_reason": None,
        "reopen_count": 0,
        "comment_count": 0,
        "is_flapping": False,
        "muted": None,
        "source_id": None,
        "source_name": "",
    }


def test_one_alert_has_its_timeline_and_evidence(firing: list[str], client_of: Clients) -> None:
    found = client_of("oncall").get(f"/api/v1/alerts/{firing[0]}").json

    assert found["timeline"][0]["kind"] == "fired"
    assert found["threshold"] == 80
    assert found["unit"] == "percent"


def test_acknowledge_then_again_as_somebody_else_then_resolve(firing: list[str], client_of: Clients) -> None:
    omar, dev = client_of("oncall"), client_of("devops")

    assert post(omar, f"{firing[0]}/acknowledge").json["acknowledged_by"] == "Omar"
    again = post(dev, f"{firing[0]}/acknowledge")
    assert again.status_code == 409
    assert again.json["detail"] == "Omar acknowledged this alert at 2026-03-10 12:00:00 UTC."

    done = post(dev, f"{firing[0]}/resolve", {"reason": "fixed", "note": "restarted"})
    assert (done.status_code, done.json["status"], done.json["resolution_note"]) == (200, "resolved", "restarted")
    assert post(omar, f"{firing[0]}/resolve", {"reason": "fixed"}).status_code == 409


@pytest.mark.parametrize("reason", ["false positive", "won't fix", "data_was_late", "Recovered by itself"])
def test_reasons_are_read_as_people_write_them(firing: list[str], client_of: Clients, reason: str) -> None:
    body = {"reason": reason, "note": "see the runbook"}

    assert post(client_of("oncall"), f"{firing[0]}/resolve", body).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("resolve", {}, 422),
        ("resolve", {"reason": "because"}, 422),
        ("resolve", {"reason": "wont_fix"}, 422),
        ("resolve", {"reason": "fixed", "extra": 1}, 422),
        ("snooze", {"until": "tomorrow"}, 422),
        ("snooze", {"until": "2020-01-01T00:00:00Z"}, 422),
        ("snooze", {"until": "2026-03-10T14:00:00Z"}, 200),
        ("snooze", {"until": None}, 200),
        ("snooze", {}, 422),
        ("take-over", None, 409),
        ("assign", {"user": "nobody"}, 422),
        ("assign", {"user": "omar@example.com"}, 200),
        ("assign", {"user": None}, 200),
        ("comment", {"text": ""}, 422),
        ("comment", {"text": "<script>alert(1)</script>"}, 200),
        ("acknowledge", None, 200),
    ],
)
def test_what_is_asked_is_checked(firing: list[str], client_of: Clients, path: str, body: object, status: int) -> None:
    answer = post(client_of("oncall"), f"{firing[0]}/{path}", body)

    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("path", ["not-an-id", "00000000-0000-0000-0000-000000000000"])
def test_what_is_not_there_is_a_404(client_of: Clients, path: str) -> None:
    client = client_of("oncall")

    assert client.get(f"/api/v1/alerts/{path}").status_code == 404
    assert post(client, f"{path}/acknowledge").status_code == 404


@pytest.mark.parametrize("query", ["status=closed", "severity=awful", "type=x", "limit=0", "cursor=x", "since=x"])
def test_a_question_that_makes_no_sense_is_a_422(client_of: Clients, query: str) -> None:
    assert client_of("oncall").get(f"/api/v1/alerts?{query}").status_code == 422


@pytest.mark.parametrize(
    ("role", "deed", "status"),
    [
        ("executive", "acknowledge", 403),
        ("executive", "resolve", 403),
        ("auditor", "acknowledge", 403),
        ("analyst", "comment", 200),
        ("analyst", "assign", 403),
        ("devops", "acknowledge", 200),
    ],
)
def test_who_may_what(firing: list[str], client_of: Clients, role: str, deed: str, status: int) -> None:
    bodies = {"resolve": {"reason": "fixed"}, "comment": {"text": "seen"}, "assign": {"user": None}}

    assert post(client_of(role), f"{firing[0]}/{deed}", bodies.get(deed)).status_code == status


def test_a_write_without_the_csrf_header_is_refused(firing: list[str], client_of: Clients) -> None:
    client = client_of("oncall")

    assert client.post(f"/api/v1/alerts/{firing[0]}/acknowledge").status_code in {400, 403}


def test_a_token_for_alerts_may_act_and_one_for_reading_may_not(
    firing: list[str], app: Any, token_for: Callable[..., str]
) -> None:
    client = app.test_client()

    def acknowledge(scope: str) -> int:
        headers = {"Authorization": f"Bearer {token_for(scope)}"}
        status: int = client.post(f"/api/v1/alerts/{firing[0]}/acknowledge", headers=headers).status_code
        return status

    assert acknowledge("read") == 403
    assert acknowledge("alerts") == 200


def test_many_at_once_have_a_result_each(firing: list[str], client_of: Clients) -> None:
    omar, dev = client_of("oncall"), client_of("devops")
    post(dev, f"{firing[1]}/acknowledge")

    body = {"action": "acknowledge", "ids": [*firing, "00000000-0000-0000-0000-000000000000"]}
    results = post(omar, "bulk", body).json["results"]

    assert [each["status"] for each in results] == [200, 409, 200, 404]
    assert [each["id"] for each in results[:3]] == firing
    assert "Dev" in results[1]["detail"]


def test_many_at_once_need_the_permission_of_the_deed(firing: list[str], client_of: Clients) -> None:
    erin, bea = client_of("executive"), client_of("analyst")

    assert post(erin, "bulk", {"action": "acknowledge", "ids": firing}).status_code == 403
    assert post(bea, "bulk", {"action": "resolve", "ids": firing, "reason": "fixed"}).status_code == 403
    assert post(bea, "bulk", {"action": "comment", "ids": firing, "text": "seen"}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"action": "explode", "ids": []},
        {"action": "acknowledge", "ids": []},
        {"action": "acknowledge"},
        {"action": "acknowledge", "matching": {"newest": "x", "seen_at": "2026-03-10T12:05:00Z"}},
        {"action": "acknowledge", "matching": {"newest": NOBODY, "seen_at": "2026-03-10T12:05:00"}},
        {"action": "acknowledge", "ids": [NOBODY], "matching": {"newest": NOBODY, "seen_at": "2026-03-10T12:05:00Z"}},
        {"action": "acknowledge", "ids": ["x"]},
        {"action": "resolve", "ids": ["00000000-0000-0000-0000-000000000000"]},
        {"action": "snooze", "ids": ["00000000-0000-0000-0000-000000000000"]},
    ],
)
def test_many_at_once_are_checked_first(client_of: Clients, body: object) -> None:
    assert post(client_of("oncall"), "bulk", body).status_code == 422


def test_what_somebody_acknowledged_is_taken_over_one_or_many(firing: list[str], client_of: Clients) -> None:
    omar, ada = client_of("oncall"), client_of("data_scientist")
    post(omar, f"{firing[0]}/acknowledge")

    assert post(ada, f"{firing[0]}/take-over").json["acknowledged_by"] == "Ada"
    many = post(omar, "bulk", {"action": "take_over", "ids": firing[:2]}).json["results"]
    assert [each["status"] for each in many] == [200, 409]


def test_mine_are_those_assigned_to_me(firing: list[str], client_of: Clients) -> None:
    client = client_of("oncall")
    post(client, f"{firing[1]}/assign", {"user": "omar@example.com"})

    found = client.get("/api/v1/alerts?assignee=mine").json["alerts"]

    assert [alert["id"] for alert in found] == [firing[1]]


def test_of_two_requests_at_once_one_is_200_and_one_is_409(firing: list[str], client_of: Clients) -> None:
    clients = [client_of("oncall"), client_of("devops")]
    barrier = Barrier(2)

    def ask(place: int) -> list[int]:
        statuses = []
        for alert_id in firing:
            barrier.wait()
            statuses.append(post(clients[place], f"{alert_id}/acknowledge").status_code)
        return statuses

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(ask, range(2))

    assert [sorted(pair) for pair in zip(first, second, strict=True)] == [[200, 409]] * 3


def test_all_that_match_a_view_are_done_as_far_as_they_were_seen(
    firing: list[str], client_of: Clients, runtime: Runtime
) -> None:
    omar = client_of("oncall")
    seen = omar.get("/api/v1/alerts?status=open&severity=medium").json
    with runtime.transaction() as session:
        play(session, [85], instance="web-1", start=NOW + 5 * MINUTE)
    view = {"newest": seen["newest"], "seen_at": "2026-03-10T12:05:00Z", "severity": ["medium"]}

    done = post(omar, "bulk", {"action": "acknowledge", "matching": view}).json

    assert (done["changed"], done["refused"]) == (3, 0)
    assert {each["id"] for each in done["results"]} == set(firing)
    assert omar.get("/api/v1/alerts").json["counts"]["open"] == 1


def test_a_deed_for_many_is_taken_back_by_who_did_it(firing: list[str], client_of: Clients) -> None:
    omar, dev = client_of("oncall"), client_of("devops")
    done = post(omar, "bulk", {"action": "resolve", "ids": firing, "reason": "fixed"}).json

    assert post(dev, f"bulk/{done['deed']}/undo").status_code == 403
    back = post(omar, f"bulk/{done['deed']}/undo").json
    assert (back["changed"], back["refused"]) == (3, 0)
    assert post(omar, f"bulk/{done['deed']}/undo").status_code == 409
    assert post(omar, "bulk/00000000-0000-0000-0000-000000000000/undo").status_code == 404
