"""What every format of outside alerts promises, whatever it is sent; and what each makes of what it knows."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.alerting.outside.reading import (
    LONGEST_ANNOTATION,
    LONGEST_LABEL,
    LONGEST_URL,
    MORE,
    MOST_ALERTS,
    MOST_ANNOTATIONS,
    MOST_LABELS,
)
from webapp.alerting.outside.source_format import OutsideStatus, SourceFormat
from webapp.alerting.outside.source_formats.alertmanager import FORMAT as ALERTMANAGER
from webapp.alerting.outside.source_formats.generic import FORMAT as GENERIC
from webapp.alerting.outside.source_formats.grafana import FORMAT as GRAFANA
from webapp.alerting.outside.sources import formats
from webapp.core.errors import InvalidInputError, TooLargeError, UserError

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
RECORDED = Path(__file__).resolve().parents[2] / "data" / "alertmanager-0.25-webhook.json"
EVERY = pytest.mark.parametrize("form", formats().values(), ids=formats())
CUT = 40  # characters of "… (9,000 characters more)"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=20,
)


def webhook(version: str, *alerts: object, **more: object) -> bytes:
    return json.dumps({"version": version, "alerts": list(alerts), **more}).encode()


def alert(**fields: object) -> dict[str, object]:
    return {"status": "firing", "labels": {"alertname": "X"}, "startsAt": NOW.isoformat(), **fields}


# --- every format -----------------------------------------------------------------------------------------------------


@EVERY
def test_an_example_is_one_firing_alert(form: SourceFormat) -> None:
    (found,) = form.read(form.example(NOW)).alerts

    assert found.status is OutsideStatus.FIRING
    assert found.starts_at == NOW
    assert found.labels["alertname"]
    assert found.url.startswith("http")


@EVERY
def test_a_format_explains_itself(form: SourceFormat) -> None:
    secret = form.new_secret()
    (snippet, *_) = form.snippets("https://mc.example.com/api/v1/sources/prod/alerts", secret)

    assert form.label
    assert form.description.endswith(".")
    assert form.proof
    assert len(secret) >= 40
    assert secret != form.new_secret()
    assert secret in snippet.text
    assert "https://mc.example.com/api/v1/sources/prod/alerts" in snippet.text


@EVERY
@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_alerts_or_a_sentence(form: SourceFormat, body: bytes) -> None:
    try:
        sent = form.read(body)
    except UserError as error:
        sent, sentence = None, error.message
    assert sentence.endswith(".") if sent is None else len(sent.alerts) == len(sent.places)


@EVERY
@settings(max_examples=100, deadline=None)
@given(labels=st.dictionaries(st.text(max_size=300), st.text(max_size=1500), min_size=1, max_size=80))
def test_labels_come_out_clean_and_bounded(form: SourceFormat, labels: dict[str, str]) -> None:
    if form is GENERIC:
        body = json.dumps({"title": "x", "labels": labels}).encode()
    else:
        body = webhook("4" if form is ALERTMANAGER else "1", alert(labels=labels))
    sent = form.read(body)

    for found in sent.alerts:
        assert len(found.labels) <= MOST_LABELS + 3
        for name, value in found.labels.items():
            assert "\x00" not in name + value
            assert len(value) <= LONGEST_LABEL + CUT
            (name + value).encode()


@EVERY
@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b'{"version":"4","alerts":' + b"[" * 100_000])
def test_what_is_nested_too_deeply_is_a_sentence(form: SourceFormat, body: bytes) -> None:
    with pytest.raises(InvalidInputError):
        form.read(body)


@EVERY
def test_too_many_alerts_are_refused_with_the_bound(form: SourceFormat) -> None:
    example = json.loads(form.example(NOW))
    body = (
        json.dumps([example] * (MOST_ALERTS + 1))
        if form is GENERIC
        else json.dumps({**example, "alerts": example["alerts"] * (MOST_ALERTS + 1)})
    )

    with pytest.raises(TooLargeError, match="10,000"):
        form.read(body.encode())


# --- one by one -------------------------------------------------------------------------------------------------------


def test_what_a_real_alertmanager_sent_is_read() -> None:
    (found,) = ALERTMANAGER.read(RECORDED.read_bytes()).alerts

    assert found.fingerprint == "fa08256e84139373"
    assert found.labels == {"alertname": "X", "env": "prod", "id": "A", "model": "m00000", "severity": "high"}
    assert found.annotations == {"summary": "accuracy of m00000 dropped"}
    assert found.starts_at == datetime(2026, 11, 23, 10, 0, 42, 896988, tzinfo=UTC)
    assert found.ends_at is None
    assert found.url == "http://x/"


def test_an_alert_that_is_wrong_refuses_no_other_and_its_field_is_named() -> None:
    body = webhook("4", alert(status="off"), alert(labels={"a": 3}), alert(), alert(labels={}), alert(startsAt="now"))

    sent = ALERTMANAGER.read(body)

    assert sent.places == [2]
    assert [(each.index, each.field) for each in sent.rejected] == [
        (0, "status"),
        (1, "labels"),
        (3, "labels"),
        (4, "startsAt"),
    ]
    assert sent.rejected[0].message == "is 'off'; it must be firing or resolved"


def test_a_body_of_another_sender_says_so() -> None:
    with pytest.raises(InvalidInputError, match="version is '1'"):
        ALERTMANAGER.read(webhook("1", alert()))
    with pytest.raises(InvalidInputError, match="version is missing"):
        GRAFANA.read(b"{}")
    with pytest.raises(InvalidInputError, match="must be an object, not a list"):
        GRAFANA.read(b"[]")


def test_a_long_label_is_cut_where_one_sees_it_and_still_names_its_alert() -> None:
    labels = [{"alertname": "X", "query": "q" * 10_000 + end} for end in ("a", "b")]

    first, second = ALERTMANAGER.read(webhook("4", *(alert(labels=each) for each in labels))).alerts

    assert first.labels["query"] == "q" * LONGEST_LABEL + "… (9,001 characters more)"
    assert first.fingerprint != second.fingerprint


def test_many_labels_are_left_out_visibly() -> None:
    (found,) = ALERTMANAGER.read(webhook("4", alert(labels={f"l{number:03}": "v" for number in range(100)}))).alerts

    assert found.labels[MORE] == "36 more were left out"
    many = {f"a{number:03}": "v" * 9_000 for number in range(100)}
    (found,) = ALERTMANAGER.read(webhook("4", alert(annotations=many))).alerts
    assert len(found.annotations) == MOST_ANNOTATIONS + 1
    assert all(len(value) <= LONGEST_ANNOTATION + CUT for value in found.annotations.values())


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\u202eb", "a\x7fb"])
def test_what_nobody_can_read_is_made_visible(text: str) -> None:
    (found,) = ALERTMANAGER.read(webhook("4", alert(labels={"alertname": text}, annotations={"summary": text}))).alerts

    assert found.labels["alertname"] == "a�b"
    assert found.annotations["summary"] == "a�b"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//x.org", "http://", "data:text/html,x", "http://[", "h t"])
def test_an_address_that_is_none_leads_nowhere(url: str) -> None:
    (found,) = ALERTMANAGER.read(webhook("4", alert(generatorURL=url))).alerts
    (long,) = ALERTMANAGER.read(webhook("4", alert(generatorURL="http://x/" + "y" * LONGEST_URL))).alerts

    assert found.url == ""
    assert long.url == ""


def test_the_end_of_what_still_fires_is_no_instant() -> None:
    never = "0001-01-01T00:00:00Z"
    ended = alert(status="resolved", endsAt="2026-03-10T13:00:00.123456+02:00")

    firing, resolved = ALERTMANAGER.read(webhook("4", alert(endsAt=never), ended)).alerts

    (fault,) = ALERTMANAGER.read(webhook("4", alert(endsAt="2026-03-10T13:00:00"))).rejected

    assert firing.ends_at is None
    assert fault.field == "endsAt"
    assert resolved.ends_at == datetime(2026, 3, 10, 11, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize("at", ["2300-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "1900-01-01T00:00:00Z"])
def test_an_instant_where_no_alert_can_be_is_refused(at: str) -> None:
    (fault,) = ALERTMANAGER.read(webhook("4", alert(startsAt=at))).rejected
    (other,) = GENERIC.read(json.dumps({"title": "x", "starts_at": at}).encode()).rejected

    assert (fault.field, other.field) == ("startsAt", "starts_at")
    assert fault.message.startswith("is in the year")


def test_what_alertmanager_left_out_is_counted() -> None:
    assert ALERTMANAGER.read(webhook("4", alert(), truncatedAlerts=12)).left_out == 12


def test_grafana_links_to_the_panel_and_tells_one_value_as_a_number() -> None:
    panel = {"panelURL": "https://g/d/1?viewPanel=2", "dashboardURL": "https://g/d/1", "generatorURL": "https://g/a"}

    one, two, none = GRAFANA.read(
        webhook("1", alert(**panel, values={"B": 9.5}), alert(values={"B": 1, "C": 2e-3}), alert(values=None), orgId=1)
    ).alerts

    assert one.url == "https://g/d/1?viewPanel=2"
    assert (one.value, one.value_text) == (9.5, "B = 9.5")
    assert (two.value, two.value_text) == (None, "B = 1, C = 0.002")
    assert (none.value, none.value_text) == (None, "")


def test_generic_json_needs_a_title_only() -> None:
    (found,) = GENERIC.read(b'{"title": "Backup failed"}').alerts

    assert found.status is OutsideStatus.FIRING
    assert found.labels == {"alertname": "Backup failed"}
    assert found.starts_at is None


def test_generic_json_takes_a_list_and_names_what_it_does_not_know() -> None:
    body = [
        {"title": "A", "severity": "high", "labels": {"port": 8080, "up": False}, "value": "3 of 5", "id": "a"},
        {"titel": "B"},
        {"title": "  "},
        {"title": "C", "starts_at": "2026-03-10T12:00:00"},
    ]

    sent = GENERIC.read(json.dumps(body).encode())

    assert sent.alerts[0].labels == {"alertname": "A", "port": "8080", "up": "false", "severity": "high"}
    assert sent.alerts[0].value_text == "3 of 5"
    assert [each.field for each in sent.rejected] == ["titel", "title", "starts_at"]


def test_a_whole_number_beyond_all_that_can_be_stored_is_a_text() -> None:
    (found,) = GENERIC.read(b'{"title": "A", "value": ' + b"9" * 400 + b"}").alerts

    assert found.value is None
    assert found.value_text.startswith("999")
