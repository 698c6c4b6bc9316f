"""Administration as a person does it: invite, change roles, disable, make and revoke a token."""

from playwright.sync_api import expect

from tests.conftest import PASSWORD
from webapp.accounts.permissions import Role


def test_somebody_is_invited_and_comes_in_by_the_link(signed_in, open_page, server):
    page = signed_in(Role.ADMIN, "/administration/users")
    page.get_by_role("button", name="Invite somebody").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("E-mail address").fill("bea@example.com")
    dialog.get_by_label("Name").fill("Bea")
    dialog.get_by_label("Auditor").check()
    dialog.get_by_role("button", name="Make the invitation").click()

    link = dialog.locator("code").inner_text()
    guest = open_page()
    guest.goto(server + "/invitation/" + link.rsplit("/", 1)[1])
    guest.get_by_label("New password").fill(PASSWORD + " and more")
    guest.get_by_role("button", name="Set the password").click()

    expect(guest.get_by_role("heading", name="Audit log", level=1)).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="bea@example.com")).to_contain_text("invited")


def test_roles_are_changed_and_an_account_disabled(signed_in, make_user):
    make_user(Role.ONCALL)
    page = signed_in(Role.ADMIN, "/administration/users")
    row = page.get_by_role("row").filter(has_text="omar@example.com")

    row.locator("summary").filter(has_text="Actions for Omar").click()
    row.get_by_role("button", name="Change roles").click()
    page.get_by_role("dialog").get_by_label("DevOps").check()
    page.get_by_role("dialog").get_by_role("button", name="Save the roles").click()
    expect(row).to_contain_text("DevOps")
    expect(page.get_by_role("dialog")).to_have_count(0)

    row.locator("summary").filter(has_text="Actions for Omar").click()
    row.get_by_role("button", name="Disable").click()
    page.get_by_role("dialog").get_by_role("button", name="Disable the account").click()
    expect(row).to_contain_text("disabled")


def test_a_dialog_that_is_cancelled_changes_nothing(signed_in, make_user):
    make_user(Role.ONCALL)
    page = signed_in(Role.ADMIN, "/administration/users")
    row = page.get_by_role("row").filter(has_text="omar@example.com")

    for _ in range(2):  # the second time as well as the first
        row.locator("summary").filter(has_text="Actions for Omar").click()
        row.get_by_role("button", name="Disable").click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("dialog")).to_have_count(0)

    expect(row).to_contain_text("active")


def test_a_token_is_made_shown_once_and_revoked(signed_in):
    page = signed_in(Role.ADMIN, "/administration/tokens")
    page.get_by_role("button", name="New token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("churn service")
    dialog.get_by_label("Send events of every model").check()
    dialog.get_by_role("button", name="Make the token").click()
    expect(dialog.locator("code")).to_contain_text("mc_")
    page.keyboard.press("Escape")

    row = page.get_by_role("row").filter(has_text="churn service")
    expect(row).to_contain_text("active")
    row.get_by_role("button", name="Revoke").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke it").click()

    expect(row).to_contain_text("revoked")


def test_the_form_for_a_token_is_empty_again_after_one_was_made(signed_in):
    page = signed_in(Role.ADMIN, "/profile")
    for name in ("first", "second"):
        page.get_by_role("button", name="New token").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name").fill(name)
        dialog.get_by_label("Read metrics").check()
        dialog.get_by_role("button", name="Make the token").click()
        expect(dialog.locator("code")).to_contain_text("mc_")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)

    expect(page.get_by_role("row").filter(has_text="second")).to_be_visible()
