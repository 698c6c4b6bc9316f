"""Every action of the inbox by keyboard alone, and by one thumb on a phone of 390 pixels."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from tests.browser.conftest import PHONE, overflows, visit
from tests.browser.test_accessibility import faults
from tests.factories import ROOT
from tests.integration.alerting.outside_helpers import hear, make_source, message
from tests.web import alarms
from webapp.accounts.permissions import Role
from webapp.alerting import lifecycle, queries
from webapp.alerting.outside.source_format import NAME_LABEL
from webapp.alerting.tables import ScheduleRow
from webapp.alerting.types import ResolveReason, Status
from webapp.web.live import LATE

THUMB = 44  # pixels that a thumb hits


@pytest.fixture(autouse=True)
def _answers_to_the_end(server):
    """Start the server before any browser, so that it ends after it: the inbox asks again and again."""


@pytest.fixture
def three(runtime):
    return list(alarms.fire(runtime, "api-1", "api-2", "api-3", now=datetime.now(UTC)))


def current(page: Page):
    return page.locator("#inbox-rows > li[data-current]")


def said(page: Page):
    return page.locator(".mc-said[data-shown]")


def panel(page: Page):
    return page.get_by_label("The alert", exact=True)


def alert_of(runtime, alert_id):
    with runtime.transaction() as session:
        return queries.alert(session, alert_id, is_brief=True)


def tab_to(page: Page, locator, *, most: int = 80) -> None:
    """Press Tab until the element has the focus, as somebody without a mouse does."""
    for _ in range(most):
        if locator.evaluate("(each) => document.activeElement === each"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {locator}")


# --- by keyboard alone


def test_by_keyboard_one_is_acknowledged_snoozed_given_to_oneself_and_resolved(signed_in, runtime, three):
    page = signed_in(Role.ONCALL, "/alerts")
    for key, word, status in (
        ("a", "acknowledged", Status.ACKNOWLEDGED),
        ("s", "snoozed until", Status.SNOOZED),
        ("m", "assigned to you", Status.OPEN),
    ):
        page.keyboard.press("j")
        chosen = next(each for each in three if str(each) == current(page).get_attribute("data-id"))
        page.keyboard.press(key)
        expect(said(page)).to_contain_text(word)
        assert alert_of(runtime, chosen).status is status
    assert alert_of(runtime, chosen).assignee == "Omar"

    page.keyboard.press("r")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("Restarted it")
    tab_to(page, dialog.get_by_role("button", name="Resolve"))
    page.keyboard.press("Enter")

    expect(said(page)).to_contain_text("resolved")
    assert alert_of(runtime, chosen).resolution_note == "Restarted it"
    page.keyboard.press("z")
    expect(said(page)).to_contain_text("taken back")
    assert alert_of(runtime, chosen).status is Status.OPEN


def test_by_keyboard_many_are_chosen_and_done_and_chosen_not(signed_in, runtime, three):
    page = signed_in(Role.ONCALL, "/alerts")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.get_by_role("toolbar")).to_contain_text("2 chosen")
    page.keyboard.press("Escape")
    expect(page.get_by_role("toolbar")).to_be_hidden()

    page.keyboard.press("X")
    expect(page.get_by_role("toolbar")).to_contain_text("3 chosen")
    tab_to(page, page.get_by_role("toolbar").get_by_role("button", name="Acknowledge"))
    page.keyboard.press("Enter")
    expect(said(page)).to_contain_text("3 acknowledged")
    tab_to(page, said(page).get_by_role("button", name="Undo"))
    page.keyboard.press("Enter")
    expect(said(page)).to_contain_text("3 taken back")


def test_by_keyboard_an_alert_is_read_taken_over_given_away_and_commented_on(signed_in, runtime, make_user, three):
    make_user(Role.DATA_SCIENTIST)
    with runtime.transaction() as session:
        for each in three:
            lifecycle.acknowledge(session, each, actor=alarms.ROOT, now=datetime.now(UTC))
    page = signed_in(Role.ONCALL, "/alerts?tab=acknowledged")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_be_focused()
    chosen = next(each for each in three if str(each) == current(page).get_attribute("data-id"))

    tab_to(page, panel(page).get_by_role("button", name="Take over"))
    page.keyboard.press("Enter")
    expect(said(page)).to_contain_text("yours now")
    tab_to(page, panel(page).locator("summary", has_text="Assign"))
    page.keyboard.press("Enter")
    tab_to(page, panel(page).get_by_role("button", name="Ada", exact=True))
    page.keyboard.press("Enter")
    expect(said(page)).to_contain_text("assigned to Ada")
    tab_to(page, panel(page).locator("summary", has_text="Snooze"))
    page.keyboard.press("Enter")
    tab_to(page, panel(page).get_by_role("button", name="until it gets worse"))
    page.keyboard.press("Enter")
    expect(said(page)).to_contain_text("snoozed until it gets worse")
    tab_to(page, panel(page).get_by_label("Add a comment"))
    page.keyboard.type("It is the nightly job")
    tab_to(page, panel(page).get_by_role("button", name="Comment", exact=True))
    page.keyboard.press("Enter")
    expect(panel(page).locator("#panel-timeline li").first).to_contain_text("It is the nightly job")

    found = alert_of(runtime, chosen)
    assert (found.status, found.snoozed_until, found.assignee) == (Status.SNOOZED, None, "Ada")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()


def test_by_keyboard_an_acknowledgement_is_taken_back(signed_in, runtime, three):
    page = signed_in(Role.ONCALL, f"/alerts/{three[0]}")
    page.keyboard.press("a")
    expect(said(page)).to_contain_text("acknowledged")
    tab_to(page, page.locator("#alert-now").get_by_role("button", name="Take back"))
    page.keyboard.press("Enter")
    expect(said(page)).to_contain_text("open again")
    assert alert_of(runtime, three[0]).status is Status.OPEN


def test_by_keyboard_the_list_is_narrowed_and_another_tab_is_opened(signed_in, three):
    page = signed_in(Role.ONCALL, "/alerts")
    page.keyboard.press("/")
    page.keyboard.type("api-2")
    expect(page.locator("#inbox-rows > li")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_label("Search title")).not_to_be_focused()

    tab_to(page, page.get_by_role("link", name="High , not chosen"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("severity=high"))
    tab_to(page, page.get_by_label("Began"))
    page.keyboard.press("ArrowDown")
    expect(page).to_have_url(re.compile("age=1h"))
    tab_to(page, page.get_by_label("Assigned to"))
    page.keyboard.press("ArrowDown")
    expect(page).to_have_url(re.compile("assignee=mine"))
    expect(page.get_by_text("No alert fits")).to_be_visible()
    tab_to(page, page.get_by_role("link", name="Show all").first)
    page.keyboard.press("Enter")
    expect(page.locator("#inbox-rows > li")).to_have_count(3)
    tab_to(page, page.get_by_role("navigation", name="States").get_by_role("link", name="Acknowledged"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("tab=acknowledged"))


def test_by_keyboard_one_goes_on_from_alert_to_alert(signed_in, three):
    page = signed_in(Role.ONCALL, "/alerts")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_be_focused()
    first = page.locator("#panel-title").inner_text()
    page.keyboard.press("j")
    expect(page.locator("#panel-title")).not_to_have_text(first)
    page.keyboard.press("k")
    expect(page.locator("#panel-title")).to_have_text(first)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("all that match")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


# --- by one thumb, at 390 pixels


def test_by_thumb_an_alert_is_acknowledged_in_two_taps_from_its_page(signed_in, runtime, three):
    page = signed_in(Role.ONCALL, "/alerts", size=PHONE)
    row = page.locator(f'#inbox-rows > li[data-id="{three[0]}"]')

    row.get_by_role("link").tap()
    page.locator("#alert-now").get_by_role("button", name="Acknowledge").tap()

    expect(said(page)).to_contain_text("acknowledged")
    assert alert_of(runtime, three[0]).acknowledged_by == "Omar"
    button = page.locator("#alert-now").get_by_role("button", name="Resolve")
    assert button.bounding_box()["y"] > PHONE[1] / 2, "what comes next is not within the thumb's reach"


def test_by_thumb_everything_is_done_on_an_alerts_page(signed_in, runtime, make_user, three):
    make_user(Role.DATA_SCIENTIST)
    with runtime.transaction() as session:
        lifecycle.acknowledge(session, three[0], actor=alarms.ROOT, now=datetime.now(UTC))
    page = signed_in(Role.ONCALL, f"/alerts/{three[0]}", size=PHONE, theme="dark")
    here = page.locator("#alert-now")

    here.get_by_role("button", name="Take over").tap()
    expect(said(page)).to_contain_text("yours now")
    here.locator("summary", has_text="Assign").tap()
    here.get_by_role("button", name="Ada", exact=True).tap()
    expect(said(page)).to_contain_text("assigned to Ada")
    here.locator("summary", has_text="Snooze").tap()
    here.get_by_role("button", name="until it gets worse").tap()
    expect(said(page)).to_contain_text("until it gets worse")
    said(page).get_by_role("button", name="Undo").tap()
    expect(said(page)).to_contain_text("taken back")
    page.get_by_label("Add a comment").fill("On the train")
    page.get_by_role("button", name="Comment", exact=True).tap()
    expect(page.locator("#alert-timeline li").first).to_contain_text("On the train")
    here.get_by_role("button", name="Resolve").tap()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").select_option("false_positive")
    dialog.get_by_role("button", name="Resolve").tap()
    expect(said(page)).to_contain_text("resolved")

    found = alert_of(runtime, three[0])
    assert (found.status, found.resolve_reason, found.comment_count) == (Status.RESOLVED, "false_positive", 1)
    assert not overflows(page)


def test_by_thumb_many_are_chosen_narrowed_and_done(signed_in, runtime, three):
    page = signed_in(Role.ONCALL, "/alerts", size=PHONE)
    page.get_by_role("button", name="Filters").tap()
    page.get_by_role("link", name="High , not chosen").tap()
    expect(page).to_have_url(re.compile("severity=high"))
    page.get_by_label("Began").select_option("24h")
    expect(page).to_have_url(re.compile("age=24h"))

    page.locator("#inbox-rows > li").first.get_by_role("checkbox").tap()
    bar = page.get_by_role("toolbar")
    bar.get_by_role("button", name="All shown").tap()
    expect(bar).to_contain_text("3 chosen")
    bar.get_by_role("button", name="Acknowledge").tap()
    expect(said(page)).to_contain_text("3 acknowledged")
    said(page).get_by_role("button", name="Undo").tap()
    expect(said(page)).to_contain_text("3 taken back")
    page.get_by_role("navigation", name="States").get_by_role("link", name="Snoozed").tap()
    expect(page).to_have_url(re.compile("tab=snoozed"))
    assert not overflows(page)


SMALL = """(least) => Array.from(document.querySelectorAll('#content :is(button, a, summary, input, select, textarea)'))
    .map((each) => each.matches('.mc-alert-title') ? each.closest('li') : each)  // all of its row opens it
    .filter((each) => each.offsetParent !== null && !each.closest('.modebar') && !each.matches('.visually-hidden'))
    .map((each) => [each, each.getBoundingClientRect()])
    .filter(([each, box]) => box.width > 1 && box.height < least - 0.5 && getComputedStyle(each).display !== 'inline')
    .map(([each, box]) => `${each.tagName} ${each.className} ${each.textContent.trim().slice(0, 30)} ${box.height}`)"""


@pytest.mark.parametrize("place", ["list", "choosing", "page", "filters"])
def test_on_a_phone_everything_is_large_enough_for_a_thumb(signed_in, three, place):
    page = signed_in(Role.ONCALL, "/alerts", size=PHONE)
    if place == "choosing":
        page.locator("#inbox-rows > li").first.get_by_role("checkbox").tap()
    elif place == "page":
        visit(page, f"/alerts/{three[0]}")
    elif place == "filters":
        page.get_by_role("button", name="Filters").tap()

    assert page.evaluate(SMALL, THUMB) == []


# --- whether the rules are evaluated at all


@pytest.mark.parametrize("path", ["/alerts", "/rules", "/models", "/profile"])
def test_every_page_says_how_old_the_evaluation_is_and_turns_red_by_itself(signed_in, runtime, three, path):
    with runtime.transaction() as session:
        almost_late = LATE - timedelta(seconds=8)
        session.execute(update(ScheduleRow).values(evaluated_at=datetime.now(UTC) - almost_late))
    page = signed_in(Role.ONCALL, path)
    live = page.locator("#live")

    expect(live).to_contain_text("Evaluated 2 min ago")
    expect(live).to_have_class(re.compile("is-live"))
    expect(live).to_have_class(re.compile("is-late"), timeout=15_000)
    expect(live).to_contain_text("Evaluated 3 min ago")
    expect(page.locator("#live-said")).to_have_text("Evaluated 3 min ago")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_was_refused_is_read_on_its_message(signed_in, runtime, three, theme):
    page = signed_in(Role.ONCALL, "/alerts", theme=theme)
    expect(page.locator("#inbox-rows > li")).to_have_count(3)
    with runtime.transaction() as session:
        lifecycle.resolve(session, three[0], reason=ResolveReason.FIXED, actor=ROOT, now=datetime.now(UTC))
    page.keyboard.press("X")
    page.keyboard.press("a")
    expect(said(page).get_by_role("link", name="High CPU: api-1")).to_be_visible()
    assert faults(page) == []


def test_a_comment_that_is_being_written_outlives_what_is_done_meanwhile(signed_in, three):
    page = signed_in(Role.ONCALL, f"/alerts?alert={three[0]}")
    comment = panel(page).get_by_label("Add a comment")
    comment.fill("It began with the deploy")
    panel(page).get_by_role("button", name="Acknowledge").click()
    expect(panel(page).get_by_role("button", name="Take back")).to_be_visible()
    expect(comment).to_have_value("It began with the deploy")

    page.locator(f'#inbox-rows > li[data-id="{three[1]}"] .mc-alert-title').click()
    expect(panel(page).get_by_role("heading", name="High CPU: api-2")).to_be_visible()
    expect(comment).to_have_value("")
    page.locator(f'#inbox-rows > li[data-id="{three[0]}"] .mc-alert-title').click()
    expect(comment).to_have_value("It began with the deploy")

    panel(page).get_by_role("button", name="Comment").click()
    expect(panel(page).locator(".mc-timeline")).to_contain_text("It began with the deploy")
    expect(comment).to_have_value("")


def test_the_parts_of_an_alert_stand_close_however_long_its_story_is(signed_in, runtime, three):
    with runtime.transaction() as session:
        for number in range(30):
            lifecycle.comment(session, three[0], text=f"Note {number}", actor=ROOT, now=datetime.now(UTC))
    page = signed_in(Role.ONCALL, f"/alerts/{three[0]}")
    now, facts = (page.locator(f".mc-detail-{part}").bounding_box() for part in ("now", "facts"))
    assert 0 < facts["y"] - (now["y"] + now["height"]) < 40


# --- what strangers send


@pytest.fixture
def endless(runtime):
    """An alert from outside whose title, model, value, labels and sentence are each far too long."""
    now = datetime.now(UTC)
    labels = {"L" * 150: "V" * 900, "model": "M" * 300}
    annotations = {"summary": "D" * 1_900}
    with runtime.transaction() as session:
        made = make_source(session, "s" * 63)
        words = {NAME_LABEL: "W" * 180, "version": "N" * 900, **labels}
        hear(session, made, message(starts_at=now, labels=words, annotations=annotations, value=1.7e308), now=now)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_without_an_end_push_nothing_out_of_reach(signed_in, runtime, endless, theme):
    alarms.fire(runtime, "api-1", now=datetime.now(UTC))
    page = signed_in(Role.ONCALL, "/alerts", theme=theme)
    page.locator(".mc-alert-title").filter(has_text="WWW").click()
    expect(panel(page).get_by_role("button", name="Acknowledge")).to_be_in_viewport()
    page.locator(".mc-alert-title").filter(has_text="High CPU").click()
    expect(panel(page).get_by_role("heading", name="High CPU: api-1")).to_be_visible()
    page.locator(".mc-alert-title").filter(has_text="WWW").click(position={"x": 5, "y": 5})
    panel(page).get_by_role("button", name="Close").click()
    expect(panel(page)).to_be_empty()


def test_words_without_an_end_fit_a_phone(signed_in, endless):
    page = signed_in(Role.ONCALL, "/alerts", size=PHONE)
    title = page.locator(".mc-alert-title")
    assert title.bounding_box()["height"] < 80
    assert page.locator("#inbox-rows > li").bounding_box()["height"] < 320
    assert not overflows(page)
    title.click()
    page.wait_for_url("**/alerts/*")
    page.locator(".mc-detail-page").wait_for()
    expect(page.get_by_role("button", name="Acknowledge")).to_be_in_viewport()
    page.wait_for_function("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1")


def test_by_thumb_no_number_is_cut_off_and_the_tab_that_is_open_is_seen(signed_in, runtime):
    long_ago = datetime.now(UTC) - timedelta(days=40)
    (alert_id,) = alarms.fire(runtime, "api-1", value=85.125, now=long_ago)
    with runtime.transaction() as session:
        lifecycle.acknowledge(session, alert_id, actor=ROOT, now=long_ago)
    page = signed_in(Role.ONCALL, "/alerts?tab=acknowledged", size=PHONE, theme="dark")

    value, standing = (page.locator(f"#inbox-rows .mc-alert-{part}") for part in ("value", "status > .mc-quiet"))
    for whole in (value, standing):
        assert whole.evaluate("(each) => each.scrollWidth <= each.clientWidth")

    visit(page, "/alerts?tab=resolved")
    tab = page.get_by_role("navigation", name="States").get_by_role("link", name="Resolved")
    expect(tab).to_be_in_viewport(ratio=0.95)


def test_by_thumb_those_that_were_refused_are_read_in_peace_and_views_stay_in_reach(signed_in, runtime):
    machines = [f"api-{number}" for number in range(8)]
    ids = alarms.fire(runtime, *machines, now=datetime.now(UTC))
    page = signed_in(Role.ONCALL, "/alerts", size=PHONE, theme="dark")
    page.locator("#inbox-rows > li").first.get_by_role("checkbox").tap()
    page.get_by_role("button", name="All shown").tap()
    with runtime.transaction() as session:
        for alert_id in ids[:7]:
            lifecycle.acknowledge(session, alert_id, actor=ROOT, now=datetime.now(UTC))
    page.get_by_role("toolbar").get_by_role("button", name="Acknowledge").tap()

    which = said(page).get_by_text("Which?")
    assert which.bounding_box()["height"] >= THUMB
    which.tap()
    expect(said(page).get_by_role("listitem")).to_have_count(7)
    page.wait_for_timeout(15_000)  # A message that nobody has unfolded is gone after fourteen seconds.
    expect(said(page).get_by_role("listitem").first).to_contain_text("was acknowledged by root")
    said(page).get_by_role("button", name="Close the message").tap()
    expect(said(page)).to_have_count(0)

    expect(page.get_by_role("button", name=re.compile("done"))).to_be_visible()
    page.get_by_title("Views").tap()
    expect(page.get_by_role("button", name="Save this view")).to_be_visible()
