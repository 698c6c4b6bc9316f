"""The inbox as people on call use it: by keyboard, by mouse, many at once, on a phone, two at a time."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, overflows, visit
from tests.browser.test_accessibility import faults
from tests.web import alarms
from webapp.accounts.permissions import Role
from webapp.alerting import queries
from webapp.alerting.queries import InboxFilters
from webapp.alerting.types import Status


@pytest.fixture
def fire(runtime):
    """Return a function that makes alerts of busy machines at this very moment, or so many minutes from it."""

    def make(*machines: str, minutes: int = 0, value: float = 95.0):
        return alarms.fire(runtime, *machines, value=value, now=datetime.now(UTC) + timedelta(minutes=minutes))

    return make


@pytest.fixture(autouse=True)
def _answers_to_the_end(server):
    """Start the server before any browser, so that it ends after it: the inbox asks again and again."""


def row(page: Page, machine: str):
    return page.locator("#inbox-rows > li").filter(has_text=re.compile(f"High CPU: {machine}(?!\\d)"))


def chosen_row(page: Page):
    return page.locator("#inbox-rows > li[data-current]")


def said(page: Page):
    return page.locator(".mc-said[data-shown]")


def alert_of(runtime, alert_id):
    with runtime.transaction() as session:
        return queries.alert(session, alert_id)


def test_an_alert_is_acknowledged_by_keyboard_and_taken_back(signed_in, runtime, fire):
    (first, second) = fire("api-1", "api-2")
    page = signed_in(Role.ONCALL, "/alerts")

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    current = chosen_row(page).get_attribute("data-id")
    page.keyboard.press("a")

    expect(said(page)).to_contain_text("acknowledged")
    expect(chosen_row(page)).to_have_class(re.compile("is-settled"))
    expect(page.locator("#inbox-rows > li")).to_have_count(2)
    mine = next(each for each in (first, second) if str(each) == current)
    assert alert_of(runtime, mine).acknowledged_by == "Omar"

    page.keyboard.press("z")
    expect(said(page)).to_contain_text("taken back")
    assert alert_of(runtime, mine).status is Status.OPEN


def test_many_are_acknowledged_at_once_and_who_was_first_is_named(signed_in, runtime, fire):
    fire("api-1", "api-2", "api-3", "api-4")
    ada = signed_in(Role.DATA_SCIENTIST, "/alerts")
    omar = signed_in(Role.ONCALL, "/alerts")
    row(omar, "api-2").get_by_role("button", name="Acknowledge").click()
    expect(said(omar)).to_contain_text("acknowledged")

    for machine in ("api-1", "api-2", "api-3"):
        row(ada, machine).get_by_role("checkbox").click()
    bar = ada.get_by_role("toolbar")
    expect(bar).to_contain_text("3 chosen")
    bar.get_by_role("button", name="Acknowledge").click()

    expect(said(ada)).to_contain_text(re.compile(r"2 acknowledged, 1 was acknowledged by Omar at \d\d:\d\d"))
    expect(row(ada, "api-2")).to_contain_text("Omar")
    expect(ada.locator(".mc-tab.is-current")).to_contain_text("Open 1")
    expect(bar).to_be_hidden()


def test_the_second_of_two_is_told_who_won_and_sees_the_truth(signed_in, fire):
    fire("api-1")
    omar, dev = signed_in(Role.ONCALL, "/alerts"), signed_in(Role.DEVOPS, "/alerts")

    row(omar, "api-1").get_by_role("button", name="Acknowledge").click()
    expect(said(omar)).to_contain_text("acknowledged")
    row(dev, "api-1").get_by_role("button", name="Acknowledge").click()

    expect(said(dev)).to_contain_text("was acknowledged by Omar at")
    expect(row(dev, "api-1")).to_contain_text("acknowledged")


def test_it_is_live_and_rows_stay_where_they_are(signed_in, fire):
    fire("api-1", "api-2")
    omar, dev = signed_in(Role.ONCALL, "/alerts"), signed_in(Role.DEVOPS, "/alerts")
    before = [each.get_attribute("data-id") for each in dev.locator("#inbox-rows > li").all()]

    row(omar, "api-1").get_by_role("button", name="Acknowledge").click()
    fire("api-3", "api-4", "api-5", minutes=2)

    expect(dev.get_by_role("button", name="3 new")).to_be_visible()
    expect(row(dev, "api-1")).to_contain_text("Omar")
    assert [each.get_attribute("data-id") for each in dev.locator("#inbox-rows > li").all()] == before
    dev.keyboard.press(".")
    expect(dev.locator("#inbox-rows > li")).to_have_count(4)
    expect(dev.locator(".mc-new-place")).to_be_empty()


def test_an_empty_inbox_fills_by_itself(signed_in, fire):
    page = signed_in(Role.ONCALL, "/alerts")
    expect(page.get_by_text("Nothing is open")).to_be_visible()

    fire("api-1")

    expect(row(page, "api-1")).to_be_visible()
    expect(page.get_by_text("Nothing is open")).to_have_count(0)


def test_an_alert_is_resolved_with_a_reason_and_a_note(signed_in, runtime, fire):
    (alert_id,) = fire("api-1")
    page = signed_in(Role.ONCALL, "/alerts")
    page.keyboard.press("j")
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog")

    dialog.get_by_label("Reason").select_option("wont_fix")
    dialog.get_by_role("button", name="Resolve").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Write a note")
    dialog.get_by_label("Note").fill("The machine is taken away tomorrow")
    dialog.get_by_role("button", name="Resolve").click()

    expect(dialog).to_have_count(0)
    expect(said(page)).to_contain_text("resolved")
    found = alert_of(runtime, alert_id)
    assert (found.resolve_reason, found.resolution_note) == ("wont_fix", "The machine is taken away tomorrow")
    visit(page, "/alerts?tab=resolved")
    expect(row(page, "api-1")).to_contain_text("Omar, won't fix")


def test_an_alert_opens_beside_the_list_and_back_closes_it(signed_in, fire):
    fire("api-1", "api-2")
    page = signed_in(Role.ONCALL, "/alerts")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    panel = page.get_by_label("The alert", exact=True)

    expect(panel.locator("#panel-title")).to_contain_text("High CPU")
    expect(panel).to_contain_text("Restart what eats it.")
    expect(panel.locator(".js-plotly-plot")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?alert="))
    page.keyboard.press("j")
    expect(panel.locator("#panel-title")).to_contain_text(chosen_row(page).locator("a").inner_text())

    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(chosen_row(page).get_by_role("link")).to_be_focused()
    page.go_back()
    expect(panel).to_be_visible()


def test_a_comment_stands_in_the_timeline_with_its_author(signed_in, fire):
    (alert_id,) = fire("api-1")
    page = signed_in(Role.ONCALL, f"/alerts?alert={alert_id}")

    page.get_by_label("Add a comment").fill("It is the <b>nightly</b> job")
    page.get_by_role("button", name="Comment", exact=True).click()

    entry = page.locator("#panel-timeline li").first
    expect(entry).to_contain_text("Omar")
    expect(entry).to_contain_text("It is the <b>nightly</b> job")
    expect(page.get_by_label("Add a comment")).to_have_value("")


def test_what_one_is_writing_survives_what_others_do(signed_in, fire):
    (alert_id,) = fire("api-1")
    omar = signed_in(Role.ONCALL, f"/alerts/{alert_id}")
    omar.get_by_label("Add a comment").fill("half a thou")

    dev = signed_in(Role.DEVOPS, "/alerts")
    row(dev, "api-1").get_by_role("button", name="Acknowledge").click()

    expect(omar.locator("#alert-now")).to_contain_text("acknowledged")
    expect(omar.get_by_label("Add a comment")).to_have_value("half a thou")


def test_what_is_asked_for_stands_in_the_address_and_survives_a_reload(signed_in, fire):
    fire("api-1", value=95.0)
    fire("api-2", value=85.0, minutes=1)
    page = signed_in(Role.ONCALL, "/alerts")
    expect(page.locator("#inbox-rows > li")).to_have_count(2)

    page.get_by_role("link", name="Medium").click()
    expect(page.locator("#inbox-rows > li")).to_have_count(1)
    page.get_by_label("Kind").select_option("resource_exhaustion")
    expect(page).to_have_url(re.compile("type=resource_exhaustion"))
    page.keyboard.press("/")
    page.keyboard.type("api-2")
    expect(page).to_have_url(re.compile("q=api-2"))
    page.reload()

    expect(page.locator("#inbox-rows > li")).to_have_count(1)
    expect(page.get_by_label("Search title")).to_have_value("api-2")
    expect(page.get_by_label("Kind")).to_have_value("resource_exhaustion")
    page.get_by_role("link", name="Show all").first.click()
    expect(page.locator("#inbox-rows > li")).to_have_count(2)
    expect(page.get_by_label("Search title")).to_have_value("")


def test_a_long_list_is_shown_page_by_page(signed_in, fire):
    fire(*[f"node-{number}" for number in range(70)])
    page = signed_in(Role.ONCALL, "/alerts")
    expect(page.locator("#inbox-rows > li")).to_have_count(50)

    page.get_by_role("button", name="Show more").click()

    expect(page.locator("#inbox-rows > li")).to_have_count(70)
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    names = {each.get_attribute("data-id") for each in page.locator("#inbox-rows > li").all()}
    assert len(names) == 70


def test_keys_say_what_they_do(signed_in, fire):
    page = signed_in(Role.ONCALL, "/alerts")
    page.keyboard.press("?")

    expect(page.get_by_role("dialog")).to_contain_text("acknowledge")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_on_a_phone_one_tap_acknowledges_and_two_read_first(signed_in, runtime, fire):
    (first, second) = fire("api-1", "api-2")
    page = signed_in(Role.ONCALL, "/alerts", size=PHONE, theme="dark")
    assert not overflows(page)
    button = row(page, "api-1").get_by_role("button", name="Acknowledge")
    assert button.bounding_box()["height"] >= 44

    below = row(page, "api-2").bounding_box()
    button.tap()
    row(page, "api-1").locator(".mc-alert-act").tap()
    expect(said(page)).to_contain_text("acknowledged")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert row(page, "api-2").bounding_box() == below, "a row moved under the thumb"
    assert alert_of(runtime, first).acknowledged_by == "Omar"

    row(page, "api-2").get_by_role("link").tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("High CPU: api-2")
    assert not overflows(page)
    page.get_by_role("button", name="Acknowledge").tap()
    expect(page.locator("#alert-now")).to_contain_text("acknowledged")
    assert alert_of(runtime, second).acknowledged_by == "Omar"
    page.get_by_role("link", name="Alert inbox").first.tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Alert inbox")


def test_on_a_phone_chosen_ones_are_snoozed_together(signed_in, runtime, fire):
    ids = fire("api-1", "api-2")
    page = signed_in(Role.ONCALL, "/alerts", size=PHONE)

    for machine in ("api-1", "api-2"):
        row(page, machine).get_by_role("checkbox").tap()
    page.get_by_role("toolbar").get_by_role("button", name="Snooze").tap()

    expect(said(page)).to_contain_text("2 snoozed until")
    assert {alert_of(runtime, each).status for each in ids} == {Status.SNOOZED}
    assert not overflows(page)


def test_an_executive_reads_and_is_offered_nothing_to_do(signed_in, runtime, fire):
    (alert_id,) = fire("api-1")
    page = signed_in(Role.EXECUTIVE, f"/alerts?alert={alert_id}")

    expect(page.get_by_label("The alert", exact=True)).to_contain_text("api-1")
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(page.locator("[data-mc-act]")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.press("r")
    page.wait_for_timeout(500)
    with runtime.transaction() as session:
        assert queries.counts(session, InboxFilters())["open"] == 1


def test_an_alert_is_given_to_somebody(signed_in, runtime, make_user, fire):
    make_user(Role.DATA_SCIENTIST)
    (alert_id,) = fire("api-1")
    page = signed_in(Role.ONCALL, f"/alerts/{alert_id}")

    page.get_by_title("Assign to").click()
    page.get_by_role("button", name="Ada", exact=True).click()

    expect(said(page)).to_contain_text("assigned to Ada")
    expect(page.locator("#alert-now dd").filter(has_text="Ada")).to_be_visible()
    assert alert_of(runtime, alert_id).assignee == "Ada"


@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "dark")])
def test_no_screen_of_alerts_has_a_fault_that_a_machine_finds(signed_in, fire, size, theme):
    (first, second, _third) = fire("api-1", "api-2", "api-3")
    page = signed_in(Role.ONCALL, "/alerts", size=size, theme=theme)
    row(page, "api-1").get_by_role("button", name="Acknowledge").click()
    expect(said(page)).to_be_visible()
    row(page, "api-2").get_by_role("checkbox").click()
    found = {"list": faults(page)}

    visit(page, f"/alerts?alert={first}")
    page.locator(".js-plotly-plot").wait_for()
    found["beside"] = faults(page)
    visit(page, f"/alerts/{second}")
    page.locator(".js-plotly-plot").wait_for()
    found["page"] = faults(page)
    page.keyboard.press("r")
    page.get_by_role("dialog").wait_for()
    found["dialog"] = faults(page)

    assert {place: each for place, each in found.items() if each} == {}
