"""What labels and annotations of alerts from outside mean here."""

import pytest

from tests.factories import NOW
from webapp.alerting.outside import wording
from webapp.alerting.outside.source_format import NAME_LABEL, OutsideAlert, OutsideStatus
from webapp.alerting.types import AlertType


def said(annotations: dict[str, str] | None = None, value_text: str = "", **labels: str) -> OutsideAlert:
    named = {NAME_LABEL: "HighLatency", **labels}
    return OutsideAlert(OutsideStatus.FIRING, "a", named, annotations or {}, NOW, value_text=value_text)


@pytest.mark.parametrize(
    ("annotations", "sentence"),
    [
        ({}, "HighLatency"),
        ({"summary": "It is slow"}, "It is slow"),
        ({"summary": "It is slow", "description": "For 10 minutes."}, "It is slow. For 10 minutes."),
        ({"summary": "It is slow!", "description": "Hurry"}, "It is slow! Hurry"),
        ({"message": "Same", "description": "Same"}, "Same"),
        ({"description": "  Only this  "}, "Only this"),
    ],
)
def test_the_sentence_is_the_senders(annotations: dict[str, str], sentence: str) -> None:
    assert wording.summary_of(said(annotations)) == sentence


def test_a_value_that_is_no_number_stands_in_the_sentence_and_all_is_bounded() -> None:
    assert wording.summary_of(said({"summary": "Few"}, "3 of 5")) == "Few (3 of 5)"
    assert len(wording.summary_of(said({"summary": "x" * 4_000}))) == wording.LONGEST_SUMMARY + 1


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("data_drift", AlertType.DATA_DRIFT),
        ("High error-rate", AlertType.HIGH_ERROR_RATE),
        ("nonsense", AlertType.SYSTEM_FAILURE),
        ("", AlertType.SYSTEM_FAILURE),
    ],
)
def test_the_type_is_one_of_ours_or_a_system_failure(word: str, meant: AlertType) -> None:
    assert wording.type_of(said(type=word)) is meant
