"""What differs between two documents of a rule, in words."""

from typing import Any

from webapp.alerting.versions import complete, difference

RULE: dict[str, Any] = {
    "name": "Churn drifts",
    "type": "data_drift",
    "kind": "threshold",
    "metric": "drift_score",
    "scope": {"model": "churn"},
    "parameters": {"direction": "above", "medium": 0.3},
    "for_seconds": 0,
}


def sentences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return [change.sentence for change in difference(before, after)]


def test_each_field_that_differs_is_told_with_what_it_was_and_is() -> None:
    after = {
        **RULE,
        "scope": {},
        "parameters": {"medium": 0.35, "high": 1},
        "for_seconds": 5400,
        "runbook": "1. Look.\n2. Act.",
    }

    assert sorted(sentences(RULE, after)) == [
        "for: 0 s → 90 min",
        "high: – → 1",
        "medium: 0.3 → 0.35",
        "model: churn → –",
        "runbook: – → 1. Look. 2. Act.",
    ]


def test_what_is_only_written_out_is_no_difference() -> None:
    assert sentences(RULE, complete(RULE)) == []
    assert sentences(RULE, {**RULE, "parameters": {"medium": 0.30}, "interval_seconds": 15}) == []


def test_conditions_are_compared_one_by_one() -> None:
    own = {"high": 0.6}
    before = {**RULE, "kind": "composite", "parameters": {"conditions": [own]}}
    more = [own, {"metric": "accuracy", "direction": "below", "medium": 0.8}]
    after = {**RULE, "kind": "composite", "parameters": {"conditions": more}}

    assert sentences(before, after) == ["condition 2: – → accuracy, below, medium 0.8"]


def test_a_document_that_no_longer_fits_is_still_compared() -> None:
    old = {**RULE, "kind": "oracle", "parameters": {"wisdom": 3}}

    assert sentences(old, {**old, "parameters": {"wisdom": 4}}) == ["wisdom: 3 → 4"]
