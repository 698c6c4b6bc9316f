"""The choice of the top bar: read from the address, with a sentence for what makes no sense."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from tests.factories import make_model
from webapp.accounts.actor import Actor, ActorKind
from webapp.core.errors import InvalidInputError, NotFoundError
from webapp.core.periods import Window
from webapp.web.filters import read_filters, step_of
from webapp.web.page import PageRequest

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def read(session):
    """Return a function from a query to the choice that it makes."""

    @contextmanager
    def transaction():
        yield session

    def choice(query=None, *, zone="UTC", **options):
        who = Actor(kind=ActorKind.USER, name="ada", permissions=frozenset(), timezone=zone)
        request = PageRequest("/", {}, query or {}, who, NOON, transaction)
        return read_filters(request, **options)

    return choice


def test_without_a_choice_it_is_thirty_days_compared_with_those_before(read):
    chosen = read()

    assert chosen.window == Window(NOON - timedelta(days=30.5), NOON)
    assert chosen.previous == Window(NOON - timedelta(days=61), NOON - timedelta(days=30.5))
    assert (chosen.range_key, chosen.step, chosen.version, chosen.model) == ("30d", timedelta(days=1), None, None)


def test_the_comparison_can_be_switched_off(read):
    assert read({"compare": "0"}).previous is None
    assert read({"compare": "1"}).previous is not None


@pytest.mark.parametrize(("key", "duration"), [("24h", 1), ("7d", 7), ("30d", 30.5), ("90d", 90.5)])
def test_a_range_ends_now_and_one_shown_by_days_begins_at_midnight(read, key, duration):
    assert read({"range": key}).window == Window(NOON - timedelta(days=duration), NOON)


def test_a_month_is_that_of_the_reader_and_compares_with_the_whole_month_before(read):
    chosen = read({"range": "month"}, zone="America/New_York")

    assert chosen.window == Window(datetime(2026, 3, 1, 5, tzinfo=UTC), NOON)
    assert chosen.previous == Window(datetime(2026, 2, 1, 5, tzinfo=UTC), datetime(2026, 3, 1, 5, tzinfo=UTC))


def test_days_are_days_of_the_reader_and_both_are_included(read):
    chosen = read({"from": "2026-03-01", "to": "2026-03-02"}, zone="Europe/Paris")

    assert chosen.window == Window(datetime(2026, 2, 28, 23, tzinfo=UTC), datetime(2026, 3, 2, 23, tzinfo=UTC))
    assert chosen.range_key == "custom"


def test_a_range_of_days_does_not_reach_into_the_future(read):
    assert read({"from": "2026-03-01", "to": "2026-03-31"}).window.end == NOON


@pytest.mark.parametrize(
    "query",
    [
        {"range": "1y"},
        {"from": "yesterday"},
        {"from": "2026-03-05", "to": "2026-03-01"},
        {"from": "2020-01-01", "to": "2026-03-01"},
        {"from": "2026-03-01\x00"},
        {"to": "0001-01-01"},
        {"to": "9999-12-31"},
    ],
)
def test_a_range_that_makes_no_sense_is_a_sentence(read, query):
    with pytest.raises(InvalidInputError):
        read(query)


def test_a_page_for_one_model_begins_with_the_first_and_a_page_for_all_with_all(read, session):
    make_model(session, name="churn", title="A churn")
    make_model(session, name="fraud", title="Z fraud")

    assert read().model.name == "churn"
    assert read({"model": "fraud"}).model.name == "fraud"
    assert read(all_models=True).model is None
    assert [each.name for each in read(all_models=True).chosen] == ["churn", "fraud"]
    assert [each.name for each in read({"model": "fraud"}, all_models=True).chosen] == ["fraud"]


def test_a_model_that_is_not_there_is_a_sentence(read):
    with pytest.raises(NotFoundError, match="no model named 'nope'"):
        read({"model": "nope"})


def test_a_version_is_taken_as_it_is_named(read):
    assert read({"version": "v12"}).version == "v12"
    assert read({"version": ""}).version is None


@pytest.mark.parametrize("days", [1, 2, 7, 30, 90, 365, 400])
def test_a_chart_gets_enough_points_and_not_too_many(days):
    window = Window(NOON - timedelta(days=days), NOON)

    assert 20 <= window.duration / step_of(window) <= 100
