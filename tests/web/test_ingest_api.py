"""Events over HTTP: what is right is stored and answered after the commit, what is wrong gets a sentence."""

import dataclasses
import gzip
import json
import math
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

from tests.factories import HOUR_AGO, NOW, make_model, outcome, prediction, predictions
from webapp.accounts.permissions import Role
from webapp.app import create_app
from webapp.runtime import Runtime
from webapp.web.blueprints.ingest import DOOR, MAX_BYTES
from webapp.web.door import Door

Post = Callable[..., Any]
AT = "2026-03-10T11:00:00Z"


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    """The application without its pages: services do not look at them."""
    return create_app(runtime, only_pages=[])


@pytest.fixture
def post(app: Flask, token_for: Callable[..., str]) -> Post:
    """Return a function that posts with a token for every model, unless it is given another one."""
    everything = token_for("ingest:*")

    def send(path: str, body: Any, *, token: str | None = None, **headers: str) -> TestResponse:
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        given = {"Authorization": f"Bearer {token or everything}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return app.test_client().post(f"/api/v1/{path}", data=raw, content_type="application/json", headers=given)

    return send


def stored(runtime: Runtime, statement: str = "SELECT prediction_id FROM prediction ORDER BY 1") -> list[Any]:
    with runtime.transaction() as session:
        return list(session.scalars(text(statement)))


def test_predictions_are_answered_when_they_are_stored(post: Post, runtime: Runtime) -> None:
    answered = post("predictions", {"predictions": predictions(20)})

    assert answered.status_code == 202
    assert answered.json == {"accepted": 20, "duplicates": 0, "rejected": []}
    assert len(stored(runtime)) == 20


def test_the_same_request_again_changes_nothing(post: Post, runtime: Runtime) -> None:
    body = {"predictions": predictions(20)}

    post("predictions", body)
    again = post("predictions", body)

    assert again.json == {"accepted": 0, "duplicates": 20, "rejected": []}
    assert len(stored(runtime)) == 20


def test_what_is_wrong_is_named_and_the_rest_is_stored(post: Post, runtime: Runtime) -> None:
    good = msgspec.to_builtins(prediction("good"))
    body = {
        "predictions": [
            good,
            good | {"prediction_id": "high", "score": 1.5},
            good | {"prediction_id": "typo", "scroe": 0.5},
            {"model": "churn", "at": AT},
            good | {"prediction_id": "naive", "at": "2026-03-10T11:00:00"},
            good | {"prediction_id": "old", "at": "2019-03-10T11:00:00Z"},
            good | {"prediction_id": "text", "score": "0.5"},
            good | {"prediction_id": "also good"},
        ]
    }

    answered = post("predictions", body)

    assert answered.status_code == 202
    assert answered.json["accepted"] == 2
    assert [(each["index"], each["field"]) for each in answered.json["rejected"]] == [
        (1, "score"),
        (2, "scroe"),
        (3, "prediction_id"),
        (4, "at"),
        (5, "at"),
        (6, "score"),
    ]
    assert answered.json["rejected"][0]["message"] == "must be a finite number from 0 to 1"
    assert stored(runtime) == ["also good", "good"]


def test_nothing_acceptable_is_refused_with_the_place_of_each_fault(post: Post, runtime: Runtime) -> None:
    good = msgspec.to_builtins(prediction())

    answered = post("predictions", {"predictions": [good | {"score": 7}, good | {"model": "no such name!"}]})

    assert answered.status_code == 422
    assert answered.content_type == "application/problem+json"
    assert [each["at"] for each in answered.json["errors"]] == ["/predictions/0/score", "/predictions/1/model"]
    assert stored(runtime, "SELECT sum(item_count)::int FROM refusal") == [2]


def test_what_cannot_be_read_is_counted_for_the_model_that_it_names(post: Post, runtime: Runtime) -> None:
    good = msgspec.to_builtins(prediction())
    of_other = good | {"model": "other", "score": "high"}

    post("predictions", {"predictions": [good | {"score": 7}, good | {"score": -0.1}, of_other, {"model": 5}, 5]})

    counted = "SELECT model || ' ' || reason || ' ' || item_count FROM refusal ORDER BY model"
    assert stored(runtime, counted) == [" malformed 2", "churn not_finite 2", "other malformed 1"]


def test_numbers_that_are_none_cost_no_more_than_their_own_items(post: Post, runtime: Runtime) -> None:
    """Python's own encoder writes NaN and Infinity, which are no JSON."""
    good = msgspec.to_builtins(prediction())
    items = [
        good | {"prediction_id": "no-score", "score": math.nan},
        good | {"prediction_id": "missing", "features": {"age": math.nan, "said": "NaN, Infinity"}},
        good | {"prediction_id": "endless", "features": {"age": -math.inf}},
    ]

    answered = post("predictions", json.dumps({"predictions": items}).encode())

    assert answered.json["accepted"] == 1
    assert [(each["index"], each["field"], each["message"]) for each in answered.json["rejected"]] == [
        (0, "score", "must be a finite number"),
        (2, "features", "must be a finite number"),
    ]
    assert stored(runtime, "SELECT value FROM feature_value WHERE feature = 'said'") == ["NaN, Infinity"]
    assert stored(runtime, "SELECT value FROM feature_value WHERE feature = 'said'") == ["NaN, Infinity"]
    assert stored(runtime, "SELECT model || ' ' || reason || ' ' || item_count FROM refusal") == ["churn not_finite 2"]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b'{"predictions":[{"score":NaN}', "NaN"),
        (b'{"predictions":["\\ud800"]}', "JSON"),
        (b'{"predictions":[{"model":"\xff"}]}', "UTF-8"),
        (b"[" * 5000, "shape"),
        (b"", "JSON"),
        (b"[]", "shape"),
        (b"{}", "predictions"),
        (b'{"predictions":[],"more":1}', "predictions"),
        (b'{"predictions":{}}', "shape"),
    ],
)
def test_what_is_no_batch_is_refused_with_a_sentence(post: Post, body: bytes, word: str) -> None:
    answered = post("predictions", body)

    assert answered.status_code == 422
    assert word in answered.json["detail"]


@pytest.mark.parametrize(
    ("item", "field", "word"),
    [
        ('"prediction_id":"c-1","features":{"a":1,"a":2}', "a", "twice"),
        ('"prediction_id":"c-1","prediction_id":"c-2","score":0.5', "prediction_id", "twice"),
        ('"prediction_id" :"c-1","score":0.5,"score" :0.6', "score", "twice"),
        ('"prediction_id":"c\\u0000","score":0.5', "prediction_id", "NUL"),
        ('"prediction_id":"c-1","score":0.5,"features":{"a\\u0000":1}', "a", "NUL"),
        ('"prediction_id":"c-1","score":0.5,"features":{"a":"\\u0000"}', "a", "NUL"),
        ('"prediction_id":"c-1","score":0.5,"segments":{"a":"\\u0000"}', "a", "NUL"),
        ('"prediction_id":"c-1","score":1e999', "score", "finite"),
        ('"prediction_id":"c-1","score":0.5,"latency_ms":1e300', "latency_ms", "at most"),
        ('"prediction_id":"c-1","score":0.5,"features":{"a":[1]}', "features", "got"),
    ],
)
def test_what_json_allows_and_we_do_not_is_refused(post: Post, item: str, field: str, word: str) -> None:
    body = f'{{"predictions":[{{"model":"churn","at":"{AT}",{item}}}]}}'

    answered = post("predictions", body.encode())

    assert answered.status_code == 422
    (error,) = answered.json["errors"]
    assert error["at"] == f"/predictions/0/{field}"
    assert word in error["message"]


def test_a_text_that_looks_like_json_is_a_text(post: Post) -> None:
    item = msgspec.to_builtins(prediction(features={"note": '"a":"b"', "path": "\\u0000", "clock ": " :12:30"}))

    answered = post("predictions", {"predictions": [item]})

    assert answered.json == {"accepted": 1, "duplicates": 0, "rejected": []}


def test_another_body_under_a_known_name_is_refused(post: Post, runtime: Runtime) -> None:
    post("predictions", {"predictions": [prediction(score=0.8)]})

    answered = post("predictions", {"predictions": [prediction(score=0.3)]})

    assert answered.status_code == 422
    assert "already accepted with other values" in answered.json["errors"][0]["message"]
    assert stored(runtime, "SELECT score FROM prediction") == [0.8]


def test_outcomes_measurements_and_deployments_have_doors_of_their_own(post: Post, runtime: Runtime) -> None:
    assert post("predictions", {"predictions": [prediction()]}).json["accepted"] == 1
    assert post("outcomes", {"outcomes": [outcome()]}).json["accepted"] == 1
    gauge = {"name": "cpu_percent", "value": 67, "at": AT, "labels": {"instance": "api-1", "model": "churn"}}
    assert post("measurements", {"measurements": [gauge]}).json["accepted"] == 1
    deployment = {"model": "churn", "version": "v13", "at": AT, "note": "retrained on March"}
    assert post("deployments", deployment).json == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert post("deployments", deployment).json == {"accepted": 0, "duplicates": 1, "rejected": []}
    assert stored(runtime, "SELECT actual FROM prediction") == [1.0]
    assert stored(runtime, "SELECT note FROM deployment") == ["retrained on March"]


def test_a_stream_of_everything_is_taken_line_by_line(post: Post, runtime: Runtime) -> None:
    lines = [
        msgspec.to_builtins(prediction()) | {"kind": "prediction"},
        {"kind": "outcome", "model": "churn", "prediction_id": "c-1", "actual": 0, "at": AT},
        {"kind": "wish"},
        {"kind": "measurement", "name": "memory_percent", "value": 40, "at": AT},
        {"kind": "deployment", "model": "churn", "version": "v13", "at": AT},
        msgspec.to_builtins(prediction("bad", score=None, predicted=None)) | {"kind": "prediction"},
    ]
    body = b"\n\n".join(json.dumps(line).encode() for line in lines) + b"\nnot json\n"

    answered = post("events", body)

    assert answered.status_code == 202
    assert answered.json["accepted"] == 4
    assert [(each["index"], each["field"]) for each in answered.json["rejected"]] == [
        (2, "kind"),
        (5, "score"),
        (6, ""),
    ]
    assert stored(runtime, "SELECT actual FROM prediction") == [0.0]


def test_a_deployment_of_the_wrong_shape_names_the_field(post: Post) -> None:
    answered = post("deployments", {"model": "churn", "version": "v13", "at": "yesterday"})

    assert answered.status_code == 422
    assert answered.json["errors"] == [
        {"at": "/at", "message": "must be an instant with a zone, like 2026-03-01T10:00:00Z"}
    ]


def test_a_compressed_body_is_unpacked_within_bounds(post: Post) -> None:
    body = msgspec.json.encode({"predictions": predictions(20)})

    assert post("predictions", gzip.compress(body), Content_Encoding="gzip").json["accepted"] == 20
    assert post("predictions", gzip.compress(b" " * (MAX_BYTES + 1)), Content_Encoding="gzip").status_code == 413
    assert post("predictions", gzip.compress(body)[:-20], Content_Encoding="gzip").status_code == 422
    assert post("predictions", body, Content_Encoding="gzip").status_code == 422
    assert post("predictions", body, Content_Encoding="br").status_code == 422


def test_a_compressed_body_is_one_member(post: Post) -> None:
    body = msgspec.json.encode({"predictions": predictions(20)})

    answered = post("predictions", gzip.compress(b"") * 500_000 + gzip.compress(body), Content_Encoding="gzip")

    assert answered.status_code == 422
    assert "a single member" in answered.json["detail"]


def test_a_compressed_deployment_is_no_larger_than_a_plain_one(post: Post) -> None:
    deployment = {"model": "churn", "version": "v13", "at": AT, "note": "n" * 100_000}

    packed = gzip.compress(msgspec.json.encode(deployment))

    assert post("deployments", packed, Content_Encoding="gzip").status_code == 413


def test_too_much_is_refused_before_it_is_read(post: Post) -> None:
    assert post("predictions", b" " * (MAX_BYTES + 1)).status_code == 413
    many = b",".join([b"{}"] * 10_001)
    assert post("predictions", b'{"predictions":[' + many + b"]}").status_code == 413
    assert post("events", b"{}\n" * 10_001).status_code == 413


def test_ten_thousand_predictions_of_twenty_features_fit_in_a_request(post: Post) -> None:
    features = {f"a_feature_with_a_name_{number}": 0.123456789 + number for number in range(20)}
    items = [prediction(f"c-{number}", features=features) for number in range(10_000)]

    assert post("predictions", {"predictions": items}).json["accepted"] == 10_000


def test_a_token_writes_only_what_its_scopes_name(
    post: Post, runtime: Runtime, token_for: Callable[..., str], client_of: Callable[..., Any]
) -> None:
    mine = token_for("ingest:churn")
    with runtime.transaction() as session:
        make_model(session)

    both = post("predictions", {"predictions": [prediction(), prediction(model="fraud")]}, token=mine)

    assert both.json["accepted"] == 1
    assert "may not be written with this token" in both.json["rejected"][0]["message"]
    general = {"name": "cpu_percent", "value": 1, "at": AT, "labels": {}}
    assert post("measurements", {"measurements": [general]}, token=mine).status_code == 422
    assert post("deployments", {"model": "fraud", "version": "v1", "at": AT}, token=mine).status_code == 403
    assert post("predictions", {"predictions": [prediction()]}, token=token_for("read", "write")).status_code == 403
    person = client_of(Role.ADMIN)
    assert person.post("/api/v1/predictions", json={"predictions": []}, headers=person.csrf).status_code == 403


def test_only_a_token_for_every_model_brings_a_new_one(
    post: Post, runtime: Runtime, token_for: Callable[..., str]
) -> None:
    refused = post("predictions", {"predictions": [prediction()]}, token=token_for("ingest:churn"))

    assert "is not registered" in refused.json["errors"][0]["message"]
    assert post("predictions", {"predictions": [prediction()]}).status_code == 202
    assert stored(runtime, "SELECT status FROM model") == ["unconfirmed"]


def test_an_event_of_the_future_is_refused_beyond_five_minutes(post: Post) -> None:
    soon, later = prediction("soon", at=NOW + timedelta(minutes=5)), prediction("later", at=NOW + timedelta(minutes=6))

    answered = post("predictions", {"predictions": [soon, later]})

    assert answered.json["accepted"] == 1
    assert "in the future" in answered.json["rejected"][0]["message"]


@pytest.mark.parametrize(
    ("waiting", "seconds"), [pytest.param(0, 1, id="no room to wait"), pytest.param(1, 2, id="waited in vain")]
)
def test_an_unanswered_burst_is_asked_to_come_back(
    app: Flask, post: Post, runtime: Runtime, waiting: int, seconds: int
) -> None:
    door = app.extensions[DOOR] = Door(at_once=1, waiting=waiting, patience_seconds=0.01)
    deployment = {"model": "churn", "version": "v13", "at": AT}

    with door.passage():
        refused = [post("predictions", {"predictions": [prediction()]}), post("deployments", deployment)]
    taken = [post("predictions", {"predictions": [prediction()]}), post("deployments", deployment)]

    assert [each.status_code for each in refused] == [503, 503]
    assert [each.headers["Retry-After"] for each in refused] == [str(seconds)] * 2
    assert [each.status_code for each in taken] == [202, 202]
    assert taken[0].json["accepted"] == taken[1].json["accepted"] == 1, "nothing of what was refused is stored"


def test_a_burst_at_one_application_does_not_close_another(app: Flask, post: Post, runtime: Runtime) -> None:
    other = create_app(runtime, only_pages=[])
    other.extensions[DOOR] = shut = Door(at_once=1, waiting=0)

    with shut.passage():
        assert post("predictions", {"predictions": [prediction()]}).status_code == 202


@pytest.mark.parametrize("threads", [2, 3, 4, 16, 256])
def test_events_take_half_of_the_threads_at_most(threads: int) -> None:
    door = Door.for_threads(threads)

    assert door.at_once >= 1
    assert door.at_once + door.waiting <= threads / 2


def test_the_same_batch_from_four_at_once_is_stored_once(post: Post, runtime: Runtime) -> None:
    items = predictions(500, start=HOUR_AGO, end=NOW)
    answers: list[dict[str, Any]] = []

    def send(order: int) -> None:
        answers.append(post("predictions", {"predictions": items[::order]}).json or {})

    threads = [threading.Thread(target=send, args=(order,)) for order in (1, -1, 1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(each["accepted"] for each in answers) == 500
    assert sum(each["duplicates"] for each in answers) == 1500
    assert len(stored(runtime)) == 500
    assert stored(runtime, "SELECT sum(predictions)::int FROM rollup_delta") == [500]


def test_no_connection_left_is_no_fault_of_the_sender(runtime: Runtime, token_for: Callable[..., str]) -> None:
    url = str(runtime.settings.database_url)
    narrow = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0.1)
    small = create_app(dataclasses.replace(runtime, ingest_engine=narrow), only_pages=[])
    headers = {"Authorization": f"Bearer {token_for('ingest:*')}"}
    body = msgspec.json.encode({"predictions": [prediction()]})

    with narrow.connect():
        refused = small.test_client().post("/api/v1/predictions", data=body, headers=headers)
    taken = small.test_client().post("/api/v1/predictions", data=body, headers=headers)
    narrow.dispose()

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert taken.status_code == 202
