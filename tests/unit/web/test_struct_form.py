"""A form made of a struct: what is asked, how it is read, and the sentences when it does not fit."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from webapp.web.views.struct_form import answer, duration_text, questions, written


class Way(StrEnum):
    UP = "up"
    DOWN_A_BIT = "down_a_bit"


class Asked(msgspec.Struct, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=5, description="What it is called.")]
    way: Way = Way.UP
    side: Literal["left", "right"] = "left"
    days: Annotated[int, Meta(ge=1, le=365)] = 30
    line: Annotated[float | None, Meta(description="Where it begins.")] = None
    change: Annotated[float, Meta(gt=0)] | None = None
    for_seconds: Annotated[int, Meta(ge=0, le=86_400)] = 0
    more: dict[str, Any] = {}


QUESTIONS = questions(Asked)


def test_what_is_asked_follows_from_the_types():
    assert {name: each.kind for name, each in QUESTIONS.items()} == {
        "name": "text",
        "way": "choice",
        "side": "choice",
        "days": "whole",
        "line": "number",
        "change": "number",
        "for_seconds": "duration",
    }
    assert QUESTIONS["way"].options == (("up", "Up"), ("down_a_bit", "Down a bit"))
    assert QUESTIONS["name"].help == "What it is called."
    assert QUESTIONS["for_seconds"].label == "For"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("days", "30", 30),
        ("line", "1,250.5", 1250.5),
        ("line", "−5", -5.0),
        ("line", "$10,000", 10_000.0),
        ("line", "300 ms", 300.0),
        ("line", "5%", 5.0),
        ("line", "", None),
        ("for_seconds", "5 min", 300),
        ("for_seconds", "90", 90),
        ("for_seconds", "1.5 h", 5400),
        ("for_seconds", "1 day", 86_400),
        ("for_seconds", "2m", 120),
        ("way", "down_a_bit", "down_a_bit"),
    ],
)
def test_what_people_write_is_read(name, text, expected):
    assert answer(QUESTIONS[name], text) == expected


def test_a_percentage_of_a_share_is_a_share():
    assert answer(QUESTIONS["line"], "7%", is_share=True) == 0.07
    assert answer(QUESTIONS["line"], "0.07", is_share=True) == 0.07


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("name", " ", "Fill this in."),
        ("name", "too long", "Shorten it to 5 characters."),
        ("way", "sideways", "Choose one of the list."),
        ("days", "0", "Write a number from 1 to 365."),
        ("days", "1.5", "Write a whole number."),
        ("days", "many", "Write a number."),
        ("line", "nan", "Write a finite number."),
        ("line", "1e999", "Write a finite number."),
        ("change", "0", "Write a number above 0."),
        ("for_seconds", "soon", "Write a duration like 30 s, 5 min, 2 h or 1 d."),
        ("for_seconds", "2 d", "Write a duration from 0 s to 1 d."),
    ],
)
def test_what_does_not_fit_is_a_sentence(name, text, sentence):
    with pytest.raises(ValueError) as caught:
        answer(QUESTIONS[name], text)

    assert str(caught.value) == sentence


@pytest.mark.parametrize("seconds", [0, 1, 15, 60, 90, 300, 3600, 5400, 86_400, 129_600, 2_592_000])
def test_a_duration_is_read_as_it_is_written(seconds):
    assert answer(questions(Asked)["for_seconds"].__class__("x", "duration"), duration_text(seconds)) == seconds


def test_values_are_written_as_people_would():
    assert written(80.0, QUESTIONS["line"]) == "80"
    assert written(0.05, QUESTIONS["line"]) == "0.05"
    assert written(None, QUESTIONS["line"]) == ""
    assert written(300, QUESTIONS["for_seconds"]) == "5 min"
    assert written(Way.UP, QUESTIONS["way"]) == "up"
