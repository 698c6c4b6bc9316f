"""Numbers as people read them, however large."""

import pytest

from webapp.core import formatting


@pytest.mark.parametrize(
    ("value", "text"),
    [(1239, "1,239"), (0.12345, "0.123"), (-123_456_789_012_345, "-123,456,789,012,345"), (1.5e18, "1.5e+18")],
)
def test_a_number_is_written_in_few_characters(value: float, text: str) -> None:
    assert formatting.number(value) == text


def test_the_largest_number_is_no_longer_than_others() -> None:
    assert formatting.number(1.7976931348623157e308, 0) == "1.8e+308"
