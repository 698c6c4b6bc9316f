"""No screen has a fault that a machine can find: names, roles, contrast, headings (axe-core, rules of WCAG 2.2 AA)."""

from pathlib import Path

import pytest

from tests.browser.conftest import DESKTOP, PHONE, visit
from webapp.accounts.permissions import Role
from webapp.core.registry import discover
from webapp.web import pages
from webapp.web.page import Page

AXE = (Path(__file__).parent / "axe.min.js").read_text()
SCREENS = sorted(
    page.path for page in discover(pages, "PAGE").values() if isinstance(page, Page) and "<" not in page.path
)


def faults(page) -> list[str]:
    page.evaluate("() => {" + AXE + "}")
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found["violations"]]


@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_no_screen_has_a_fault_that_a_machine_finds(signed_in, size, theme):
    page = signed_in(Role.ADMIN, "/profile", size=size, theme=theme)

    found = {}
    for path in SCREENS:
        visit(page, path)
        found[path] = faults(page)

    assert {path: each for path, each in found.items() if each} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_door_has_no_fault_that_a_machine_finds(open_page, server, theme):
    page = open_page(theme=theme)
    page.goto(f"{server}/login")

    assert faults(page) == []


@pytest.mark.parametrize("name", ["Open alerts", "Account"])
def test_an_open_menu_has_no_fault_that_a_machine_finds(signed_in, name):
    page = signed_in(Role.ADMIN, "/profile")
    page.locator("summary").filter(has_text=name).click()

    assert faults(page) == []


def test_a_window_has_no_fault_that_a_machine_finds(signed_in):
    page = signed_in(Role.ADMIN, "/administration/users")
    page.get_by_role("button", name="Invite somebody").click()
    page.get_by_role("dialog").wait_for()

    assert faults(page) == []
