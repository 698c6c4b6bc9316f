"""Views of the inbox in a browser: by hand, by keyboard alone, and on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, overflows, visit
from tests.browser.test_accessibility import faults
from tests.web import alarms
from webapp.accounts.permissions import Role


@pytest.fixture(autouse=True)
def _two_machines(server, runtime):
    alarms.fire(runtime, "api-1", "api-2")


def rows(page: Page):
    return page.locator("#inbox-rows > li")


def menu(page: Page):
    return page.locator("#inbox-views > details")


def test_a_view_is_saved_chosen_and_begun_with(signed_in):
    page = signed_in(Role.ONCALL, "/alerts?q=api-2")
    menu(page).locator("summary").click()
    menu(page).get_by_role("button", name="Save this view").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Second machine")
    dialog.get_by_label("Begin with it").check()
    dialog.get_by_role("button", name="Save").click()

    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(menu(page).locator("summary")).to_contain_text("Second machine")
    page.get_by_role("link", name="Show all").first.click()
    expect(rows(page)).to_have_count(2)
    expect(menu(page).locator("summary")).to_contain_text("Views")
    menu(page).locator("summary").click()
    menu(page).get_by_role("link", name="Second machine").click()
    expect(rows(page)).to_have_count(1)
    expect(menu(page)).not_to_have_attribute("open", re.compile(".*"))

    visit(page, "/alerts")
    expect(page).to_have_url(re.compile("q=api-2"))
    expect(rows(page)).to_have_count(1)


def test_views_are_looked_after(signed_in):
    page = signed_in(Role.ONCALL, "/alerts?q=api-2")
    for name in ("One", "Two"):
        menu(page).locator("summary").click()
        menu(page).get_by_role("button", name="Save this view").click()
        page.get_by_role("dialog").get_by_label("Name").fill(name)
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    menu(page).locator("summary").click()
    menu(page).get_by_role("button", name="Manage views").click()
    dialog = page.get_by_role("dialog")
    lines = dialog.locator("li")

    lines.nth(0).get_by_label("Name").fill("Two")
    lines.nth(0).get_by_role("button", name="Rename").click()
    expect(dialog.get_by_role("alert")).to_contain_text("choose another name")
    lines.nth(0).get_by_label("Name").fill("First")
    lines.nth(0).get_by_role("button", name="Rename").click()
    expect(menu(page)).to_contain_text("First")
    lines.nth(1).get_by_role("button", name="Share").click()
    expect(lines.nth(1).get_by_role("button", name="Stop sharing")).to_be_visible()
    assert faults(page) == []
    lines.nth(0).get_by_role("button", name="Delete").click()
    expect(lines).to_have_count(1)

    erin = signed_in(Role.EXECUTIVE, "/alerts")
    menu(erin).locator("summary").click()
    expect(menu(erin).get_by_role("link", name="Two")).to_contain_text("by Omar")


def test_a_view_is_saved_and_chosen_by_keyboard_alone(signed_in):
    page = signed_in(Role.ONCALL, "/alerts?q=api-2")

    page.get_by_label("Search title").focus()
    while not menu(page).locator("summary").evaluate("(each) => document.activeElement === each"):
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    while page.evaluate("document.activeElement.id") != "inbox-view-name":
        page.keyboard.press("Tab")
    page.keyboard.type("Second machine")
    page.keyboard.press("Enter")
    expect(menu(page).locator("summary")).to_contain_text("Second machine")
    expect(page.get_by_role("dialog")).to_have_count(0)

    visit(page, "/alerts?tab=open")
    menu(page).locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)


def test_on_a_phone_a_view_is_saved_and_chosen_with_a_thumb(signed_in):
    page = signed_in(Role.ONCALL, "/alerts?q=api-2", size=PHONE, theme="dark")
    menu(page).locator("summary").tap()
    menu(page).get_by_role("button", name="Save this view").tap()
    page.get_by_role("dialog").get_by_label("Name").fill("Second machine of the whole fleet")
    page.get_by_role("dialog").get_by_role("button", name="Save").tap()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert not overflows(page)

    visit(page, "/alerts?tab=open")
    menu(page).locator("summary").tap()
    link = menu(page).get_by_role("link", name="Second machine")
    assert link.bounding_box()["height"] >= 44
    link.tap()
    expect(rows(page)).to_have_count(1)
    assert not overflows(page)
