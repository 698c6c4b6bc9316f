"""Reports over HTTP: who may read, download and make them, and what they get."""

import io
from datetime import timedelta

import pytest
from pypdf import PdfReader

from tests.factories import fold_all, make_business, make_confusion, make_model
from webapp.accounts.permissions import Role

FIGURES = ("88.0%", "71.4%", "78.9%", "540,000", "1,614.3%")
ORDER = {"kind": "monthly", "model": "churn", "period": "2026-03"}


@pytest.fixture
def churn(runtime) -> None:
    with runtime.transaction() as session:
        make_business(session, make_model(session, title="Customer churn"))
        make_confusion(session)
        fold_all(session)


@pytest.fixture
def ada(client_of):
    return client_of(Role.DATA_SCIENTIST)


def text_of(body: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)


def made(client) -> dict:
    answer = client.post("/api/v1/reports", json=ORDER, headers=client.csrf)
    assert answer.status_code == 201, answer.text
    return answer.json


def test_a_report_is_made_listed_shown_and_downloaded(ada, churn):
    report = made(ada)

    assert (report["model"], report["period"], report["revision"]) == ("churn", "2026-03", 1)
    assert [each["id"] for each in ada.get("/api/v1/reports").json["reports"]] == [report["id"]]
    pdf = ada.get(report["pdf"])
    assert pdf.mimetype == "application/pdf"
    assert "filename=churn-2026-03-monthly-r1.pdf" in pdf.headers["Content-Disposition"]
    for figure in FIGURES:
        assert figure in text_of(pdf.data), figure
        assert figure in ada.get(report["html"]).text, figure


def test_the_figures_of_a_report_are_text_without_drawings(ada, churn):
    report = made(ada)

    shown = ada.get(f"/api/v1/reports/{report['id']}")

    assert shown.json["figures"]["status"]["word"]
    assert "1,614.3%" in shown.text
    assert "<svg" not in shown.text


def test_an_executive_downloads_the_month_without_making_it_first_and_gets_the_same_again(client_of, churn):
    erin = client_of(Role.EXECUTIVE)

    first = erin.get("/reports/download?model=churn&month=2026-03&format=pdf")
    second = erin.get("/reports/download?model=churn&month=2026-03&format=pdf")

    assert first.mimetype == "application/pdf"
    assert "1,614.3%" in text_of(first.data)
    assert second.data == first.data
    assert len(erin.get("/api/v1/reports").json["reports"]) == 1


def test_clicks_in_a_month_in_progress_do_not_pile_up_revisions(client_of, churn, clock):
    erin = client_of(Role.EXECUTIVE)

    for _ in range(5):
        assert erin.get("/reports/download?model=all&month=2026-03&format=pdf").status_code == 200
        clock.at += timedelta(seconds=40)

    assert len(erin.get("/api/v1/reports").json["reports"]) == 1


def test_the_html_download_of_all_models_can_do_nothing_in_a_browser(client_of, churn):
    answer = client_of(Role.EXECUTIVE).get("/reports/download?model=all&month=2026-03&format=html")

    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_preview_is_shown_only_in_our_own_pages_and_can_do_nothing(ada, churn):
    report = made(ada)

    policy = ada.get(f"/reports/preview/{report['id']}").headers["Content-Security-Policy"]

    assert "frame-ancestors 'self'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy


@pytest.mark.parametrize(
    ("role", "may_download", "may_make"),
    [
        (Role.EXECUTIVE, True, False),
        (Role.DATA_SCIENTIST, True, True),
        (Role.ANALYST, True, True),
        (Role.ADMIN, True, True),
        (Role.AUDITOR, True, False),
        (Role.DEVOPS, False, False),
        (Role.ONCALL, False, False),
    ],
)
def test_each_role_does_what_it_may(client_of, ada, churn, role, may_download, may_make):
    report = made(ada)
    client = client_of(role)

    assert client.get("/api/v1/reports").status_code == 200
    shown = client.get(f"/api/v1/reports/{report['id']}")
    assert (shown.status_code, "figures" in shown.json, "1,614.3%" in shown.text) == (200, may_download, may_download)
    preview, download = f"/reports/preview/{report['id']}", "/reports/download?model=churn&month=2026-03"
    for address in (report["pdf"], report["html"], preview, download):
        assert client.get(address).status_code == (200 if may_download else 403), address
    answer = client.post("/api/v1/reports", json=ORDER, headers=client.csrf)
    assert answer.status_code == (201 if may_make else 403)


def test_nobody_reads_reports_without_signing_in(app, ada, churn):
    report = made(ada)
    stranger = app.test_client()

    for address in ("/api/v1/reports", report["pdf"], report["html"], f"/api/v1/reports/{report['id']}"):
        assert stranger.get(address).status_code == 401, address
    for address in ("/reports/download?month=2026-03", f"/reports/preview/{report['id']}"):
        assert stranger.get(address).status_code == 302, address


def test_a_token_reads_with_read_and_makes_with_write(app, token_for, churn):
    client = app.test_client()
    read = {"Authorization": f"Bearer {token_for('read')}"}
    write = {"Authorization": f"Bearer {token_for('write')}"}

    assert client.post("/api/v1/reports", json=ORDER, headers=read).status_code == 403
    report = client.post("/api/v1/reports", json=ORDER, headers=write)
    assert report.status_code == 201
    assert client.get(report.json["pdf"], headers=read).status_code == 200


def test_making_one_needs_the_token_of_the_session(ada, churn):
    assert ada.post("/api/v1/reports", json=ORDER).status_code in {400, 403}


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"period": "2026-13"}, "not a month"),
        ({"period": "2027-01"}, "has not begun yet"),
        ({"period": "2026-03", "kind": "daily"}, "cannot be made"),
        ({"period": "2026-03", "colour": "red"}, "colour"),
        ({}, "period"),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_a_sentence(ada, churn, order, words):
    answer = ada.post("/api/v1/reports", json=order, headers=ada.csrf)

    assert answer.status_code == 422
    assert words in answer.text


@pytest.mark.parametrize("query", ["month=2026-03&format=docx", "month=", "model=churn&month=soon"])
def test_a_download_that_cannot_be_made_is_a_sentence(ada, churn, query):
    assert ada.get(f"/reports/download?{query}").status_code == 422


def test_what_is_not_there_is_not_found(ada, churn):
    nothing = "00000000-0000-0000-0000-000000000000"

    for address in (f"/api/v1/reports/{nothing}", f"/api/v1/reports/{nothing}/report.pdf", "/api/v1/reports/x"):
        assert ada.get(address).status_code == 404
    assert ada.get("/reports/download?model=nobody&month=2026-03").status_code == 404


def test_the_list_goes_on_where_it_stopped(ada, churn):
    ids = [made(ada)["id"] for _ in range(3)]

    first = ada.get("/api/v1/reports?limit=2").json
    second = ada.get(f"/api/v1/reports?limit=2&cursor={first['next']}").json

    assert {each["id"] for each in first["reports"] + second["reports"]} == set(ids)
    assert second["next"] is None
    assert ada.get("/api/v1/reports?model=all").json["reports"] == []
