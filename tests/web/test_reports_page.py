"""The reports page: what it offers to whom, and what its button does."""

import json

import pytest

from tests.factories import fold_all, make_business, make_confusion, make_model
from webapp.accounts.permissions import Role
from webapp.reporting import queries
from webapp.web.pages.reports import ARCHIVE, MAKE, MODEL, MONTH


@pytest.fixture
def churn(runtime) -> None:
    with runtime.transaction() as session:
        make_business(session, make_model(session, title="Customer churn"))
        make_confusion(session)
        fold_all(session)


def page(client, address: str = "/reports") -> str:
    """Return the layout that the browser would be given at an address."""
    answer = client.get("/_dash-layout", headers={"Referer": f"http://localhost{address}"})
    assert answer.status_code == 200
    return text_of(answer)


def text_of(answer) -> str:
    """Return an answer's JSON without the escapes that keep it harmless inside of a page."""
    return json.dumps(answer.json, separators=(",", ":"), ensure_ascii=False)


def press(client, model: str, month: str):
    """Press the button as the browser does."""
    body = {
        "output": f"{ARCHIVE}.children",
        "outputs": {"id": ARCHIVE, "property": "children"},
        "inputs": [{"id": MAKE, "property": "n_clicks", "value": 1}],
        "state": [
            {"id": MODEL, "property": "value", "value": model},
            {"id": MONTH, "property": "value", "value": month},
        ],
        "changedPropIds": [f"{MAKE}.n_clicks"],
    }
    return client.post("/_dash-update-component", json=body, headers=client.csrf)


def test_an_empty_archive_says_what_to_do(client_of, churn):
    shown = page(client_of(Role.DATA_SCIENTIST))

    assert "No report yet" in shown
    assert "Make the report" in shown
    assert "March 2026 (to date)" in shown


def test_the_button_makes_a_report_and_shows_it_in_the_archive(client_of, churn, runtime):
    ada = client_of(Role.DATA_SCIENTIST)

    answer = press(ada, "churn", "2026-03")

    assert answer.status_code == 200
    with runtime.transaction() as session:
        (report,) = queries.archive(session)
    assert f"/api/v1/reports/{report.id}/report.pdf" in text_of(answer)
    assert "Customer churn" in page(ada)


def test_a_report_is_read_inside_of_the_page_in_a_frame_that_can_do_nothing(client_of, churn, runtime):
    ada = client_of(Role.DATA_SCIENTIST)
    press(ada, "churn", "2026-03")
    with runtime.transaction() as session:
        (report,) = queries.archive(session)

    shown = page(ada, f"/reports?show={report.id}")

    assert f'"src":"/reports/preview/{report.id}"' in shown
    assert '"sandbox":""' in shown


def test_who_may_not_see_money_is_told_of_a_report_and_not_shown_it(client_of, churn, runtime):
    press(client_of(Role.DATA_SCIENTIST), "churn", "2026-03")
    with runtime.transaction() as session:
        (report,) = queries.archive(session)
    omar = client_of(Role.ONCALL)

    shown, asked = page(omar), page(omar, f"/reports?show={report.id}")

    assert "Customer churn" in shown
    for absent in ("Make the report", "report.pdf", "?show=", "Read and download"):
        assert absent not in shown
    assert "reports:download" in asked
    assert "/reports/preview/" not in asked


def test_an_executive_is_offered_last_month_as_a_download(client_of, churn):
    shown = page(client_of(Role.EXECUTIVE))

    assert "/reports/download?model=all&month=2026-02&format=pdf" in shown
    assert "Make the report" not in shown


def test_the_button_posted_by_hand_is_refused_without_the_permission(client_of, churn, runtime):
    assert press(client_of(Role.EXECUTIVE), "churn", "2026-03").status_code == 403
    with runtime.transaction() as session:
        assert queries.archive(session) == []


@pytest.mark.parametrize(("model", "month"), [("nobody", "2026-03"), ("churn", "2026-99"), (None, None), ({}, [])])
def test_an_order_that_makes_no_sense_is_a_message_and_no_bug(client_of, churn, model, month):
    answer = press(client_of(Role.DATA_SCIENTIST), model, month)

    assert answer.status_code < 500
    assert "Something went wrong" not in answer.text


@pytest.mark.parametrize("show", ["x", "00000000-0000-0000-0000-000000000000"])
def test_a_report_that_is_not_there_is_a_sentence(client_of, churn, show):
    assert "There is no report" in page(client_of(Role.DATA_SCIENTIST), f"/reports?show={show}")
