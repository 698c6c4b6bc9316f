"""The reports page as people use it: make one, read it in its frame, download it, on a desk and on a phone."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests import factories as make
from tests.browser.conftest import PHONE, overflows
from webapp.accounts.permissions import Role

FIGURES = ("88.0%", "71.4%", "78.9%", "540,000", "1,614.3%")


@pytest.fixture
def last_month(runtime) -> str:
    """The worked example as events of last month; the month as people call it."""
    first = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    start = (first - timedelta(days=1)).replace(day=1)
    with runtime.transaction() as session:
        make.make_business(session, make.make_model(session, title="Customer churn"), valid_from=start)
        make.make_confusion(session, start=start, end=first - timedelta(hours=1), now=datetime.now(UTC))
        make.fold_all(session, now=datetime.now(UTC))
    return f"{start:%B %Y}"


def made(signed_in, month: str, **options):
    page = signed_in(Role.DATA_SCIENTIST, "/reports", **options)
    page.get_by_label("About").select_option(label="Customer churn")
    page.get_by_label("Month").select_option(label=month)
    page.get_by_role("button", name="Make the report").click()
    expect(page.get_by_text(f"The report for {month} about Customer churn is ready")).to_be_visible()
    return page


def test_a_report_is_made_and_downloaded_with_the_figures_of_the_worked_example(last_month, signed_in):
    page = made(signed_in, last_month)

    with page.expect_download() as waiting:
        page.get_by_role("link", name="PDF").first.click()

    body = waiting.value.path().read_bytes()
    text = "\n".join(each.extract_text() for each in PdfReader(io.BytesIO(body)).pages)
    for figure in FIGURES:
        assert figure in text, figure


def test_a_report_is_read_in_a_frame_without_leaving_the_page(last_month, signed_in):
    page = made(signed_in, last_month)

    page.get_by_role("link", name="Read").first.click()

    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Monthly report")).to_be_visible()
    expect(frame.get_by_text("1,614.3%").first).to_be_visible()
    page.get_by_role("link", name="Close").click()
    expect(page.locator("iframe")).to_have_count(0)


def test_an_executive_downloads_last_month_in_one_press(last_month, signed_in):
    page = signed_in(Role.EXECUTIVE, "/reports")

    with page.expect_download() as waiting:
        page.get_by_role("link", name=f"All models, {last_month} (PDF)").click()

    assert waiting.value.suggested_filename.startswith("all-models-")
    assert waiting.value.path().read_bytes().startswith(b"%PDF")


def test_the_page_fits_a_phone(last_month, signed_in):
    page = made(signed_in, last_month, size=PHONE)

    assert not overflows(page)
    page.get_by_role("link", name="Read").first.click()
    expect(page.locator("iframe")).to_be_visible()
    assert not overflows(page)


def test_the_file_looks_right_on_its_own_and_asks_for_nothing(last_month, signed_in, open_page, tmp_path):
    page = made(signed_in, last_month)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="HTML").first.click()
    file = tmp_path / "report.html"
    file.write_bytes(waiting.value.path().read_bytes())
    asked: list[str] = []
    alone = open_page(size=PHONE)
    alone.on("request", lambda request: asked.append(request.url))

    alone.goto(file.as_uri())

    assert asked == [file.as_uri()]
    assert not overflows(alone)
    expect(alone.get_by_text("1,614.3%").first).to_be_visible()
