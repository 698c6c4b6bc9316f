"""What comes in is read whole where it is right and item by item where it is not; nothing is read two ways."""

import contextlib
import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.factories import outcome, prediction, predictions
from webapp.core.errors import InvalidInputError, TooLargeError
from webapp.telemetry.reading import (
    field_and_sentence,
    read_deployment,
    read_events,
    read_measurements,
    read_outcomes,
    read_predictions,
)
from webapp.telemetry.wire import Deployment, Measurement, Outcome, Prediction

AT = "2026-03-10T11:00:00Z"
INSTANT = "must be an instant with a zone, like 2026-03-01T10:00:00Z"
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
VALUES = st.one_of(st.none(), st.booleans(), st.floats(-1e6, 1e6), NAMES)

KEYS = st.sampled_from(["predictions", "model", "at", "features", "score"])
SCALARS = st.none() | st.booleans() | st.floats() | st.text()
DOCUMENTS = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner))


def test_a_right_batch_is_read_at_once() -> None:
    sent = predictions(50)

    found = read_predictions(msgspec.json.encode({"predictions": sent}))

    assert (list(found.items), list(found.places), list(found.rejected)) == (sent, list(range(50)), [])


@given(
    st.dictionaries(NAMES, VALUES, max_size=5), st.dictionaries(NAMES, NAMES, max_size=3), st.sampled_from([None, 1])
)
def test_any_clean_text_and_any_spacing_is_read(
    features: dict[str, Any], segments: dict[str, str], indent: int | None
) -> None:
    item = msgspec.to_builtins(prediction()) | {"features": features, "segments": segments}
    spaced = json.dumps({"predictions": [item]}, indent=indent, separators=(",", " : ") if indent else None)

    found = read_predictions(spaced.encode())

    assert not found.rejected
    assert found.items[0].features == features
    assert found.items[0].segments == segments


@given(st.dictionaries(NAMES, st.none() | st.just(math.nan) | NAMES, min_size=1, max_size=5), st.integers(0, 3))
def test_nan_is_a_missing_value_of_a_feature_and_a_text_stays_what_it_is(features: dict[str, Any], indent: int) -> None:
    assume(not {"score", "predicted", "actual", "latency_ms", "value"} & features.keys())
    item = msgspec.to_builtins(prediction()) | {"features": features}
    body = json.dumps({"predictions": [item]}, indent=indent or None)

    found = read_predictions(body.encode())

    assert not found.rejected
    assert found.items[0].features == {
        name: None if isinstance(value, float) else value for name, value in features.items()
    }


def test_a_text_without_an_end_is_looked_at_once() -> None:
    body = b'{"predictions": [NaN, "' + b'\\"' * 500_000

    with pytest.raises(InvalidInputError, match="JSON"):
        read_predictions(body)


@given(st.lists(st.sampled_from(["good", "twice", "nul", "typo"]), max_size=6), st.booleans())
def test_every_fault_is_found_wherever_it_stands(kinds: list[str], spaced: bool) -> None:
    colon = " :" if spaced else ":"
    good = f'{{"model"{colon}"churn","prediction_id"{colon}"c","actual"{colon}1,"at"{colon}"{AT}"%s}}'
    more = {"good": "", "twice": f',"actual"{colon}0', "nul": "", "typo": ',"x":1'}
    items = [(good % more[kind]).replace('"c"', '"c\\u0000"' if kind == "nul" else '"c"') for kind in kinds]

    found = read_outcomes(f'{{"outcomes":[{",".join(items)}]}}'.encode())

    assert list(found.places) == [place for place, kind in enumerate(kinds) if kind == "good"]
    assert [each.index for each in found.rejected] == [place for place, kind in enumerate(kinds) if kind != "good"]


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for read in (read_predictions, read_outcomes, read_measurements, read_deployment, read_events):
        with contextlib.suppress(InvalidInputError):
            read(body)


@given(DOCUMENTS)
def test_any_document_is_read_or_refused(document: Any) -> None:
    for body in (document, {"predictions": document}, {"predictions": [document]}):
        with contextlib.suppress(InvalidInputError):
            read_predictions(json.dumps(body).encode())


def test_deep_nesting_is_refused() -> None:
    for body in (b"[" * 100_000, b'{"predictions":[' + b'{"features":' * 100_000):
        with pytest.raises(InvalidInputError):
            read_predictions(body)


def test_events_of_every_kind_are_read_from_their_lines() -> None:
    lines = [
        msgspec.to_builtins(prediction()) | {"kind": "prediction"},
        msgspec.to_builtins(outcome()) | {"kind": "outcome"},
        {"kind": "measurement", "name": "cpu_percent", "value": 1, "at": AT},
        {"kind": "deployment", "model": "churn", "version": "v13", "at": AT},
    ]

    found = read_events(b"\r\n".join(json.dumps(line).encode() for line in lines))

    kinds = (Prediction, Outcome, Measurement, Deployment)
    assert all(isinstance(item, kind) for item, kind in zip(found.items, kinds, strict=True))


def test_too_many_at_once_are_refused() -> None:
    with pytest.raises(TooLargeError, match="at most 10000"):
        read_outcomes(msgspec.json.encode({"outcomes": [outcome()] * 10_001}))


@pytest.mark.parametrize(
    ("words", "field", "sentence"),
    [
        ("Expected `float` <= 1.0 - at `$.score`", "score", "must be a finite number from 0 to 1"),
        ("Expected `float` >= 0.0 - at `$.latency_ms`", "latency_ms", "must be a number of at least 0.0"),
        ("Expected `float | null`, got `str` - at `$.score`", "score", "must be a number, not str"),
        ("Expected `str`, got `int` - at `$.model`", "model", "must be a text, not int"),
        ("Object missing required field `at`", "at", "is missing"),
        ("Object contains unknown field `scroe`", "scroe", "is not a field that we know; check its spelling"),
        ("Expected `str` of length <= 64 - at `$.model`", "model", "must have at most 64 characters"),
        (
            "Invalid RFC3339 encoded datetime - at `$.at`",
            "at",
            "must be an instant with a zone, like 2026-03-01T10:00:00Z",
        ),
        ("Expected `str`, got `int` - at `$.labels[...]`", "labels", "must be a text, not int"),
        ("Something new", "", "Something new"),
    ],
)
def test_the_decoders_words_become_sentences(words: str, field: str, sentence: str) -> None:
    assert field_and_sentence(words) == (field, sentence)
