"""Models over HTTP."""

import io
from datetime import timedelta

import msgspec
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.factories import (
    NOW,
    make_business,
    make_confusion,
    make_model,
    make_outcomes,
    make_predictions,
    outcome,
    prediction,
    predictions,
)
from webapp.accounts.permissions import Role

SPAN = "from=2026-03-01T00:00:00Z&to=2026-03-11T00:00:00Z"
DOCUMENT = {
    "title": "Customer churn",
    "task": "binary",
    "positive_class": "1",
    "threshold": 0.4,
    "targets": {"accuracy": {"target": 0.9, "warning": 0.85, "critical": 0.8}},
    "business": {
        "valid_from": "2026-01-01T00:00:00Z",
        "customer_value": 1200,
        "contact_cost": 50,
        "save_rate": 0.5,
        "currency": "EUR",
        "running_cost_monthly": 100,
    },
    "owners": ["ada"],
}


@pytest.fixture
def ada(client_of):
    return client_of(Role.DATA_SCIENTIST)


@pytest.fixture
def churn(runtime):
    with runtime.transaction() as session:
        model = make_model(session)
        make_business(session, model)
        make_confusion(session)
    return model


def read(client, path, **kwargs):
    found = client.get(f"/api/v1{path}", **kwargs)
    assert found.status_code == 200, found.json
    return found.json


def test_a_model_is_registered_and_read_back(ada):
    put = ada.put("/api/v1/models/churn", json=DOCUMENT, headers=ada.csrf)

    assert put.status_code == 200
    (model,) = read(ada, "/models")["models"]
    assert (model["title"], model["threshold"], model["owners"]) == ("Customer churn", 0.4, ["ada"])
    assert model["targets"]["accuracy"] == {"target": 0.9, "warning": 0.85, "critical": 0.8}
    assert model["targets"]["roc_auc"]["target"] == 0.8  # the default
    assert model["business"][0]["currency"] == "EUR"
    assert read(ada, "/models/churn")["versions"] == []


def test_what_is_left_out_stays_as_it_is(ada):
    ada.put("/api/v1/models/churn", json=DOCUMENT, headers=ada.csrf)

    ada.put("/api/v1/models/churn", json={"title": "Churn"}, headers=ada.csrf)

    (model,) = read(ada, "/models")["models"]
    assert (model["title"], model["threshold"]) == ("Churn", 0.4)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"threshold": 1.5}, "/threshold"),
        ({"colour": "red"}, "colour"),
        ({"targets": {"beauty": {"target": 1, "warning": 1, "critical": 1}}}, "There is no metric 'beauty'"),
        ({"targets": {"accuracy": {"target": 0.7, "warning": 0.8, "critical": 0.9}}}, "from good to bad"),
        ({"task": "clustering"}, "clustering"),
        ({"business": {"valid_from": "2026-01-01T00:00:00Z", "customer_value": -1, "contact_cost": 1}}, "/business"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_place(ada, change, words):
    answer = ada.put("/api/v1/models/churn", json=change, headers=ada.csrf)

    assert answer.status_code == 422
    assert words in answer.text


def test_who_may_not_change_models_is_refused(client_of):
    erin = client_of(Role.EXECUTIVE)

    assert erin.put("/api/v1/models/churn", json=DOCUMENT, headers=erin.csrf).status_code == 403


def test_metrics_over_the_window_and_by_day(ada, churn):
    whole = read(ada, f"/models/churn/metrics?names=accuracy,roi&{SPAN}")["series"]
    daily = read(ada, f"/models/churn/metrics?names=accuracy&{SPAN}&step=1d")["series"]

    accuracy, roi = whole
    assert (accuracy["metric"], accuracy["unit"], accuracy["points"][0]["value"]) == ("accuracy", "share", 0.88)
    assert accuracy["points"][0]["low"] < 0.88 < accuracy["points"][0]["high"]
    assert accuracy["points"][0]["sample_count"] == 2500
    assert accuracy["points"][0]["coverage"] == 1
    assert round(roi["points"][0]["value"], 1) == 1614.3
    assert daily[0]["points"][0]["at"] == "2026-03-01T00:00:00Z"
    assert sum(point["sample_count"] for point in daily[0]["points"]) == 2500


def test_an_undefined_value_is_null_with_a_reason(ada, runtime):
    with runtime.transaction() as session:
        make_predictions(session, [prediction("a")])

    (series,) = read(ada, f"/models/churn/metrics?names=roc_auc&{SPAN}")["series"]

    assert series["points"][0]["value"] is None
    assert series["points"][0]["reason"] == "no outcomes yet"


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("names=beauty", 422, "there are accuracy, availability"),
        ("names=accuracy&step=fast", 422, "write it like 15m"),
        ("names=accuracy&step=1m&from=2025-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", 422, "3,000 are the most"),
        ("names=accuracy&version=v99", 404, "no version 'v99'"),
        ("names=accuracy&segment.region=EU", 404, "has no segment"),
        ("names=accuracy&segment.a=1&segment.b=2", 422, "one segment key at a time"),
        ("names=accuracy&from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", 422, "before it starts"),
    ],
)
def test_questions_that_cannot_be_answered_say_why(ada, churn, query, status, words):
    answer = ada.get(f"/api/v1/models/churn/metrics?{query}")

    assert answer.status_code == status
    assert words in answer.text


@pytest.mark.parametrize("path", ["metrics", "performance", "drift"])
@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=0001-01-01T00:00:00%2B14:00", "'from' is in the year 1; choose one from 1970"),
        ("to=0001-01-02T00:00:00Z", "'to' is in the year 1; choose one from 1970"),
        ("to=9999-12-31T23:59:59-14:00", "'to' is in the year 9999; choose one from 1970 to 2199"),
        ("from=10000-01-01T00:00:00Z", "write an instant like"),
    ],
)
def test_an_instant_at_the_end_of_the_calendar_is_refused_with_a_sentence(ada, churn, path, query, words):
    answer = ada.get(f"/api/v1/models/churn/{path}?{query}")

    assert (answer.status_code, words in answer.json["detail"]) == (422, True), answer.json


def test_the_window_before_the_earliest_instant_begins_there(ada, churn):
    (series,) = read(ada, "/models/churn/metrics?names=prediction_count&to=1970-01-01T00:00:00Z")["series"]

    assert series["points"][0]["at"] == "1970-01-01T00:00:00Z"


def test_a_number_of_thousands_of_digits_is_refused_with_a_sentence(ada):
    answer = ada.get(f"/api/v1/alerts?limit={'9' * 5000}")

    assert answer.status_code == 422
    assert "write a whole number from 1 to" in answer.json["detail"]


def test_an_unknown_model_is_not_found(ada):
    for path in ("metrics", "performance", "drift"):
        answer = ada.get(f"/api/v1/models/nobody/{path}")
        assert answer.status_code == 404
        assert answer.json["detail"] == "There is no model named 'nobody'."


def test_money_is_for_those_who_may_see_it(client_of, churn):
    dev = client_of(Role.DEVOPS)

    assert dev.get("/api/v1/models/churn/metrics?names=roi").status_code == 403
    named = {each["metric"] for each in read(dev, "/models/churn/metrics")["series"]}
    assert "accuracy" in named
    assert "roi" not in named
    assert "business" not in read(dev, "/models")["models"][0]
    rows = read(dev, f"/models/churn/performance?{SPAN}")["thresholds"]
    assert {row["net_benefit"] for row in rows} == {None}


def test_performance_has_the_confusion_the_curves_and_the_bound(ada, churn):
    found = read(ada, f"/models/churn/performance?{SPAN}")

    assert found["confusion"] == {"tp": 450, "fp": 180, "fn": 120, "tn": 1750}
    assert found["auc"]["bound"] < 0.02
    assert found["roc"][0]["tpr"] == 0
    assert found["pr"]
    assert found["calibration"]
    assert any(row["net_benefit"] for row in found["thresholds"])


def test_performance_at_another_threshold(ada, churn):
    found = read(ada, f"/models/churn/performance?{SPAN}&threshold=0.9")

    assert found["threshold"] == pytest.approx(0.9, abs=0.01)
    assert sum(found["confusion"].values()) == 2500
    assert found["confusion"]["tp"] < 450
    assert ada.get("/api/v1/models/churn/performance?threshold=nan").status_code == 422


def test_a_baseline_from_a_window_makes_drift_defined(ada, churn):
    before = read(ada, f"/models/churn/drift?{SPAN}")
    made = ada.post(
        "/api/v1/models/churn/baseline",
        json={"from": "2026-03-01T00:00:00Z", "to": "2026-03-05T00:00:00Z"},
        headers=ada.csrf,
    )

    after = read(ada, f"/models/churn/drift?{SPAN}")

    assert before["score"]["reason"] == "no baseline yet"
    assert (made.status_code, made.json["number"], made.json["created_by"]) == (201, 1, "Ada")
    assert after["baseline"]["number"] == 1
    tenure = next(feature for feature in after["features"] if feature["name"] == "tenure")
    assert tenure["score"]["value"] < 0.3
    assert tenure["noise_floor"] > 0
    assert len(tenure["histogram"]["labels"]) == len(tenure["histogram"]["baseline"])
    assert read(ada, f"/models/churn/drift?{SPAN}&method=psi")["method"] == "psi"
    assert ada.get("/api/v1/models/churn/drift?method=magic").status_code == 422


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_baseline_from_a_file(ada, churn, kind):
    table = pa.table({"tenure": [*range(1, 73)] * 3, "contract": ["Two year"] * 216, "score": [0.1] * 216})
    if kind == "csv":
        body = "tenure,contract,score\n" + "\n".join(f"{n},Two year,0.1" for n in range(1, 217))
        sent = {"data": body.encode(), "content_type": "text/csv"}
    else:
        buffer = io.BytesIO()
        parquet.write_table(table, buffer)
        sent = {"data": buffer.getvalue(), "content_type": "application/vnd.apache.parquet"}

    made = ada.post("/api/v1/models/churn/baseline", headers=ada.csrf, **sent)

    assert made.status_code == 201, made.json
    assert made.json["row_count"] == 216
    contract = next(f for f in read(ada, f"/models/churn/drift?{SPAN}")["features"] if f["name"] == "contract")
    assert contract["new_categories"] == ["Month-to-month"]
    assert contract["level"] == "warning"


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"data": b"\x00\x01", "content_type": "application/vnd.apache.parquet"}, "cannot be read"),
        ({"data": b"a,b\n1,2\n1", "content_type": "text/csv"}, "cannot be read"),
        ({"data": b"tenure\n1\n2\n", "content_type": "text/csv"}, "at least 100 rows; there are 2"),
        ({"data": b"", "content_type": "text/csv"}, "cannot be read"),
        ({"json": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}}, "at least 100 predictions"),
        ({"json": {"from": "0001-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}}, "in the year 1"),
        ({"json": {"from": "2026-01-01T00:00:00Z"}}, "to"),
    ],
)
def test_a_baseline_of_nothing_useful_is_refused(ada, churn, sent, words):
    answer = ada.post("/api/v1/models/churn/baseline", headers=ada.csrf, **sent)

    assert answer.status_code == 422
    assert words in answer.text


def test_one_prediction_with_its_outcome_and_correction(ada, runtime):
    with runtime.transaction() as session:
        make_predictions(session, [prediction("a/b ü", features={"tenure": 5, "contract": "One year", "x": None})])
        make_outcomes(session, [outcome("a/b ü", 0)])
        make_outcomes(session, [outcome("a/b ü", 1, at=NOW)])

    found = read(ada, "/predictions/churn/a%2Fb%20%C3%BC")

    assert found["features"] == {"tenure": 5, "contract": "One year"}
    assert (found["score"], found["predicted"], found["version"]) == (0.8, 1, "v12")
    assert found["outcome"]["actual"] == 1
    assert [(each["former"], each["actual"]) for each in found["outcome"]["corrections"]] == [(0, 1)]
    assert ada.get("/api/v1/predictions/churn/other").status_code == 404


def test_a_token_reads_and_one_without_the_scope_does_not(app, token_for, churn):
    client = app.test_client()
    reader = {"Authorization": f"Bearer {token_for('read')}"}
    sender = {"Authorization": f"Bearer {token_for('ingest:churn')}"}

    assert client.get("/api/v1/models/churn/metrics?names=accuracy", headers=reader).status_code == 200
    assert client.get("/api/v1/models/churn/metrics?names=accuracy", headers=sender).status_code == 403
    assert client.put("/api/v1/models/churn", json={}, headers=reader).status_code == 403


def test_versions_are_told_apart(ada, runtime):
    with runtime.transaction() as session:
        make_predictions(session, predictions(30, version="v1", prefix="one"))
        make_predictions(session, predictions(50, version="v2", prefix="two", start=NOW - timedelta(hours=5)))

    for version, count in (("v1", 30), ("v2", 50)):
        (series,) = read(ada, f"/models/churn/metrics?names=prediction_count&{SPAN}&version={version}")["series"]
        assert series["points"][0]["value"] == count


def test_a_segment_is_counted_once_its_key_is_declared(ada, runtime, clock):
    with runtime.transaction() as session:
        items = [
            msgspec.structs.replace(item, segments={"plan": "basic" if place % 4 else "gold"})
            for place, item in enumerate(predictions(80, end=clock.now()))
        ]
        make_predictions(session, items, now=clock.now())

    assert ada.get("/api/v1/models/churn/segments/plan?names=prediction_count").status_code == 404
    put = ada.put("/api/v1/models/churn", json={"segment_keys": ["plan"]}, headers=ada.csrf)
    assert put.json["segment_keys"] == ["plan"]

    rows = read(ada, "/models/churn/segments/plan?names=prediction_count")["segments"]
    assert {row["value"]: row["metrics"]["prediction_count"]["value"] for row in rows} == {"basic": 60, "gold": 20}
    (series,) = read(ada, "/models/churn/metrics?names=prediction_count&segment.plan=gold")["series"]
    assert series["points"][0]["value"] == 20
    refused = ada.put("/api/v1/models/churn", json={"segment_keys": ["a=b"]}, headers=ada.csrf)
    assert (refused.status_code, "without '='" in refused.text) == (422, True)
