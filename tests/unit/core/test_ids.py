"""Identifiers sort by time, carry it to the millisecond, and name each thing alone."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from webapp.core.ids import digest, digests, event_ids, instant_of, lower_bound, milliseconds, uuid7

INSTANTS = st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TEXTS = st.text(max_size=20)


@given(INSTANTS, INSTANTS)
def test_a_later_identifier_sorts_after_an_earlier_one(first: datetime, second: datetime) -> None:
    if milliseconds(first) < milliseconds(second):
        assert uuid7(first) < uuid7(second)


@given(INSTANTS)
def test_an_identifier_carries_its_instant(at: datetime) -> None:
    made = uuid7(at)

    assert instant_of(made) == at.replace(microsecond=at.microsecond // 1000 * 1000)
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert lower_bound(at) <= made < lower_bound(at + timedelta(milliseconds=1))


@given(st.lists(INSTANTS, min_size=1, max_size=20))
def test_events_are_within_the_bounds_of_their_instant(instants: list[datetime]) -> None:
    names = b"".join(digest("m", str(place)) for place in range(len(instants)))
    numbers = np.array([milliseconds(at) for at in instants], dtype=np.int64)

    made = [UUID(bytes=bytes(row)) for row in event_ids(numbers, names)]

    assert all(lower_bound(at) <= each < lower_bound(at + timedelta(milliseconds=1)) for at, each in zip(instants, made, strict=True))  # fmt: skip  # noqa: E501
    assert {each.version for each in made} == {7}
    assert made == [UUID(bytes=bytes(row)) for row in event_ids(numbers, names)]


def test_identifiers_of_one_instant_differ() -> None:
    at = datetime(2026, 3, 10, 12, tzinfo=UTC)

    assert len({uuid7(at) for _ in range(1000)}) == 1000


@given(st.lists(TEXTS, max_size=4), st.lists(TEXTS, max_size=4))
def test_different_names_have_different_digests(first: list[str], second: list[str]) -> None:
    assert (digest(*first) == digest(*second)) == (first == second)


def test_what_looks_alike_when_joined_is_told_apart() -> None:
    assert digest("a\x1fb", "c") != digest("a", "b\x1fc") != digest("a", "b", "c")


def test_many_digests_are_those_of_each_name() -> None:
    names = ["a", "", "ünïcode", "x" * 300]

    assert digests((7, "v1"), names) == b"".join(digest(7, "v1", name) for name in names)
