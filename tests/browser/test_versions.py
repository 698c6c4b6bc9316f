"""Versions side by side as people use them: choose both sides, choose a metric, go on to another tab."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests import factories as make
from tests.browser.conftest import DESKTOP, PHONE, overflows, visit
from tests.browser.test_accessibility import faults
from tests.factories import Confusion
from webapp.accounts.permissions import Role

DRAWN_MS = 15_000
PATH = "/technical/versions?model=churn"


@pytest.fixture
def three(runtime):
    """v11 and v12 in production one after the other, and v13 in the shadow of v12."""
    now = datetime.now(UTC)
    middle = now - timedelta(days=5)
    with runtime.transaction() as session:
        make.make_model(session, "churn", title="Customer churn", now=now)
        make.make_confusion(
            session, Confusion(60, 40, 30, 270), version="v11", start=middle - timedelta(days=4), end=middle, now=now
        )
        make.make_confusion(
            session, Confusion(90, 20, 10, 280), version="v12", start=middle, end=now, prefix="x", seed=8, now=now
        )
        make.make_deployment(session, version="v11", at=middle - timedelta(days=4))
        make.make_deployment(session, version="v12", at=middle, note="retrained")
        shadow = [
            make.prediction(
                f"x-{n}",
                version="v13",
                environment="shadow",
                at=middle + n * (now - middle) / 400 + timedelta(seconds=1),
                score=0.6,
            )
            for n in range(399)
        ]
        make.make_predictions(session, shadow, now=now)


def test_the_address_carries_who_is_compared_by_which_metric(three, signed_in):
    page = signed_in(Role.DATA_SCIENTIST, PATH)
    expect(page.get_by_role("heading", name="Champion: v12")).to_be_visible()

    page.get_by_label("Challenger").select_option("v13")
    expect(page.get_by_role("heading", name="Challenger: v13")).to_be_visible()
    expect(page).to_have_url(re.compile(r"[?&]b=v13"))
    page.locator("#versions-course").select_option("recall")

    expect(page).to_have_url(re.compile(r"[?&]metric=recall"))
    chart = page.get_by_role("figure", name="Recall over time of both versions")
    expect(chart.locator(".main-svg").first).to_be_visible(timeout=DRAWN_MS)
    expect(page.get_by_text("v12 alone was right in")).to_be_visible()


def test_another_model_forgets_the_versions_of_this_one(three, runtime, signed_in):
    with runtime.transaction() as session:
        make.make_model(session, "credit", title="Credit", now=datetime.now(UTC))
    page = signed_in(Role.DATA_SCIENTIST, f"{PATH}&a=v11&b=v12&metric=recall")

    page.get_by_label("Model", exact=True).select_option("credit")

    expect(page.get_by_role("heading", name="No version yet")).to_be_visible()
    assert not re.search(r"[?&](a|b|metric)=", page.url)


def test_the_tab_stands_between_performance_and_data_quality(three, signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/technical/performance?model=churn&range=7d")

    links = page.get_by_role("navigation", name="Technical views").get_by_role("link")
    assert links.all_inner_texts()[:3] == ["Model performance", "Versions", "Data quality"]
    links.nth(1).click()

    expect(page.get_by_role("heading", name="Versions", level=1)).to_be_visible()
    assert "range=7d" in page.url


def test_how_a_difference_came_about_unfolds(three, signed_in):
    page = signed_in(Role.DATA_SCIENTIST, PATH)

    row = page.get_by_role("row", name=re.compile("^Accuracy "))
    expect(row).to_contain_text("pp")
    row.locator("summary").first.click()

    expect(row.get_by_text("(TP + TN) / (TP + FP + FN + TN)").first).to_be_visible()


def test_a_metric_is_chosen_on_the_performance_tab(three, signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/technical/performance?model=churn")

    page.locator("#performance-course").select_option("precision")

    expect(page.get_by_role("figure", name="Precision, realised and estimated")).to_be_visible(timeout=DRAWN_MS)
    expect(page).to_have_url(re.compile("metric=precision"))


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_the_tab_is_not_wider_than_the_screen(three, signed_in, size):
    page = signed_in(Role.DATA_SCIENTIST, size=size)

    for path in (PATH, f"{PATH}&b=v13", "/technical/performance?model=churn"):
        visit(page, path)
        assert not overflows(page), path


@pytest.mark.parametrize(("size", "theme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_neither_tab_has_a_fault_that_a_machine_finds(three, signed_in, size, theme):
    page = signed_in(Role.DATA_SCIENTIST, size=size, theme=theme)

    for path in (f"{PATH}&b=v13", "/technical/performance?model=churn"):
        visit(page, path)
        assert faults(page) == [], path
