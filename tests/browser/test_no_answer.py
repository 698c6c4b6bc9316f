"""A network that goes away in the middle of something, and a session that ends: what is said, and what happens then."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE
from tests.web import alarms
from webapp.accounts import sessions, users
from webapp.accounts.permissions import Role
from webapp.alerting import queries
from webapp.alerting.types import Status

NO_NETWORK = ("Failed to load resource", "Failed to fetch", "Callback failed", "net::")


@pytest.fixture(autouse=True)
def _answers_to_the_end(server):
    """Start the server before any browser, so that it ends after it: the inbox asks again and again."""


@pytest.fixture
def alert_id(runtime):
    (made,) = alarms.fire(runtime, "api-1", now=datetime.now(UTC) - timedelta(minutes=1))
    return made


def status_of(runtime, alert_id):
    with runtime.transaction() as session:
        return queries.alert(session, alert_id).status


def test_a_deed_without_an_answer_is_called_unsure_and_can_be_done_again(signed_in, runtime, alert_id, expected_errors):
    expected_errors += NO_NETWORK
    page = signed_in(Role.ONCALL, "/alerts", size=PHONE, theme="dark")
    row = page.locator("#inbox-rows > li").first
    page.context.set_offline(True)

    row.get_by_role("button", name="Acknowledge").tap()
    expect(page.get_by_role("alert")).to_contain_text("What you just did may not have happened")
    expect(row).not_to_have_attribute("data-working", "")
    page.context.set_offline(False)
    page.wait_for_timeout(1100)  # a second press within a second is taken for a double press
    row.get_by_role("button", name="Acknowledge").tap()

    expect(row).to_contain_text("acknowledged")
    assert status_of(runtime, alert_id) is Status.ACKNOWLEDGED


def test_a_page_that_could_not_be_opened_opens_when_the_network_is_back(signed_in, alert_id, expected_errors):
    expected_errors += NO_NETWORK
    page = signed_in(Role.ONCALL, "/alerts", size=PHONE, theme="dark")
    page.context.set_offline(True)

    page.locator("#inbox-rows > li").first.get_by_role("link").tap()
    expect(page.get_by_role("alert")).to_contain_text("The page opens by itself")
    expect(page).to_have_url(re.compile(f"/alerts/{alert_id}"))
    page.context.set_offline(False)

    expect(page.get_by_role("heading", level=1)).to_contain_text("High CPU: api-1")
    expect(page).to_have_title(re.compile("^Alert"))
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Alert inbox")


def test_whose_session_ends_while_acknowledging_reads_that_it_was_not_done(
    signed_in, runtime, alert_id, expected_errors
):
    expected_errors.append("401")
    page = signed_in(Role.ONCALL, "/alerts", size=PHONE, theme="dark")
    with runtime.transaction() as session:
        omar = users.by_email(session, "omar@example.com")
        sessions.end_all(session, omar.id, because="test", now=runtime.clock.now())

    page.locator("#inbox-rows > li").first.get_by_role("button", name="Acknowledge").tap()

    expect(page.get_by_role("alert")).to_contain_text("what you just did was not done")
    assert status_of(runtime, alert_id) is Status.OPEN
