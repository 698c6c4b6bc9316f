"""Matchers: what they match, how they are read and written, and what is refused."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.alerting.muting import matchers
from webapp.alerting.muting.matchers import Matcher, Operator, matches, parse, written
from webapp.core.errors import InvalidInputError

LABELS = {"model": "churn", "severity": "high", "path": "/score", "team": "", "note": "a\nb"}
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=40)
NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1, max_size=20).map(
    str.strip
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model=churn", True),
        ("model=chur", False),
        ("severity=high, model!=fraud", True),
        ('severity=~"high|critical"', True),
        ('severity=~"hi"', False),
        ('severity=~"hi.*"', True),
        ('severity!~"low|medium", model=churn', True),
        ("model=churn\nseverity=low", False),
        ('{model="churn", severity="high"}', True),
        ("path=/score", True),
        ('model=churn, absent=""', True),
        ("model=churn, absent!=x", True),
        ("absent=x", False),
        ('model=churn, team=""', True),
        ('note=~"a.b"', False),
        ('note=~"(?s)a.b"', True),
        ('severity=~"h\\w+"', True),
        ("model == churn", True),
        ('[{"label": "model", "operator": "=", "value": "churn"}]', True),
        ('["severity=high", {"name": "model", "value": "fr.*", "isRegex": true, "isEqual": false}]', True),
        ('["model=churn", "severity=low"]', False),
    ],
)
def test_what_matches(text, expected):
    assert matches(parse(text), LABELS) is expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "There is no matcher"),
        ("churn", "'churn' is not a matcher"),
        ("model=churn, oops", "'oops' is not a matcher"),
        ("=churn", "is not a matcher"),
        ('model=~"(churn"', "is not one that RE2 understands: missing )"),
        ('model=~"(?=churn)x"', "look-around"),
        ('model="churn"x', "Something follows the closing quote"),
        ('model=ch"urn', "put the whole value in quotes"),
        ('model=""', "nearly everything"),
        ("model!=churn", "nearly everything"),
        ('model=~".*"', "nearly everything"),
        ("[1]", "A matcher in JSON"),
        ('["model=churn', "begins like JSON"),
        ('[{"label": "model", "operator": ">", "value": "1"}]', "'>' compares nothing"),
        ('[{"label": "model", "value": 3}]', "A matcher in JSON"),
        (f"model={'x' * 1001}", "longer than 1,000 characters"),
        (", ".join(f"l{number}=x" for number in range(21)), "use at most 20"),
        ("[" * 100_000, "begins like JSON"),
        ("model=a\x00b", "a character that no label can hold"),
    ],
)
def test_what_is_refused_says_how_to_write_it(text, said):
    with pytest.raises(InvalidInputError) as refused:
        parse(text)

    assert said in refused.value.message


@given(label=NAMES.filter(bool), operator=st.sampled_from(list(Operator)), value=TEXT)
def test_what_is_written_is_read_again(label, operator, value):
    given_ = Matcher(label, operator, matchers.re2.escape(value) if operator.is_regex else value)
    others = (Matcher("model", Operator.EQUAL, "churn"),)

    assert parse(written((*others, given_))) == tuple(dict.fromkeys((*others, given_)))
    assert matchers.stored(matchers.plain([given_])) == (given_,)


@given(value=TEXT, other=TEXT)
def test_equal_and_not_equal_are_opposites(value, other):
    labels = {"a": value}

    assert Matcher("a", Operator.EQUAL, other).matches(labels) is (value == other)
    assert Matcher("a", Operator.NOT_EQUAL, other).matches(labels) is (value != other)
    assert Matcher("a", Operator.REGEX, matchers.re2.escape(other)).matches(labels) is (value == other)
    assert Matcher("a", Operator.NOT_REGEX, matchers.re2.escape(other)).matches(labels) is (value != other)


def test_an_expression_made_to_take_for_ever_takes_no_time():
    hostile = parse('model=~"(a|a|aa)+(a*)*(a+)+$"')
    started = time.perf_counter()

    assert not matches(hostile, {"model": "a" * 50_000 + "!"})
    assert time.perf_counter() - started < 1


def test_what_an_alert_is_about_goes_before_labels_of_the_same_name():
    labels = matchers.labels_of(
        {"severity": "warning", "region": "eu", "version": "v1"},
        model="churn",
        version="",
        rule="High CPU",
        severity=3,
        type="resource_exhaustion",
    )

    assert labels == {
        "severity": "high",
        "region": "eu",
        "version": "v1",
        "model": "churn",
        "rule": "High CPU",
        "type": "resource_exhaustion",
    }
