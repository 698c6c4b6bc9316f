"""A silence as people on call make it: from an alert, with what it mutes before their eyes, and ended by a thumb."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, overflows, visit
from tests.browser.test_accessibility import faults
from tests.web import alarms
from webapp.accounts.permissions import Role


@pytest.fixture
def alerts(runtime):
    """Three busy machines, at this very moment."""
    return alarms.fire(runtime, "api-1", "api-2", "api-3", now=datetime.now(UTC))


@pytest.fixture(autouse=True)
def _answers_to_the_end(server):
    """Start the server before any browser, so that it ends after it: the inbox asks again and again."""


def tab(page: Page, name: str):
    return page.locator(".mc-tabs .mc-tab").filter(has_text=name)


def test_an_alert_is_silenced_stands_in_its_tab_and_is_open_again(signed_in, alerts):
    page = signed_in(Role.ONCALL, f"/alerts/{alerts[0]}")
    page.get_by_role("link", name="Silence …").click()
    affected = page.locator("#silence-affected")
    expect(affected).to_contain_text("Affects 1 alert now of 3 that are active.")
    expect(affected).to_contain_text("High CPU: api-1")

    page.get_by_role("button", name="Silence", exact=True).click()
    expect(page.get_by_text("Write why it is silent")).to_be_visible()
    page.get_by_label("Why").fill("Deployment of v8")
    page.get_by_text("4 hours").click()
    expect(page.locator("#silence-windows")).to_contain_text("Silent until")
    page.get_by_role("button", name="Silence", exact=True).click()

    expect(page).to_have_url(re.compile(rf"/alerts\?alert={alerts[0]}"))
    expect(page.locator("#panel-now")).to_contain_text("Silenced by Omar until")
    expect(tab(page, "Open")).to_contain_text("2")
    tab(page, "Silenced").click()
    row = page.locator("#inbox-rows > li")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Silenced by Omar until")

    row.get_by_role("link", name=re.compile("Silenced by Omar")).click()
    expect(page.get_by_role("heading", name="Silence", exact=True)).to_be_visible()
    page.get_by_role("button", name="End now").click()
    expect(page.get_by_text("The silence is over.")).to_be_visible()
    visit(page, "/alerts")
    expect(page.locator("#inbox-rows > li")).to_have_count(3)
    expect(tab(page, "Silenced")).to_contain_text("0")


def test_one_that_mutes_everything_is_asked_about_and_only_made_when_meant(signed_in, alerts):
    page = signed_in(Role.ONCALL, "/silences/new")
    page.get_by_role("button", name="Silence", exact=True).click()
    expect(page.get_by_text("There is no matcher")).to_be_visible()
    page.get_by_label("Which alerts").fill('rule="High CPU"')
    page.get_by_label("Why").fill("Everything is known")
    expect(page.locator("#silence-affected")).to_contain_text("Affects 3 alerts now")
    page.get_by_role("button", name="Silence", exact=True).click()
    dialog = page.get_by_role("dialog")

    expect(dialog).to_contain_text("It mutes all 3 active alerts.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("There is no matcher")).to_have_count(0)
    page.get_by_role("button", name="Silence", exact=True).click()
    dialog.get_by_role("button", name="Yes, silence").click()

    expect(page).to_have_url(re.compile("/silences$"))
    expect(page.locator(".mc-is-active tbody tr")).to_contain_text("3 alerts")


def test_windows_that_come_again_are_shown_while_one_writes(signed_in, alerts):
    page = signed_in(Role.DEVOPS, "/silences/new")
    page.get_by_label("Which alerts").fill("instance=api-1")
    expect(page.get_by_label("Time zone")).to_be_hidden()

    page.get_by_text("Again and again").click()
    page.get_by_label("Mon").check()
    page.get_by_label("Thu").check()
    page.get_by_label("Time zone").select_option("Europe/Berlin")

    expect(page.locator("#silence-windows li")).to_have_count(4)
    expect(page.get_by_label("1 hour")).to_be_hidden()
    assert faults(page) == []


def test_on_a_phone_a_silence_is_made_and_ended_by_a_thumb(signed_in, alerts):
    page = signed_in(Role.ONCALL, f"/silences/new?alert={alerts[1]}", size=PHONE, theme="dark")
    assert not overflows(page)
    page.get_by_label("Why").fill("Known")
    make = page.get_by_role("button", name="Silence", exact=True)
    assert make.bounding_box()["height"] >= 44
    make.tap()
    expect(page).to_have_url(re.compile("/alerts"))

    visit(page, "/silences")
    assert not overflows(page)
    end = page.get_by_role("button", name="End now")
    assert end.bounding_box()["height"] >= 44
    end.tap()
    expect(page.get_by_text("The silence is over.")).to_be_visible()
    expect(page.get_by_text("Nothing is silent right now.")).to_be_visible()
    assert faults(page) == []
