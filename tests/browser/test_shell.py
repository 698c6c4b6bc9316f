"""The frame of every screen: the way between pages, the live state, messages, themes, keyboard and thumb."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, overflows, visit
from webapp.accounts import sessions, users
from webapp.accounts.permissions import Role

PATHS = ["/profile", "/administration/users", "/administration/tokens", "/administration/audit"]
PRESSED = "#content button, #content a.mc-button, .mc-bottom a, .mc-bottom button, .mc-top summary"


def test_the_navigation_shows_what_one_may_open_and_goes_there_without_a_reload(signed_in):
    page = signed_in(Role.ADMIN, "/administration/users")
    page.evaluate("() => { window.stayed = true; }")

    page.get_by_role("navigation", name="Pages").get_by_role("link", name="API tokens").click()

    expect(page.get_by_role("heading", name="API tokens", level=1)).to_be_focused()
    expect(page).to_have_title("API tokens · Mission Control")
    expect(page.get_by_role("navigation", name="Pages").locator("[aria-current=page]")).to_have_text("API tokens")
    assert page.evaluate("() => window.stayed") is True
    page.go_back()
    expect(page.get_by_role("heading", name="Users", level=1)).to_be_visible()


def test_somebody_without_the_permission_finds_no_link(signed_in):
    page = signed_in(Role.EXECUTIVE, "/profile")

    expect(page.get_by_role("navigation", name="Pages").get_by_role("link", name="Users")).to_have_count(0)


def test_the_first_key_leads_to_the_content(signed_in):
    page = signed_in(Role.ADMIN, "/profile")

    page.keyboard.press("Tab")

    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_the_theme_changes_at_once_and_is_remembered(signed_in):
    page = signed_in(Role.ADMIN, "/profile", theme="light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")

    page.locator("summary").filter(has_text="Account").click()
    page.get_by_role("radiogroup", name="Theme").get_by_text("Dark", exact=True).click()

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.wait_for_load_state("networkidle")
    visit(page, "/profile")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_theme_of_the_system_is_followed(signed_in):
    page = signed_in(Role.ADMIN, "/profile", theme="dark")

    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_an_error_for_the_person_is_a_message_that_can_be_closed(signed_in):
    page = signed_in(Role.ADMIN, "/profile")

    page.get_by_label("Current password").fill("no")
    page.get_by_label("New password").fill("harbour lantern velvet cactus")
    page.get_by_role("button", name="Change the password").click()

    message = page.get_by_role("alert").filter(has_text="The current password is not right.")
    expect(message).to_be_visible()
    message.get_by_role("button", name="Close the message").click()
    expect(message).to_have_count(0)


def test_whose_session_has_ended_is_led_to_the_door_and_back(signed_in, runtime, expected_errors):
    expected_errors.append("401")
    page = signed_in(Role.ADMIN, "/administration/users")
    with runtime.transaction() as session:
        root = users.by_email(session, "root@example.com")
        sessions.end_all(session, root.id, because="test", now=runtime.clock.now())

    page.get_by_role("navigation", name="Pages").get_by_role("link", name="API tokens").click()

    page.wait_for_url(re.compile(r"/login\?next=%2Fadministration%2Ftokens"))


def test_a_server_that_is_gone_is_told_and_turns_the_live_state_red(signed_in, expected_errors):
    expected_errors += ["Failed to load resource", "Failed to fetch", "Callback failed", "net::"]
    page = signed_in(Role.ADMIN, "/administration/users")
    page.context.set_offline(True)

    page.get_by_role("navigation", name="Pages").get_by_role("link", name="API tokens").click()

    expect(page.get_by_role("alert").filter(has_text="The server does not answer")).to_be_visible()
    page.evaluate("() => { const now = Date.now; Date.now = () => now() + 120000; }")
    expect(page.locator("#live")).to_have_class(re.compile("is-late"))
    expect(page.locator("#live")).to_contain_text("No answer for")


def test_menus_fold_on_escape_and_give_the_focus_back(signed_in):
    page = signed_in(Role.ADMIN, "/profile")
    bell = page.locator("summary").filter(has_text="Open alerts")

    bell.click()
    expect(page.get_by_role("link", name="Open the inbox")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="Open the inbox")).to_be_hidden()
    expect(bell).to_be_focused()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_shows_everything_without_scrolling_sideways(signed_in, path, theme):
    page = signed_in(Role.ADMIN, path, size=PHONE, theme=theme)

    assert not overflows(page)
    small = page.evaluate(
        """(pressed) => [...document.querySelectorAll(pressed)]
            .filter((each) => each.offsetParent !== null && each.getBoundingClientRect().height < 43.5)
            .map((each) => each.textContent || each.className)""",
        PRESSED,
    )
    assert small == []


def test_a_thumb_reaches_every_page(signed_in):
    page = signed_in(Role.ADMIN, "/profile", size=PHONE)
    below = page.get_by_role("navigation", name="Most used pages")

    below.get_by_role("button", name="More").click()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Audit log").click()

    expect(page.get_by_role("heading", name="Audit log", level=1)).to_be_visible()
    expect(page.locator("#side")).to_be_hidden()
