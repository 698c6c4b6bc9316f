"""Rules over HTTP: read, write, pause, take away."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.factories import make_measurements
from webapp.accounts.tables import AuditRow

RULE = {
    "name": "Churn drifts",
    "type": "data_drift",
    "kind": "threshold",
    "metric": "drift_score",
    "scope": {"model": "churn"},
    "parameters": {"direction": "above", "medium": 0.3, "high": 0.6},
}
CPU = {**RULE, "name": "CPU", "type": "resource_exhaustion", "metric": "cpu", "scope": {}}
Clients = Callable[..., Any]


def test_a_rule_is_made_read_changed_and_taken_away(client_of: Clients) -> None:
    ada = client_of("data_scientist")

    made = ada.post("/api/v1/rules", json=RULE, headers=ada.csrf)
    assert made.status_code == 201
    path = made.headers["Location"]
    assert made.json["condition_text"] == "Drift score > 0.3 medium, > 0.6 high"
    assert made.json["document"]["interval_seconds"] == 15

    changed = ada.put(path, json={**RULE, "for_seconds": 60}, headers=ada.csrf).json
    assert (changed["version"], changed["document"]["for_seconds"]) == (2, 60)
    assert [(each["number"], each["saved_by"]) for each in changed["versions"]] == [(2, "Ada"), (1, "Ada")]
    assert ada.put(path, json={**RULE, "for_seconds": 60}, headers=ada.csrf).json["version"] == 2

    assert [rule["name"] for rule in ada.get("/api/v1/rules").json["rules"]] == ["Churn drifts"]
    assert ada.delete(path, headers=ada.csrf).status_code == 204
    assert ada.get(path).status_code == 404
    assert ada.delete(path, headers=ada.csrf).status_code == 404


def test_a_rule_is_paused_and_resumed(client_of: Clients) -> None:
    dev = client_of("devops")
    path = dev.post("/api/v1/rules", json=RULE, headers=dev.csrf).headers["Location"]

    assert dev.post(f"{path}/pause", headers=dev.csrf).json["paused"] is True
    assert dev.post(f"{path}/pause", headers=dev.csrf).status_code == 200
    assert dev.post(f"{path}/resume", headers=dev.csrf).json["paused"] is False


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"kind": "magic"}, "threshold"),
        ({"metric": "happiness"}, "accuracy"),
        ({"type": "boredom"}, "type"),
        ({"parameters": {}}, "line"),
        ({"parameters": {"medium": 0.6, "high": 0.3}}, "order"),
        ({"parameters": {"direction": "below", "medium": 0.3, "high": 0.6}}, "order"),
        ({"parameters": {"medium": "a lot"}}, "medium"),
        ({"parameters": {"medium": 0.3, "colour": "red"}}, "colour"),
        ({"parameters": {"medium": 0.3, "recover_at": 0.5}}, "way back"),
        ({"scope": {"version": "v1"}}, "model"),
        ({"interval_seconds": 1}, "interval"),
        ({"name": ""}, "name"),
        ({"surprise": 1}, "surprise"),
        ({"kind": "drop_from_baseline", "parameters": {"medium": -1}}, "medium"),
        ({"kind": "absence", "metric": "cpu", "parameters": {"fewer_than": 10}}, "fewer_than"),
    ],
)
def test_what_does_not_fit_is_a_sentence(client_of: Clients, change: dict[str, Any], word: str) -> None:
    ada = client_of("data_scientist")

    answer = ada.post("/api/v1/rules", json={**RULE, **change}, headers=ada.csrf)

    assert answer.status_code == 422
    assert word in answer.json["detail"]


def test_two_rules_of_one_name_are_a_conflict(client_of: Clients) -> None:
    ada = client_of("data_scientist")
    ada.post("/api/v1/rules", json=RULE, headers=ada.csrf)

    assert ada.post("/api/v1/rules", json=RULE, headers=ada.csrf).status_code == 409


@pytest.mark.parametrize(("role", "read", "write"), [("oncall", 200, 403), ("executive", 403, 403)])
def test_who_may(client_of: Clients, role: str, read: int, write: int) -> None:
    client = client_of(role)

    assert client.get("/api/v1/rules").status_code == read
    assert client.post("/api/v1/rules", json=RULE, headers=client.csrf).status_code == write


def test_a_token_for_writing_may(app: Any, token_for: Callable[..., str]) -> None:
    headers = {"Authorization": f"Bearer {token_for('write')}"}

    assert app.test_client().post("/api/v1/rules", json=RULE, headers=headers).status_code == 201


def test_a_rule_is_replayed_without_being_stored(client_of: Clients, runtime: Any) -> None:
    dev, now = client_of("devops"), runtime.clock.now()
    with runtime.transaction() as session:
        for hour, value in enumerate([95, 95, 20, 99, 20]):
            make_measurements(session, values=[value], start=now - timedelta(hours=hour, minutes=30), now=now)
    rule = {**CPU, "parameters": {"medium": 80, "high": 97, "window_minutes": 60}, "interval_seconds": 3600}

    answer = dev.post("/api/v1/rules/backtest", json={"rule": rule, "days": 7}, headers=dev.csrf)

    assert answer.status_code == 200
    assert (answer.json["firings"], answer.json["by_severity"]) == (2, {"medium": 1, "high": 1})
    newest, older = answer.json["episodes"]
    assert (newest["subject"], newest["end"], newest["severity"], newest["peak"]) == ("api-1", None, "medium", 95)
    assert (older["severity"], older["peak_text"], older["reason"]) == ("high", "99.0%", "recovered")
    assert dev.get("/api/v1/rules").json["rules"] == []


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"rule": {**RULE, "kind": "magic"}}, 422, "rule type"),
        ({"rule": RULE, "days": 400}, 422, "days"),
        ({"rule": {**RULE, "metric": "net_benefit"}}, 403, ""),
    ],
)
def test_a_replay_that_cannot_be_is_refused(client_of: Clients, body: dict[str, Any], status: int, word: str) -> None:
    dev = client_of("devops")

    answer = dev.post("/api/v1/rules/backtest", json=body, headers=dev.csrf)

    assert answer.status_code == status
    assert word in answer.json["detail"]
    assert client_of("oncall").post("/api/v1/rules/backtest", json=body).status_code == 403


def test_versions_are_listed_compared_and_restored(client_of: Clients) -> None:
    ada = client_of("data_scientist")
    path = ada.post("/api/v1/rules", json=RULE, headers=ada.csrf).headers["Location"]
    ada.put(path, json={**RULE, "parameters": {"medium": 0.5}}, headers=ada.csrf)
    ada.put(path, json={**RULE, "parameters": {"medium": 0.5}, "for_seconds": 60}, headers=ada.csrf)

    listed = ada.get(f"{path}/versions").json["versions"]
    last, all_ = (ada.get(f"{path}/versions/compare{query}").json for query in ("", "?a=1&b=3"))

    assert [each["number"] for each in listed] == [3, 2, 1]
    assert [(each["field"], each["before"], each["after"]) for each in last["changes"]] == [
        ("for_seconds", "0 s", "1 min")
    ]
    assert [each["label"] for each in all_["changes"]] == ["medium", "high", "for"]

    restored = ada.post(f"{path}/versions/1/restore", headers=ada.csrf).json
    assert (restored["version"], restored["document"]["parameters"]) == (4, RULE["parameters"])
    assert ada.post(f"{path}/versions/4/restore", headers=ada.csrf).json["version"] == 4
    assert ada.post(f"{path}/versions/9/restore", headers=ada.csrf).status_code == 404
    assert ada.get(f"{path}/versions/compare?a=9").status_code == 422
    assert client_of("oncall").post(f"{path}/versions/1/restore").status_code == 403


def test_a_restored_version_is_in_the_audit_log(client_of: Clients, runtime: Any) -> None:
    ada = client_of("data_scientist")
    path = ada.post("/api/v1/rules", json=RULE, headers=ada.csrf).headers["Location"]
    ada.put(path, json={**RULE, "for_seconds": 60}, headers=ada.csrf)
    ada.post(f"{path}/versions/1/restore", headers=ada.csrf)

    with runtime.transaction() as session:
        found = session.scalars(select(AuditRow).where(AuditRow.action == "rule.restored")).one()
    assert (found.actor_name, found.after) == ("Ada", {"version": 3, "restored_from": 1})
