"""Sources in a browser: one is added, heard, seen in the inbox, and its alert ends from outside."""

import re
import urllib.request

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, overflows, visit
from webapp.accounts.permissions import Role


def send(address: str, secret: str, body: str) -> int:
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    request = urllib.request.Request(address, data=body.encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return int(answer.status)


def test_a_source_is_added_heard_and_its_alert_ends_from_outside(signed_in, server):
    page = signed_in(Role.DEVOPS, "/sources")
    expect(page.get_by_text("No sources yet")).to_be_visible()
    page.get_by_role("button", name="Add a source").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("backups")
    dialog.get_by_label("Format").select_option("generic")
    dialog.get_by_role("button", name="Add the source").click()
    expect(dialog.get_by_text("Waiting for the first alert")).to_be_visible()

    secret = dialog.get_by_label("The secret of the source").inner_text()
    address = server + "/api/v1/sources/backups/alerts"
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/=]{44}", secret)
    assert send(address, secret, '{"title": "Backup failed", "severity": "critical", "id": "b"}') == 202

    expect(dialog.get_by_text("It has arrived.")).to_be_visible()
    dialog.get_by_role("link", name="Open the inbox").click()
    row = page.locator(".mc-alert", has_text="Backup failed")
    expect(row).to_contain_text("from backups")
    row.get_by_role("link", name="Backup failed").click()
    expect(page.get_by_text("backups measured this, not we")).to_be_visible()

    assert send(address, secret, '{"title": "Backup failed", "status": "resolved", "id": "b"}') == 202
    visit(page, "/alerts?tab=resolved")
    expect(page.locator(".mc-alert", has_text="Backup failed")).to_contain_text("resolved by its source")


def test_a_secret_is_replaced_and_a_source_goes(signed_in, server):
    page = signed_in(Role.DEVOPS, "/sources")
    page.get_by_role("button", name="Add a source").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("prod cluster")
    dialog.get_by_role("button", name="Add the source").click()
    expect(page.locator(".mc-toasts")).to_contain_text("small letters")
    dialog.get_by_label("Name").fill("prod-cluster")
    dialog.get_by_role("button", name="Add the source").click()
    first = dialog.get_by_label("The secret of the source").inner_text()
    page.keyboard.press("Escape")

    page.get_by_title("Actions for prod-cluster").click()
    page.get_by_role("button", name="New secret").click()
    second = page.get_by_role("dialog").get_by_label("The secret of the source").inner_text()
    assert first != second
    page.keyboard.press("Escape")

    page.get_by_title("Actions for prod-cluster").click()
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Words for severities").fill("P1 = critical")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".mc-toasts")).to_contain_text("Saved")

    page.get_by_title("Actions for prod-cluster").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("No sources yet")).to_be_visible()


def test_the_screen_fits_a_phone(signed_in):
    page = signed_in(Role.DEVOPS, "/sources", size=PHONE)
    page.get_by_role("button", name="Add a source").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("prod-cluster")
    dialog.get_by_role("button", name="Add the source").click()
    expect(dialog.get_by_text("alertmanager.yml")).to_be_visible()

    assert not overflows(page)
