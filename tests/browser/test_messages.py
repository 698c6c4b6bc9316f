"""Messages in a browser: what was told, what it was about, and on the alert who was told and who was not."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, overflows
from tests.factories import ROOT
from tests.integration.notifications.stage import Stage
from webapp.accounts.permissions import Role
from webapp.alerting.grouping import Policy
from webapp.alerting.muting import silences
from webapp.alerting.muting.matchers import parse

SHORT = Policy(("rule",), timedelta(seconds=2), timedelta(seconds=4), timedelta(hours=4))


def tell(runtime) -> None:
    """Let six alerts of a rule fire, one of them under a silence, and tell people of them."""
    now = datetime.now(UTC)
    with runtime.transaction() as session:
        stage = Stage(session, SHORT, start=now - timedelta(minutes=5))
        plan = silences.Plan(matchers=parse("name=z"), comment="a new machine", ends_at=now + timedelta(hours=1))
        silences.create(session, plan, actor=ROOT, now=stage.start, confirmed=True)
        for name in "abcdez":
            stage.fire(name, 0, rule="Disk full", labels={"instance": f"db-{name}"})
        stage.tell(0)
        stage.tell(2)


def test_a_message_leads_to_its_alerts_and_they_say_who_was_told(signed_in, runtime):
    tell(runtime)
    page = signed_in(Role.ONCALL, "/messages")

    message = page.locator(".mc-message")
    expect(message).to_contain_text("Disk full: 5 firing")
    message.get_by_text("5 alerts").click()
    message.get_by_role("link", name="Disk full: db-a").click()

    told = page.locator(".mc-told")
    expect(told).to_contain_text("Everybody who sees alerts, in the app")
    told.get_by_role("link", name="With 4 other alerts.").click()
    expect(page).to_have_url(re.compile("/messages#"))


def test_on_a_phone_an_alert_under_a_silence_says_why_nobody_was_told(signed_in, runtime):
    tell(runtime)
    page = signed_in(Role.ONCALL, "/alerts?tab=silenced", size=PHONE)

    page.get_by_role("link", name="Disk full: db-z").click()

    expect(page.locator(".mc-told-held").first).to_contain_text("Nobody, under a silence")
    assert not overflows(page)
