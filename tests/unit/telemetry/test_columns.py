"""Features become numbers: missing ones, wrong ones and texts each in their own way."""

import math

import numpy as np
import pytest

from webapp.catalog.binning import NOT_A_NUMBER, Binning, BinningDocument, FeatureBins, Kind, code_of
from webapp.telemetry.columns import class_text, codes, matrix, numbers, text_of, unknown_features
from webapp.telemetry.wire import FeatureValue

BINNING = Binning(1, BinningDocument((FeatureBins("n", Kind.NUMERIC), FeatureBins("c", Kind.CATEGORY)), (0.0, 1.0)))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ([1.5, None, True], [1.5, math.nan, 1.0]),
        ([1.5, "x"], [1.5, NOT_A_NUMBER]),
        ([1.5, "2.5"], [1.5, 2.5]),
        ([1.5, "nan", "inf", "-inf", None], [1.5, NOT_A_NUMBER, NOT_A_NUMBER, NOT_A_NUMBER, math.nan]),
        (["x", "nan", None, math.inf], [NOT_A_NUMBER, NOT_A_NUMBER, math.nan, math.inf]),
        ([], []),
    ],
)
def test_numbers_are_told_from_what_is_none(raw: list[FeatureValue], expected: list[float]) -> None:
    np.testing.assert_array_equal(numbers(raw), expected)


def test_categories_are_texts_whatever_they_were_sent_as() -> None:
    values, texts = codes(["a", None, True, 1.0, False, 0.0, 2.5, math.nan])

    expected = [code_of(text) for text in ("a", "true", "1", "false", "0", "2.5")]
    np.testing.assert_array_equal(values[[0, 2, 3, 4, 5, 6]], expected)
    assert np.isnan(values[[1, 7]]).all()
    assert texts == {code_of(text): text for text in ("a", "true", "1", "false", "0", "2.5")}


def test_the_matrix_follows_the_binning() -> None:
    found = matrix([{"c": "a", "n": 1.0}, {"x": 1.0}], BINNING)

    np.testing.assert_array_equal(found.values, [[1.0, code_of("a")], [math.nan, math.nan]])
    assert found.texts == {"c": {code_of("a"): "a"}}


def test_new_features_are_known_by_their_first_value() -> None:
    rows: list[dict[str, FeatureValue]] = [{"n": 1.0, "age": None}, {"age": 4.0, "city": "Paris"}, {"flag": True}]

    found = unknown_features(rows, BINNING)

    assert {name: bins.kind for name, bins in found.items()} == {
        "age": Kind.NUMERIC,
        "city": Kind.CATEGORY,
        "flag": Kind.CATEGORY,
    }
    assert unknown_features([{"n": 1.0}], BINNING) == {}
    assert unknown_features([{"n\x00": 1.0}], BINNING) == {}


def test_texts_are_short_and_clean() -> None:
    assert len(text_of("x" * 500)) == 200
    assert text_of("a\x00b") == "ab"
    assert [class_text(value) for value in (1, 1.0, True, "1", "yes", 0.5)] == ["1", "1", "1", "1", "yes", "0.5"]
