"""Ten thousand alerts come while somebody has the inbox open: nothing jumps, and all of them are dealt with at once."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from tests.factories import ROOT
from tests.web import alarms
from webapp.accounts.permissions import Role
from webapp.alerting import bulk, deeds, episodes, queries, rules
from webapp.alerting.episodes import Finding
from webapp.alerting.origin import Origin
from webapp.alerting.queries import InboxFilters
from webapp.alerting.severity import Severity
from webapp.alerting.states import Condition, Phase, SeriesState
from webapp.alerting.transitions import Seen
from webapp.alerting.types import AlertType
from webapp.core.ids import uuid7

STORM = 10_000


@pytest.fixture
def storm(runtime):
    """Return a function that lets a rule fire over so many machines in one cycle, as the engine writes it."""

    def blow(count: int, *, at: datetime, prefix: str = "node") -> None:
        with runtime.transaction() as session:
            document = alarms.cpu_rule("Storm", interval_seconds=3600)
            known = [rule for rule in queries.rules(session) if rule.name == "Storm"]
            rule_id = known[0].id if known else rules.save_rule(session, document, actor=ROOT, now=at)
        state = SeriesState(Phase.FIRING, active_at=at, fired_at=at, condition=Condition.HIT)
        seen = Seen(state, Severity.HIGH, 95.0, 90.0, "CPU is 95.0%, above 90%.", 12)
        origin = Origin("Storm", AlertType.RESOURCE_EXHAUSTION, "cpu", rule_id=rule_id, rule_version=1)
        findings = [
            Finding(origin, uuid7(at), {"instance": f"{prefix}-{number}"}, ">", seen) for number in range(count)
        ]
        with runtime.job_transaction() as session:
            episodes.apply(session, findings, at=at)

    return blow


@pytest.fixture(autouse=True)
def _answers_to_the_end(server):
    """Start the server before any browser, so that it ends after it: the inbox asks again and again."""


def rows(page: Page):
    return page.locator("#inbox-rows > li")


def said(page: Page):
    return page.locator(".mc-said[data-shown]")


def counts(runtime):
    with runtime.transaction() as session:
        return queries.counts(session, InboxFilters())


def test_a_storm_is_announced_and_acknowledged_whole(signed_in, runtime, storm):
    now = datetime.now(UTC)
    alarms.fire(runtime, "api-1", "api-2", now=now - timedelta(minutes=5))
    page = signed_in(Role.ONCALL, "/alerts")
    before = [each.bounding_box() for each in rows(page).all()]

    storm(STORM, at=now)
    expect(page.get_by_role("button", name="10,000 new")).to_be_visible()
    assert [each.bounding_box() for each in rows(page).all()] == before, "a row moved under the cursor"

    page.keyboard.press(".")
    expect(rows(page)).to_have_count(50)
    expect(page.locator(".mc-tab.is-current")).to_contain_text("10,002")
    rows(page).first.get_by_role("checkbox").click()
    bar = page.get_by_role("toolbar")
    bar.get_by_role("button", name="All shown").click()
    expect(bar).to_contain_text("50 chosen")
    bar.get_by_role("button", name="All 10,002 that match").click()
    expect(bar).to_contain_text("10,002 chosen")

    # Somebody else is quicker with two of them, and something new comes: neither is acknowledged by this.
    ids = [row.get_attribute("data-id") for row in rows(page).all()[:2]]
    dev = alarms.ROOT
    bulk.carry_out(
        runtime.transaction, [UUID(each) for each in ids], deeds.Acknowledge(), actor=dev, now=datetime.now(UTC)
    )
    storm(7, at=datetime.now(UTC) + timedelta(seconds=1), prefix="late")
    bar.get_by_role("button", name="Acknowledge").click()

    expect(said(page)).to_contain_text(re.compile(r"10,000 acknowledged, 2 were acknowledged by root at \d\d:\d\d"))
    expect(said(page).get_by_role("listitem")).to_have_count(2)
    expect(rows(page)).to_have_count(7)
    assert (counts(runtime)["open"], counts(runtime)["acknowledged"]) == (7, 10_002)

    said(page).get_by_role("button", name="Undo").click()
    expect(said(page)).to_contain_text("10,000 taken back")
    assert (counts(runtime)["open"], counts(runtime)["acknowledged"]) == (10_007, 2)


def test_all_that_match_are_only_those_of_the_view(signed_in, runtime, storm):
    now = datetime.now(UTC)
    alarms.fire(runtime, "api-1", now=now - timedelta(minutes=5))
    storm(120, at=now)
    page = signed_in(Role.ONCALL, "/alerts?q=node")

    page.keyboard.press("X")
    page.keyboard.press("X")
    expect(page.get_by_role("toolbar")).to_contain_text("120 chosen")
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Resolve 120 alerts")
    dialog.get_by_role("button", name="Resolve").click()

    expect(said(page)).to_contain_text("120 resolved")
    assert counts(runtime)["open"] == 1


def test_one_that_is_let_out_is_not_among_all_that_match(signed_in, runtime, storm):
    storm(60, at=datetime.now(UTC))
    page = signed_in(Role.ONCALL, "/alerts")
    page.keyboard.press("X")
    page.keyboard.press("X")
    expect(page.get_by_role("toolbar")).to_contain_text("60 chosen")

    rows(page).nth(3).get_by_role("checkbox").click()
    expect(page.get_by_role("toolbar")).to_contain_text("49 chosen")
    page.keyboard.press("a")

    expect(said(page)).to_contain_text("49 acknowledged")
    assert counts(runtime)["open"] == 11


def test_the_second_of_two_with_the_same_storm_sees_how_many_were_not_his(signed_in, runtime, storm):
    storm(300, at=datetime.now(UTC))
    omar, dev = signed_in(Role.ONCALL, "/alerts"), signed_in(Role.DEVOPS, "/alerts")
    for page in (omar, dev):
        page.keyboard.press("X")
        page.keyboard.press("X")
        expect(page.get_by_role("toolbar")).to_contain_text("300 chosen")

    omar.keyboard.press("a")
    expect(said(omar)).to_contain_text("300 acknowledged")
    dev.keyboard.press("a")

    expect(said(dev)).to_contain_text(re.compile(r"^300 were acknowledged by Omar at \d\d:\d\d"))
    expect(said(dev).get_by_text("and 200 more")).to_have_count(1)
    expect(dev.locator(".mc-tab", has_text="Acknowledged")).to_contain_text("300")
