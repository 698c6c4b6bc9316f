"""Money over months and models."""

import pytest

from tests.unit.reporting import made
from webapp.metrics.metric import undefined
from webapp.reporting.books import Books, books_of, totals


def test_the_return_of_several_months_is_the_ratio_of_the_sums():
    (total,) = totals(books_of(month.values, "USD") for month in made.months())

    assert (total.investment, total.returns, total.net_benefit) == (145_000, 702_000, 557_000)
    assert total.roi_text == "384.1%"  # the mean of the months' own would be 383.7%


def test_without_an_investment_there_is_no_return_rather_than_zero():
    assert Books("USD", returns=100.0).roi is None
    assert Books("USD", returns=100.0).roi_text == "n/a"


def test_a_loss_is_negative():
    assert Books("USD", returns=0.0, investment=500.0).roi == pytest.approx(-100)


def test_amounts_in_different_currencies_are_not_added():
    sums = totals([Books("USD", 10.0, 1.0), Books("EUR", 20.0, 2.0), None, Books("USD", 5.0, 1.0)])

    assert [(each.currency, each.returns) for each in sums] == [("EUR", 20.0), ("USD", 15.0)]


def test_what_was_not_computed_has_no_books():
    values = {"revenue_protected": undefined("no outcomes yet"), "net_benefit": undefined("no outcomes yet")}

    assert books_of(values, "USD") is None
