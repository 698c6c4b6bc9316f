"""Rules as people write them: edit, pause, make one, be told what is wrong, go back to a former version, delete."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, overflows, visit
from tests.browser.test_accessibility import faults
from tests.web import alarms
from webapp.accounts.permissions import Role
from webapp.alerting import queries


@pytest.fixture(autouse=True)
def _answers_to_the_end(server):
    """Start the server before any browser, so that it ends after it: the pages ask again and again."""


def rules_of(runtime):
    with runtime.transaction() as session:
        return queries.rules(session)


def test_a_rule_is_edited_and_its_versions_say_what_changed(signed_in, runtime):
    rule_id = alarms.save_rule(runtime)
    page = signed_in(Role.DATA_SCIENTIST, "/rules")
    page.get_by_role("link", name="High CPU").click()
    expect(page.get_by_text("Fires while CPU > 80% medium, > 90% high.")).to_be_visible()

    page.get_by_label("High", exact=True).fill("95%")
    page.get_by_label("For", exact=True).fill("5 min")
    expect(page.locator("#rule-preview")).to_contain_text("> 95% high, for at least 5 min")
    page.get_by_role("button", name="Save the rule").click()

    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    newest = page.locator(".mc-timeline-entry").first
    expect(newest).to_contain_text("Version 2")
    expect(newest).to_contain_text("by Ada")
    expect(newest).to_contain_text(re.compile("high: 90 95"))
    with runtime.transaction() as session:
        document = queries.rule(session, rule_id).document
    assert (document["parameters"]["high"], document["for_seconds"]) == (95.0, 300)

    page.get_by_role("link", name="Back to this one").click()
    expect(page.get_by_label("High", exact=True)).to_have_value("90")
    expect(page.get_by_text("Version 1 stands in the form. Version 2 counts until you save it.")).to_be_visible()
    page.get_by_label("High", exact=True).fill("93")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("Saved as version 3.")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/rules/{rule_id}$"))
    expect(page.get_by_text("Version 1 stands in the form.")).to_have_count(0)
    expect(page.get_by_label("High", exact=True)).to_have_value("93")


def test_what_is_wrong_stands_at_the_field_and_nothing_is_lost(signed_in, runtime):
    page = signed_in(Role.DEVOPS, "/rules/new")
    page.get_by_label("Name").fill("")
    page.get_by_label("Metric").select_option("error_rate")
    page.get_by_label("High", exact=True).fill("a lot")
    page.get_by_label("Interval", exact=True).fill("1 s")
    page.get_by_role("button", name="Save the rule").click()

    expect(page.get_by_text("Fill this in.")).to_be_visible()
    expect(page.get_by_text("Write a number.")).to_be_visible()
    expect(page.get_by_text("Write a duration from 5 s to 1 d.")).to_be_visible()
    expect(page.get_by_label("High", exact=True)).to_have_value("a lot")
    assert rules_of(runtime) == []

    page.get_by_label("Name").fill("Too many errors")
    page.get_by_label("High", exact=True).fill("much")
    expect(page.get_by_text("Write a number.")).to_be_hidden()
    expect(page.get_by_text("Write a duration from 5 s to 1 d.")).to_be_visible()
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("Fill this in.")).to_have_count(0)
    expect(page.get_by_text("Write a number.")).to_be_visible()
    page.get_by_label("High", exact=True).fill("10%")
    page.get_by_label("Interval", exact=True).fill("30 s")
    page.get_by_role("button", name="Save the rule").click()

    expect(page.get_by_role("heading", name="Too many errors", level=1)).to_be_visible()
    (made,) = rules_of(runtime)
    assert made.condition_text == "Error rate > 10% high"


def test_the_form_asks_what_the_kind_needs(signed_in):
    page = signed_in(Role.DEVOPS, "/rules/new")
    expect(page.get_by_label("Direction")).to_have_value("above")

    page.get_by_label("Judged by").select_option("drop_from_baseline")
    expect(page.get_by_label("Days", exact=True)).to_have_value("30")
    page.get_by_label("Judged by").select_option("absence")
    expect(page.get_by_label("Days", exact=True)).to_have_count(0)
    page.get_by_label("Fewer than").fill("10")
    expect(page.locator("#rule-preview")).to_contain_text("< 10 in an hour where more than 50 are usual")


def test_a_rule_is_replayed_before_it_is_saved_and_goes_back_to_a_former_version(signed_in, runtime):
    rule_id = alarms.save_rule(runtime)
    alarms.fire(runtime, "api-1", now=datetime.now(UTC) - timedelta(hours=2))
    page = signed_in(Role.DATA_SCIENTIST, f"/rules/{rule_id}")

    page.get_by_text("7 days").click()
    page.get_by_role("button", name="Replay").click()
    expect(page.locator(".mc-replay-count")).to_contain_text("Would have fired once in 7 days, on 1 of 1 series")
    page.get_by_label("High", exact=True).fill("")
    page.get_by_label("Medium", exact=True).fill("99")
    page.get_by_role("button", name="Replay").click()
    expect(page.locator(".mc-replay-count")).to_contain_text("Would not have fired in 7 days")
    assert faults(page) == []
    assert rules_of(runtime)[0].version == 1

    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_text("Version 1 counts again, as version 3.")).to_be_visible()
    expect(page.get_by_label("Medium", exact=True)).to_have_value("80")


def test_a_rule_is_paused_and_resumed_from_the_list(signed_in, runtime):
    alarms.fire(runtime, "api-1")
    page = signed_in(Role.DEVOPS, "/rules")
    row = page.get_by_role("row").filter(has_text="High CPU")
    expect(row).to_contain_text("firing 1")

    row.get_by_title("Actions for High CPU").click()
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("paused")
    assert [each.paused for each in rules_of(runtime)] == [True]

    row.get_by_title("Actions for High CPU").click()
    row.get_by_role("button", name="Resume").click()
    expect(row).not_to_contain_text("paused")


def test_a_rule_is_paused_on_its_page_and_deleted_after_asking(signed_in, runtime):
    rule_id = alarms.save_rule(runtime)
    page = signed_in(Role.DEVOPS, f"/rules/{rule_id}")
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()

    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete the rule").click()

    expect(page.get_by_role("heading", name="Rules", level=1)).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert rules_of(runtime) == []


def test_the_list_is_searched_and_the_address_keeps_the_words(signed_in, runtime):
    alarms.save_rule(runtime)
    alarms.save_rule(runtime, alarms.cpu_rule("Busy night"))
    page = signed_in(Role.ONCALL, "/rules")

    page.get_by_label("Search rules").fill("busy")
    expect(page.get_by_role("row").filter(has_text="High CPU")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Search rules")).to_have_value("busy")
    expect(page.get_by_role("row").filter(has_text="Busy night")).to_be_visible()


def test_who_may_not_write_rules_reads_them(signed_in, runtime):
    rule_id = alarms.save_rule(runtime)
    page = signed_in(Role.ONCALL, f"/rules/{rule_id}", size=PHONE, theme="dark")

    expect(page.get_by_text("Look at the machine.")).to_be_visible()
    expect(page.locator("#content input, #content select, #content textarea")).to_have_count(0)
    expect(page.get_by_role("button", name="Save the rule")).to_have_count(0)
    assert not overflows(page)


def test_the_form_fits_on_a_phone(signed_in, runtime):
    page = signed_in(Role.DEVOPS, f"/rules/{alarms.save_rule(runtime)}", size=PHONE)

    assert not overflows(page)


@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_no_screen_of_rules_has_a_fault_that_a_machine_finds(signed_in, runtime, size, theme):
    alarms.fire(runtime, "api-1")
    (rule,) = rules_of(runtime)
    page = signed_in(Role.DEVOPS, "/rules", size=size, theme=theme)
    found = {"list": faults(page)}
    for path in (f"/rules/{rule.id}", "/rules/new"):
        visit(page, path)
        found[path] = faults(page)

    assert {place: each for place, each in found.items() if each} == {}


def test_what_one_writes_is_there_again_after_back_and_forward_until_it_is_saved(signed_in, runtime):
    page = signed_in(Role.DEVOPS, "/rules", size=PHONE, theme="dark")
    page.get_by_role("link", name="New rule").tap()
    page.get_by_label("Name").fill("Silent nights")
    page.get_by_label("Judged by").select_option("absence")
    page.get_by_label("Fewer than").fill("12")
    again = page.get_by_text("What you were writing stands here again.")
    expect(again).to_be_hidden()

    page.go_back()
    expect(page.get_by_role("heading", name="Rules", level=1)).to_be_visible()
    page.go_forward()

    expect(again).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Silent nights")
    expect(page.get_by_label("Fewer than")).to_have_value("12")
    expect(page.locator("#rule-preview")).to_contain_text("< 12 in an hour")
    page.reload()
    expect(page.get_by_label("Fewer than")).to_have_value("12")
    assert faults(page) == []
    page.get_by_role("button", name="Save the rule").tap()
    expect(page.get_by_role("heading", name="Silent nights", level=1)).to_be_visible()

    visit(page, "/rules/new")
    expect(page.get_by_label("Name")).to_have_value("")
    expect(again).to_be_hidden()


def test_what_one_writes_into_a_rule_is_dropped_when_asked_and_no_other_rule_gets_it(signed_in, runtime):
    rule_id, other = alarms.save_rule(runtime), alarms.save_rule(runtime, alarms.cpu_rule("Busy night"))
    page = signed_in(Role.DEVOPS, f"/rules/{rule_id}")
    page.get_by_label("High", exact=True).fill("97")

    visit(page, f"/rules/{other}")
    expect(page.get_by_label("High", exact=True)).to_have_value("90")
    page.go_back()
    expect(page.get_by_label("High", exact=True)).to_have_value("97")
    page.get_by_role("button", name="Drop it").click()
    expect(page.get_by_role("button", name="Drop it")).to_be_hidden()
    expect(page.get_by_label("High", exact=True)).to_have_value("90")


def test_a_form_that_is_refused_leads_to_the_first_thing_that_is_wrong(signed_in):
    page = signed_in(Role.DEVOPS, "/rules/new", size=PHONE, theme="dark")
    page.get_by_label("Name").fill("Too many errors")
    page.get_by_label("Keep firing for").fill("a while")
    page.get_by_role("button", name="Save the rule").tap()

    expect(page.get_by_label("Keep firing for")).to_be_focused()
    expect(page.get_by_label("Keep firing for")).to_be_in_viewport()
    page.get_by_label("Keep firing for").fill("1 min")
    page.get_by_role("button", name="Save the rule").tap()
    expect(page.get_by_text("Set a line for at least one severity").first).to_be_in_viewport()
