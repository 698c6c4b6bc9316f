"""Baselines of files over HTTP: looked at first, applied then, with scores and outcomes named by the sender."""

import gzip
import io
import json
import random
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests import factories as make
from tests.factories import NOW
from webapp.accounts import audit
from webapp.telemetry import baselines

ADDRESS = "/api/v1/models/churn/baselines"


def rows(count=200):
    rng = random.Random(5)
    return {
        "tenure": [rng.randrange(1, 73) for _ in range(count)],
        "contract": [rng.choice(("One year", "Two year")) for _ in range(count)],
        "region": [rng.choice(("EU", "US", None)) for _ in range(count)],
        "probability": [round(rng.random(), 4) for _ in range(count)],
        "churned": [rng.choice(("yes", "no", None)) for _ in range(count)],
    }


def as_csv(columns):
    lines = [",".join(columns)]
    lines += [
        ",".join("" if each is None else str(each) for each in row) for row in zip(*columns.values(), strict=True)
    ]
    return "\n".join(lines).encode()


def as_parquet(columns):
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


@pytest.fixture
def model(runtime):
    with runtime.transaction() as session:
        made = make.make_model(session, "churn", positive_class="yes")
        make.make_predictions(session, 150)
    return made


def post(client, body, kind="text/csv", **query):
    headers = {**client.csrf, "Content-Type": kind, **query.pop("headers", {})}
    return client.post(ADDRESS, data=body, headers=headers, query_string=query)


def test_a_file_is_looked_at_before_anything_is_stored(runtime, model, client_of):
    columns = {**rows(), "tenure": ["twelve", "seventy", *rows()["tenure"][2:]]}

    response = post(client_of("data_scientist"), as_csv(columns), score="probability", actual="churned", preview="1")

    assert response.status_code == 200
    found = response.get_json()
    assert found["rows"] == 200
    assert found["matched"] == ["tenure", "contract"]
    assert found["unknown"] == ["region"]
    assert found["missing"] == ["monthly_charges"]
    assert found["wrong_types"] == {"tenure": 2}
    assert found["scores"] == 200
    assert 100 < found["outcomes"] < 200
    with runtime.transaction() as session:
        assert baselines.baselines(session, model.id) == []


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("text/csv", as_csv),
        ("application/vnd.apache.parquet", as_parquet),
        ("application/json", lambda columns: json.dumps({"columns": columns}).encode()),
    ],
)
def test_a_file_becomes_the_baseline_with_its_scores_and_outcomes(runtime, model, client_of, kind, written):
    response = post(
        client_of("data_scientist"),
        gzip.compress(written(rows())),
        kind,
        score="probability",
        actual="churned",
        name="../train v3.csv",
        valid_from="2026-03-01T00:00:00Z",
        headers={"Content-Encoding": "gzip"},
    )

    assert response.status_code == 201
    assert response.get_json()["source"] == "the file train v3.csv"
    with runtime.transaction() as session:
        (info,) = baselines.baselines(session, model.id)
        counted = baselines.current(session, [model.id])[model.id].aggregate
        (entry,) = [each for each in audit.events(session) if each.action == "baseline.made"]
    assert (info.number, info.row_count, info.created_by, info.valid_from.day) == (1, 200, "Ada", 1)
    assert set(counted.features) == {"tenure", "monthly_charges", "contract", "region"}
    assert counted.scores.everything.sum() == 200
    assert counted.scores.positives.sum() == rows()["churned"].count("yes")
    assert entry.subject == "model:churn"


@pytest.mark.parametrize(
    ("query", "body", "kind", "said"),
    [
        ({"score": "nobody"}, as_csv(rows()), "text/csv", "There is no column 'nobody'; there are tenure"),
        ({"score": "contract"}, as_csv(rows()), "text/csv", "The column 'contract' must have numbers"),
        ({}, as_csv(rows(20)), "text/csv", "at least 100 rows; there are 20"),
        ({}, b"a,b\n1,2\n3\n", "text/csv", "a baseline is made of whole files"),
        ({}, b"", "text/csv", "is empty"),
        ({}, b"{}", "application/json", "The columns cannot be read"),
        ({}, b"x", "image/png", "is no kind of file that is read"),
        ({"valid_from": (NOW + timedelta(days=2)).isoformat()}, as_csv(rows()), "text/csv", "a day that has begun"),
    ],
)
def test_what_cannot_be_a_baseline_is_a_sentence(runtime, model, client_of, query, body, kind, said):
    response = post(client_of("data_scientist"), body, kind, **query)

    assert response.status_code == 422
    assert said in response.get_json()["detail"]
    with runtime.transaction() as session:
        assert baselines.baselines(session, model.id) == []


def test_baselines_are_listed_the_newest_first(model, client_of):
    client = client_of("data_scientist")
    for name in ("first.csv", "second.csv"):
        post(client, as_csv(rows()), name=name, score="probability", actual="churned")

    listed = client.get(ADDRESS).get_json()["baselines"]

    assert [each["source"] for each in listed] == ["the file second.csv", "the file first.csv"]


def test_who_may_not_write_models_makes_no_baseline(model, client_of):
    assert post(client_of("analyst"), as_csv(rows())).status_code == 403
