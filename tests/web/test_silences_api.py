"""Silences and inhibition rules over HTTP: who may what, what comes back, what is asked again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.factories import NOW
from tests.web import alarms
from webapp.accounts.permissions import Role

URL, RULES = "/api/v1/silences", "/api/v1/inhibitions"
Clients = Callable[..., Any]


@pytest.fixture
def firing(runtime: Any) -> list[Any]:
    return list(alarms.fire(runtime, "api-1", "api-2", "api-3"))


def body(matchers: Any = "instance=api-1", **fields: Any) -> dict[str, Any]:
    until = (NOW + timedelta(hours=2)).isoformat()
    return {"matchers": matchers, "comment": "Deployment", "ends_at": until, **fields}


def post(client: Any, path: str, given: Any) -> Any:
    return client.post(path, json=given, headers=client.csrf)


def test_a_silence_is_made_and_mutes_at_once(client_of: Clients, firing: list[Any]) -> None:
    omar = client_of(Role.ONCALL)

    answer = post(omar, URL, body())

    assert answer.status_code == 201
    assert answer.json["state"] == "active"
    assert answer.json["muted_count"] == 1
    assert answer.json["matchers"] == [{"label": "instance", "operator": "=", "value": "api-1"}]
    assert omar.get(answer.headers["Location"]).json["author"] == "Omar"
    inbox = omar.get("/api/v1/alerts?status=silenced").json
    assert [each["title"] for each in inbox["alerts"]] == ["High CPU: api-1"]
    assert inbox["alerts"][0]["muted"]["silenced_by"] == "Omar"
    assert (inbox["counts"]["open"], inbox["counts"]["silenced"]) == (2, 1)
    detail = omar.get(f"/api/v1/alerts/{firing[0]}").json
    assert detail["timeline"][0]["text"].startswith("Silenced by Omar until 2026-03-10 14:00:00 UTC: Deployment")


def test_one_that_looks_like_a_mistake_is_asked_about(client_of: Clients, firing: list[Any]) -> None:
    omar = client_of(Role.ONCALL)
    every = [{"label": "rule", "operator": "=~", "value": "High.*"}]

    asked = post(omar, URL, body(every))

    assert (asked.status_code, asked.json["title"]) == (409, "Say that you mean it")
    assert asked.json["detail"] == "It mutes all 3 active alerts. Confirm it if that is meant."
    assert post(omar, URL, body(every, confirm=True)).status_code == 201


def test_the_preview_says_how_many_and_which(client_of: Clients, firing: list[Any]) -> None:
    found = post(client_of(Role.AUDITOR), f"{URL}/preview", {"matchers": 'instance=~"api-[12]"'})

    assert {**found.json, "titles": sorted(found.json["titles"])} == {
        "count": 2,
        "active": 3,
        "titles": ["High CPU: api-1", "High CPU: api-2"],
        "question": "It mutes 2 of 3 active alerts, more than half. Confirm it if that is meant.",
        "matchers_text": 'instance=~"api-[12]"',
    }


def test_it_is_changed_and_ended(client_of: Clients, firing: list[Any]) -> None:
    omar = client_of(Role.ONCALL)
    made = post(omar, URL, body()).json["id"]

    longer = omar.put(f"{URL}/{made}", json=body(comment="Longer"), headers=omar.csrf)
    assert (longer.status_code, longer.json["id"], longer.json["comment"]) == (200, made, "Longer")
    other = omar.put(f"{URL}/{made}", json=body("instance=api-2"), headers=omar.csrf).json
    assert other["id"] != made
    ended = post(omar, f"{URL}/{other['id']}/end", None)
    assert (ended.json["state"], ended.json["ended_by"], ended.json["muted_count"]) == ("ended", "Omar", 0)
    assert post(omar, f"{URL}/{made}/end", None).status_code == 409
    assert omar.get("/api/v1/alerts").json["counts"]["open"] == 3
    assert [each["state"] for each in omar.get(URL).json["silences"]] == ["ended", "ended"]


def test_windows_that_come_again(client_of: Clients, firing: list[Any]) -> None:
    nights = {"days": ["mon", "tue"], "start": "22:00", "end": "02:00", "zone": "Europe/Berlin", "first": "2026-03-01"}
    given = {"matchers": "instance=api-1", "comment": "Nightly", "recurrence": nights}
    omar = client_of(Role.ONCALL)

    made = post(omar, URL, given)

    assert (made.status_code, made.json["state"]) == (201, "pending")
    assert made.json["recurrence_text"] == "Mon, Tue 22:00–02:00 Europe/Berlin"
    assert made.json["upcoming"][0] == {"start": "2026-03-10T21:00:00Z", "end": "2026-03-11T01:00:00Z"}
    assert made.json["recurrence"]["days"] == ["mon", "tue"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"matchers": "churn"}, "'churn' is not a matcher"),
        ({"matchers": [{"label": "a", "operator": "~", "value": "b"}]}, "'~' compares nothing"),
        ({"matchers": []}, "There is no matcher"),
        ({"comment": ""}, "Write why it is silent"),
        ({"ends_at": None}, "Say until when"),
        ({"ends_at": "2026-03-10T14:00:00"}, "/ends_at"),
        ({"recurrence": {"days": ["x"], "start": "22:00", "zone": "UTC", "first": "2026-03-01"}}, "'x' is not a day"),
        ({"recurrence": {"days": ["mon"], "start": "25:00", "zone": "UTC", "first": "2026-03-01"}}, "time of day"),
        ({"unknown": 1}, "unknown field"),
        ({"ends_at": "0001-01-01T00:00:00+14:00"}, "The end is in the year 1"),
        ({"starts_at": "9999-12-31T23:59:59-12:00"}, "The start is in the year 9999"),
    ],
)
def test_what_is_wrong_is_said(client_of: Clients, given: dict[str, Any], said: str) -> None:
    answer = post(client_of(Role.ONCALL), URL, body(**given))

    assert answer.status_code == 422
    assert said in answer.json["detail"]


def test_who_may_what(client_of: Clients, firing: list[Any]) -> None:
    for role, reads, writes in (
        (Role.DATA_SCIENTIST, 200, 201),
        (Role.DEVOPS, 200, 201),
        (Role.ONCALL, 200, 201),
        (Role.ADMIN, 200, 201),
        (Role.AUDITOR, 200, 403),
        (Role.ANALYST, 403, 403),
        (Role.EXECUTIVE, 403, 403),
    ):
        client = client_of(role)
        assert client.get(URL).status_code == reads
        assert post(client, URL, body()).status_code == writes


def test_an_inhibition_rule_is_kept_and_counts_at_once(client_of: Clients, firing: list[Any]) -> None:
    dev = client_of(Role.DEVOPS)
    rule = {"name": "One says it", "source": "instance=api-1", "target": 'instance=~"api-[23]"', "equal": ["model"]}

    made = post(dev, RULES, rule)

    assert made.status_code == 201
    assert dev.get(made.headers["Location"]).json["equal"] == ["model"]
    muted = dev.get("/api/v1/alerts?status=silenced").json["alerts"]
    assert {each["muted"]["inhibitor_title"] for each in muted} == {"High CPU: api-1"}
    assert post(dev, RULES, rule).status_code == 409
    changed = dev.put(made.headers["Location"], json={**rule, "target": "instance=api-2"}, headers=dev.csrf)
    assert changed.json["target"][0]["value"] == "api-2"
    assert dev.get("/api/v1/alerts").json["counts"]["silenced"] == 1
    assert dev.delete(made.headers["Location"], headers=dev.csrf).status_code == 204
    assert dev.get("/api/v1/alerts").json["counts"]["silenced"] == 0
    assert dev.get(RULES).json["inhibitions"] == []
    assert post(client_of(Role.ONCALL), RULES, rule).status_code == 403
