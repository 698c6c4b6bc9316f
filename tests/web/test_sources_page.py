"""The screen of sources: what is shown once, what is shown always, and who may do what."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.factories import ROOT
from tests.web.small import callback_body, gate_of
from tests.web.test_sources_api import GENERIC, post
from webapp.accounts.permissions import Role
from webapp.alerting import queries
from webapp.alerting.outside import receiving, sources
from webapp.alerting.outside.sources import NewSecret, SourceSettings
from webapp.alerting.queries import InboxFilters
from webapp.alerting.severity import Severity
from webapp.core.errors import InvalidInputError
from webapp.runtime import Runtime
from webapp.web.pages.sources import SURE
from webapp.web.views.source_parts import severities_of

Clients = Callable[..., Any]


@pytest.fixture
def made(runtime: Runtime) -> NewSecret:
    with runtime.transaction() as session:
        vault, now = runtime.settings.vault, runtime.clock.now()
        return sources.add(session, SourceSettings("backups", "generic"), vault=vault, actor=ROOT, now=now)


def page(client: Any, path: str) -> str:
    body = client.get("/_dash-layout", headers={"Referer": f"http://localhost{path}"})
    assert body.status_code == 200
    text: str = body.text
    return text


def test_the_list_tells_how_a_source_was_heard(client_of: Clients, runtime: Runtime, made: NewSecret) -> None:
    dev = client_of(Role.DEVOPS)
    assert "waiting" in page(dev, "/sources")

    post(dev, GENERIC, name="backups", secret=made.text)
    with runtime.transaction() as session:
        receiving.refuse(session, made.source.id, "Not proven: <b>no</b> header.", now=runtime.clock.now())
    shown = page(dev, "/sources")

    assert "Generic JSON" in shown
    assert "Not proven: <b>no</b> header." in shown
    assert "Add a source" in shown
    assert made.text not in shown


def test_who_only_reads_is_offered_no_deeds(client_of: Clients, made: NewSecret) -> None:
    shown = page(client_of(Role.AUDITOR), "/sources")

    assert "backups" in shown
    assert "Add a source" not in shown
    assert "New secret" not in shown


@pytest.mark.parametrize("role", [Role.ONCALL, Role.EXECUTIVE, Role.ANALYST, Role.DATA_SCIENTIST])
def test_others_do_not_see_the_page(client_of: Clients, role: Role) -> None:
    assert client_of(role).get("/sources").status_code == 403


def test_adding_shows_the_secret_once_with_what_to_paste(
    app: Flask, client_of: Clients, call: Callable[..., Any], runtime: Runtime
) -> None:
    dev = client_of(Role.DEVOPS)
    (output,) = [each for each in gate_of(app).dash.callback_map if each.startswith("..sources-new-body.children")]
    body = callback_body(app, output)
    body["inputs"][0]["value"] = 1
    body["state"][0]["value"], body["state"][1]["value"] = "prod-cluster", "alertmanager"

    answer = call(dev, body)

    assert answer.status_code == 200
    shown = str(answer.json)
    assert "http://localhost/api/v1/sources/prod-cluster/alerts" in shown
    assert "credentials: " in shown
    with runtime.transaction() as session:
        assert [each.name for each in sources.sources(session)] == ["prod-cluster"]


def test_an_alert_of_a_source_is_shown_with_its_source(client_of: Clients, runtime: Runtime, made: NewSecret) -> None:
    text = (
        b'{"title": "Backup <b>failed</b>", "labels": {"disk": "/dev/sda"}, "url": "https://backup.example.com/1",'
        b' "runbook": "https://wiki.example.com/backup", "description": "The disk is full.", "value": 3}'
    )
    post(client_of(Role.DEVOPS), text, name="backups", secret=made.text)
    with runtime.transaction() as session:
        (row,) = queries.inbox(session, InboxFilters()).rows

    shown = page(client_of(Role.ONCALL), f"/alerts/{row.id}")

    assert "https://backup.example.com/1" in shown
    assert "noopener noreferrer" in shown
    assert "https://wiki.example.com/backup" in shown
    assert "backups measured this, not we" in shown
    assert "/rules/None" not in shown
    assert "from backups" in page(client_of(Role.ONCALL), "/alerts")


@pytest.mark.parametrize(("count", "said"), [(1, "1 active alert of it is"), (2, "2 active alerts of it are")])
def test_who_deletes_a_source_reads_how_many_alerts_end(
    app: Flask, client_of: Clients, call: Callable[..., Any], made: NewSecret, count: int, said: str
) -> None:
    dev = client_of(Role.DEVOPS)
    body = b",".join(b'{"title": "Backup %d failed"}' % number for number in range(count))
    post(dev, b"[%b]" % body, name="backups", secret=made.text)
    known = gate_of(app).dash.callback_map
    (output,) = [each for each, one in known.items() if [given["id"] for given in one["inputs"]] == [SURE]]
    asked = callback_body(app, output, 1)
    asked["state"][0]["value"] = {"id": str(made.source.id), "deed": "delete"}

    assert said in str(call(dev, asked).json)


def test_words_for_severities_are_read_a_line_each() -> None:
    assert severities_of("P1 = critical\n\n page: High ") == {"P1": Severity.CRITICAL, "page": Severity.HIGH}
    with pytest.raises(InvalidInputError, match="P1 = worst"):
        severities_of("P1 = worst")
