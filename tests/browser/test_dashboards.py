"""The dashboards as people use them: look at the numbers, move the threshold, press a bar, look for a prediction."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from playwright.sync_api import expect

from tests import factories as make
from tests.browser.conftest import DESKTOP, PHONE, overflows, visit
from tests.factories import WORKED_EXAMPLE
from webapp.accounts.permissions import Role
from webapp.core.periods import Window
from webapp.telemetry.baselines import create_from_window

DRAWN_MS = 15_000  # until a busy machine has loaded the chart library
TABS = ("performance", "data", "health", "predictions")


@pytest.fixture
def worked(runtime):
    """The worked example, told in the days before now, with a baseline of itself."""
    now = datetime.now(UTC)
    with runtime.transaction() as session:
        model = make.make_model(session, "churn", title="Customer churn", now=now)
        make.make_business(session, model, valid_from=now - timedelta(days=365), now=now)
        make.make_confusion(
            session, WORKED_EXAMPLE, start=now - timedelta(days=9), end=now - timedelta(hours=1), now=now
        )
        make.make_measurements(session, "cpu_percent", [40.0] * 30, start=now - timedelta(minutes=30), now=now)
        create_from_window(session, model, Window(now - timedelta(days=10), now), by="ada", now=now)
    return model


@pytest.fixture
def moved(runtime):
    """A model whose monthly charges have moved away from its baseline."""
    now = datetime.now(UTC)
    before = make.predictions(400, model="credit", start=now - timedelta(days=9), end=now - timedelta(days=5))
    after = make.predictions(400, model="credit", start=now - timedelta(days=2), end=now, prefix="n", seed=8)
    dearer = [msgspec.structs.replace(each, features={**each.features, "monthly_charges": 150.0}) for each in after]
    with runtime.transaction() as session:
        model = make.make_model(session, "credit", title="Credit", now=now)
        make.make_predictions(session, before, now=now)
        create_from_window(session, model, Window(now - timedelta(days=10), now - timedelta(days=4)), by="ada", now=now)
        make.make_predictions(session, dearer, now=now)


def test_an_executive_reads_the_worked_example_and_how_it_was_computed(worked, signed_in):
    page = signed_in(Role.EXECUTIVE, "/executive?model=churn")

    for number in ("88.0%", "71.4%", "78.9%", "$540,000", "1,614.3%", "17.1×"):
        expect(page.locator("#content").get_by_text(number, exact=True).first).to_be_visible()
    card = page.get_by_role("article").filter(has=page.get_by_role("heading", name="Customers saved"))
    card.locator("summary").click()
    expect(card.get_by_text("TP × save rate")).to_be_visible()


def test_charts_are_drawn_and_do_not_grow(worked, signed_in):
    page = signed_in(Role.EXECUTIVE, "/executive?model=churn")

    chart = page.get_by_role("figure", name="Performance over time with target and critical line")
    expect(chart.locator(".main-svg").first).to_be_visible(timeout=DRAWN_MS)
    assert chart.bounding_box()["height"] < 360


def test_moving_the_threshold_changes_the_confusion_matrix(worked, signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/technical/performance?model=churn")
    matrix = page.locator("#performance-confusion")
    expect(matrix).to_contain_text("450")
    expect(page.locator("#performance-at-threshold")).to_contain_text("630 of 2,500")

    page.get_by_role("slider").press("End")

    expect(page.locator("#performance-at-threshold")).to_contain_text("0 of 2,500")
    expect(matrix).to_contain_text("570")


def test_pressing_a_bar_shows_the_values_of_its_feature(moved, signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/technical/data?model=credit")
    detail = page.locator("#data-feature-detail")
    expect(detail.get_by_role("heading", name="monthly_charges")).to_be_visible()
    page.get_by_role("button", name="contract", exact=True).first.click()
    expect(detail.get_by_role("heading", name="contract")).to_be_visible()

    plot = page.locator("#data-drift-bars .nsewdrag")
    expect(plot).to_be_visible(timeout=DRAWN_MS)
    size = plot.bounding_box()
    topmost = {"x": size["width"] * 0.1, "y": size["height"] / 6}  # of three bars
    plot.hover(position=topmost)
    expect(page.locator("#data-drift-bars .hoverlayer .hovertext")).to_be_visible()
    plot.click(position=topmost)

    expect(detail.get_by_role("heading", name="monthly_charges")).to_be_visible()
    expect(page.get_by_role("figure", name="Values of monthly_charges: baseline and now")).to_be_visible()


def test_the_tabs_keep_the_choice_of_the_top_bar(worked, signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/technical/performance?model=churn&range=7d")

    page.get_by_role("navigation", name="Technical views").get_by_role("link", name="Data quality").click()

    expect(page.get_by_role("heading", name="Data quality", level=1)).to_be_visible()
    assert "model=churn" in page.url
    assert "range=7d" in page.url


def test_a_prediction_is_found_and_shows_what_became_of_it(worked, signed_in):
    page = signed_in(Role.ONCALL, "/technical/predictions?model=churn")

    page.get_by_label("Search by id").fill("w-2499")
    row = page.locator("#predictions-rows").get_by_role("button", name="w-2499")
    expect(page.locator("#predictions-rows").get_by_role("button")).to_have_count(1)
    row.click()

    detail = page.locator("#predictions-detail")
    expect(detail).to_contain_text("Outcome came")
    expect(detail).to_contain_text("tenure")
    detail.get_by_role("link", name="w-2499").click()
    expect(page.locator("#predictions-detail")).to_contain_text("tenure")
    assert "prediction=w-2499" in page.url


def test_a_search_without_a_find_says_so(worked, signed_in):
    page = signed_in(Role.ONCALL, "/technical/predictions?model=churn")

    page.get_by_label("Search by id").fill("no-such-thing")

    expect(page.get_by_text("No prediction id holds 'no-such-thing'.")).to_be_visible()


def test_the_wall_leads_from_a_tile_to_its_model(worked, signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/")

    page.get_by_role("article").get_by_role("link", name="Customer churn").click()

    expect(page.get_by_role("heading", name="Model performance", level=1)).to_be_visible()


def test_without_a_model_the_next_steps_are_open_and_can_be_copied(signed_in):
    page = signed_in(Role.DATA_SCIENTIST, "/")
    expect(page.get_by_role("link", name="Register a model")).to_be_visible()

    expect(page.get_by_label("curl example")).to_contain_text("/api/v1/predictions")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_dashboard_is_wider_than_the_screen(worked, signed_in, size):
    page = signed_in(Role.DATA_SCIENTIST, size=size)

    for path in ("/", "/executive", "/executive?model=churn", *(f"/technical/{tab}?model=churn" for tab in TABS)):
        visit(page, path)
        assert not overflows(page), path
