"""The door: in with a password or a link, out for good, and never to somebody else's site."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, overflows
from webapp.accounts import bootstrap, users
from webapp.accounts.actor import SYSTEM
from webapp.accounts.permissions import Role

NEW_PASSWORD = "harbour lantern velvet cactus"


def test_somebody_signs_in_and_out(open_page, server, sign_in_as):
    page = open_page()

    sign_in_as(page, Role.AUDITOR)
    expect(page.get_by_role("heading", name="Audit log", level=1)).to_be_visible()
    page.locator("summary").filter(has_text="Account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    page.goto(f"{server}/profile")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_way_on_is_kept_over_the_sign_in(open_page, sign_in_as):
    page = open_page()

    sign_in_as(page, Role.ADMIN, target="?next=/administration/tokens")

    expect(page.get_by_role("heading", name="API tokens", level=1)).to_be_visible()


def test_a_foreign_address_is_not_followed(open_page, server, sign_in_as):
    page = open_page()

    sign_in_as(page, Role.ADMIN, target="?next=https://example.org/")

    page.wait_for_url(f"{server}/**")


def test_a_wrong_password_is_a_sentence_and_keeps_the_address(open_page, server, expected_errors):
    expected_errors.append("401")
    page = open_page()
    page.goto(f"{server}/login")
    page.get_by_label("E-mail address").fill("ada@example.com")
    page.get_by_label("Password").fill("nope")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_contain_text("not right")
    expect(page.get_by_label("E-mail address")).to_have_value("ada@example.com")
    expect(page.get_by_label("Password")).to_be_focused()


def test_signing_in_works_without_any_script(open_page, server, make_user):
    make_user(Role.ADMIN)
    page = open_page(java_script_enabled=False)
    page.goto(f"{server}/login")
    page.get_by_label("E-mail address").fill("root@example.com")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_be_visible()


@pytest.fixture(autouse=True)
def _refusals_are_no_errors(expected_errors):
    expected_errors.append("the server responded with a status of 401")


def test_the_first_administrator_is_welcomed(open_page, server, runtime, clock):
    with runtime.transaction() as session:
        link = bootstrap.first_admin_link(session, datetime.now(UTC), server)
    page = open_page()
    page.goto(link)
    page.get_by_label("Your name").fill("Root")
    page.get_by_label("E-mail address").fill("root@example.com")
    page.get_by_label("Password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Create the administrator").click()

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.wait_for_url("**/*")
    with runtime.transaction() as session:
        assert users.has_administrator(session)


def test_a_guest_chooses_a_password_by_the_link(open_page, server, runtime):
    with runtime.transaction() as session:
        _, secret = users.invite(
            session, email="bea@example.com", name="Bea", roles=[Role.AUDITOR], actor=SYSTEM, now=datetime.now(UTC)
        )
    page = open_page()
    page.goto(f"{server}/invitation/{secret}")
    expect(page.get_by_role("heading", name="Hello Bea")).to_be_visible()
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set the password").click()

    expect(page.get_by_role("heading", name="Audit log", level=1)).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_door_fits_a_phone(open_page, server, theme):
    page = open_page(size=PHONE, theme=theme)
    page.goto(f"{server}/login")

    assert not overflows(page)
    box = page.get_by_role("button", name="Sign in").bounding_box()
    assert box is not None
    assert box["height"] >= 44
