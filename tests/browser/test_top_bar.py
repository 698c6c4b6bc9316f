"""The top bar: what is chosen stands in the address, goes along, and comes back; charts are taken home as files."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests import factories as make
from tests.browser.conftest import PHONE, overflows, visit
from webapp.accounts.permissions import Role

BUSY = "() => window.dash_clientside.shell.refresh(7) === window.dash_clientside.no_update"


@pytest.fixture(autouse=True)
def _two_models(runtime):
    now = datetime.now(UTC)
    with runtime.transaction() as session:
        make.make_model(session, "churn", title="Customer churn", now=now)
        make.make_model(session, "fraud", title="Card fraud", now=now)
        make.make_predictions(
            session, make.predictions(60, model="churn", start=now - timedelta(days=3), end=now), now=now
        )


def test_a_model_is_chosen_and_goes_along_to_the_next_page(signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/technical/health")

    page.get_by_label("Model", exact=True).select_option("Customer churn")
    expect(page).to_have_url(re.compile(r"model=churn"))
    expect(page.locator("#content")).to_contain_text("Customer churn")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Data quality").click()

    expect(page).to_have_url(re.compile(r"/technical/data\?model=churn"))
    expect(page.get_by_label("Model", exact=True)).to_have_value("churn")


def test_a_range_is_a_link_that_goes_back(signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/technical/health")
    ranges = page.get_by_role("group", name="Time range")

    ranges.get_by_role("link", name="7 d").click()
    expect(ranges.locator(".is-current")).to_have_text("7 d")
    expect(page).to_have_url(re.compile(r"range=7d"))
    page.go_back()

    expect(ranges.locator(".is-current")).to_have_text("30 d")


def test_days_of_ones_own_are_chosen(signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/technical/health")
    today = datetime.now(UTC).date()

    page.locator("summary").filter(has_text="Choose days").click()
    page.get_by_label("From").fill(str(today - timedelta(days=4)))
    page.get_by_label("To", exact=True).fill(str(today))
    page.get_by_role("button", name="Show these days").click()

    expect(page).to_have_url(re.compile(rf"from={today - timedelta(days=4)}&to={today}"))
    expect(page.locator("summary").filter(has_text="Choose days").locator(".is-current")).to_be_visible()


def test_the_comparison_is_switched_off_and_on(signed_in):
    page = signed_in(Role.EXECUTIVE, "/executive")
    switch = page.get_by_label("Compare")

    switch.uncheck()
    expect(page).to_have_url(re.compile(r"compare=0"))
    switch.check()

    expect(page).not_to_have_url(re.compile(r"compare"))


def test_a_phone_unfolds_the_choices_and_says_what_is_chosen(signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/technical/health?model=churn&range=7d", size=PHONE)
    unfold = page.locator(".mc-filters-button")
    expect(unfold).to_have_text("Customer churn · 7 d")

    unfold.click()

    expect(page.get_by_label("Model", exact=True)).to_be_visible()
    assert not overflows(page)
    page.get_by_label("Model", exact=True).select_option("Card fraud")
    expect(unfold).to_have_text("Card fraud · 7 d")


def test_a_page_is_not_renewed_under_the_hands_of_somebody(signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/profile")
    assert page.evaluate(BUSY) is False

    page.get_by_label("Name").focus()

    assert page.evaluate(BUSY) is True


def test_a_chart_is_saved_as_a_table_and_as_a_picture(signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/technical/predictions?model=churn&range=7d")
    figure = page.locator("figure.mc-graph").filter(has=page.locator(".js-plotly-plot")).first
    figure.locator(".main-svg").first.wait_for()
    figure.hover()

    with page.expect_download() as table:
        figure.get_by_role("button", name=re.compile("^Save as CSV")).click()
    with page.expect_download() as picture:
        figure.get_by_role("button", name=re.compile("^Save as PNG")).click()

    assert table.value.path().read_bytes().startswith("\ufeffseries,x,y,value\r\n".encode())
    assert picture.value.path().read_bytes().startswith(b"\x89PNG")


def test_a_live_page_is_renewed_without_losing_its_place(signed_in):
    page = signed_in(Role.EXECUTIVE, "/executive", size=(1200, 500))
    visit(page, "/executive")
    page.evaluate("() => window.scrollTo(0, 300)")
    page.evaluate("() => { document.querySelector('#content h1').dataset.mark = 'old'; }")

    with page.expect_response(re.compile("_dash-update-component")) as renewed:
        page.evaluate("() => window.dash_clientside.set_props('live-refresh', { data: 1 })")

    assert renewed.value.ok
    page.wait_for_timeout(300)
    assert page.evaluate("() => window.scrollY") == 300
