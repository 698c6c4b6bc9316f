"""The models' pages as people use them: register, edit a target, put money in force, retire."""

import pytest
from playwright.sync_api import expect

from tests import factories as make
from tests.browser.conftest import DESKTOP, PHONE, overflows, visit
from webapp.accounts.permissions import Role
from webapp.catalog import queries


@pytest.fixture
def churn(runtime):
    with runtime.transaction() as session:
        return make.make_model(session, "churn", title="Customer churn")


def test_a_model_is_registered_in_a_window_and_its_page_opens(signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/models")
    page.get_by_role("button", name="Register a model").click()
    dialog = page.get_by_role("dialog")

    dialog.get_by_label("Name", exact=True).fill("credit-risk")
    dialog.get_by_label("Title").fill("Credit risk")
    dialog.get_by_role("button", name="Register", exact=True).click()

    expect(page.get_by_role("heading", name="Credit risk", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="Send the first prediction")).to_be_visible()
    expect(page.locator(".modal-backdrop")).to_have_count(0)


def test_a_target_is_edited_and_still_there_after_a_reload(churn, signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/models/churn")

    page.get_by_label("Accuracy, target", exact=True).fill("92")
    page.get_by_role("button", name="Save targets").click()

    expect(page.get_by_text("Saved. Health and charts follow at once.")).to_be_visible()
    visit(page, "/models/churn")
    expect(page.get_by_label("Accuracy, target", exact=True)).to_have_value("92")


def test_a_target_that_makes_no_sense_is_explained(churn, signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/models/churn")

    page.get_by_label("Accuracy, target", exact=True).fill("50")
    page.get_by_role("button", name="Save targets").click()

    expect(page.get_by_text("Accuracy: the bounds must fall from target over warning to critical.")).to_be_visible()


def test_money_is_put_in_force(churn, signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/models/churn")

    page.get_by_label("Customer value a year").fill("1200")
    page.get_by_label("Contact cost").fill("50")
    page.get_by_role("button", name="Put in force").click()

    expect(page.get_by_role("cell", name="$1,200")).to_be_visible()


def test_retiring_asks_first_and_goes_back_to_the_list(churn, runtime, signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/models/churn")
    page.get_by_role("button", name="Retire", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Its history stays")

    dialog.get_by_role("button", name="Retire", exact=True).click()

    expect(page.get_by_role("heading", name="Models", level=1)).to_be_visible()
    with runtime.transaction() as session:
        assert queries.model_named(session, "churn").status == "retired"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_models_pages_are_not_wider_than_the_screen(churn, signed_in, size):
    page = signed_in(Role.DATA_SCIENTIST, size=size)

    for path in ("/models", "/models/churn"):
        visit(page, path)
        assert not overflows(page), path
