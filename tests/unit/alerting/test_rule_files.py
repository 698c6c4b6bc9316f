"""Rules as YAML: what is written is read back as the same rule, what is doubtful is refused with its place."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.alerting.document import RuleDocument
from webapp.alerting.rule_files import file_names, read, written
from webapp.alerting.rule_pack import RULE_PACK
from webapp.alerting.types import AlertType
from webapp.core.errors import InvalidInputError

SMALL = """\
name: Churn drifts
type: data_drift
kind: threshold
metric: drift_score
parameters:
  medium: 0.3
"""


@pytest.mark.parametrize("key", sorted(RULE_PACK))
def test_each_rule_of_the_pack_is_read_back_as_it_was(key: str) -> None:
    text = written(RULE_PACK[key])

    assert read(text, "rule.yaml").document == RULE_PACK[key]
    assert written(read(text, "rule.yaml").document) == text


def test_a_file_says_what_is_not_usual_and_texts_of_several_lines_as_they_read() -> None:
    document = msgspec.structs.replace(RULE_PACK["high_cpu"], runbook="1. Look.\n2. Act.")

    assert written(document, paused=True).split("\n", 1)[1] == (
        "name: High CPU\n"
        "type: resource_exhaustion\n"
        "kind: threshold\n"
        "metric: cpu\n"
        "parameters:\n"
        "  direction: above\n"
        "  medium: 80\n"
        "for_seconds: 300\n"
        "runbook: |-\n"
        "  1. Look.\n"
        "  2. Act.\n"
        "paused: true\n"
    )


def test_conditions_are_a_list() -> None:
    conditions = [{"high": 0.6}, {"metric": "accuracy", "direction": "below", "medium": 0.8}]
    document = RuleDocument(
        name="Both",
        type=AlertType.DATA_DRIFT,
        kind="composite",
        metric="drift_score",
        parameters={"match": "all", "conditions": conditions},
    )

    text = written(document)

    assert "  conditions:\n    - high: 0.6\n    - metric: accuracy\n" in text
    assert read(text, "both.yaml").document == document


TEXT = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])
LINES = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], include_characters="\n")


@settings(deadline=None)
@given(name=st.text(TEXT, min_size=1, max_size=120), runbook=st.text(LINES, max_size=200))
def test_by_chance_any_text_comes_back_as_it_was(name: str, runbook: str) -> None:
    document = msgspec.structs.replace(RULE_PACK["high_cpu"], name=name, runbook=runbook)

    assert read(written(document), "rule.yaml").document == document


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a rule begins with fields"),
        ("- a\n- b\n", "a rule begins with fields"),
        ("name: [", "line 1: expected the node content"),
        (f"{SMALL}name: Again\n", "line 7: 'name' stands there twice"),
        (SMALL.replace("0.3", "&a 0.3") + "for_seconds: *a\n", r"line 7: references \(\*name\) are not read here"),
        (SMALL.replace("0.3", "!!python/name:os.system"), "line 6: could not determine a constructor"),
        (SMALL.replace("0.3", "many"), "medium: Expected"),
        (SMALL.replace("drift_score", "happiness"), "There is no metric 'happiness'"),
        (f"{SMALL}colour: red\n", "unknown field colour"),
        (f"{SMALL}paused: maybe\n", "paused: write true or false"),
        (f"{SMALL}runbook: {'x' * 100_000}\n", "longer than 100,000 characters"),
    ],
)
def test_what_is_wrong_is_told_with_its_file_and_place(text: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said) as caught:
        read(text, "drift.yaml")

    assert caught.value.message.startswith("drift.yaml: ")


def test_files_are_named_like_their_rules_and_never_alike() -> None:
    names = ["High CPU", "high-cpu!", "Größe / Maß", "§§"]

    assert list(file_names(names).values()) == ["high-cpu.yaml", "high-cpu-2.yaml", "gr-e-ma.yaml", "rule.yaml"]
