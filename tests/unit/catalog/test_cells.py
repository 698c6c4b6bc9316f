"""The place of numbers among bounds is the one that a binary search finds."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from webapp.catalog.cells import Cells

NUMBER = st.floats(allow_nan=False, allow_infinity=False) | st.floats(-10, 10) | st.integers(-5, 5).map(float)
TINY, HUGE = 5e-324, 1.7e308


@given(st.lists(NUMBER, max_size=40).map(sorted), st.lists(NUMBER, max_size=40))
@example([-HUGE, HUGE], [0.0])
@example([0.0, TINY, 2 * TINY], [TINY])
@example([3.0, 3.0, 3.0], [3.0, 2.9, 3.1])
@example([0.0, *(1e-9 * step for step in range(1, 9)), 1.0], [4e-9])
def test_a_place_is_that_of_a_binary_search(bounds, values):
    edges = np.array(bounds)
    with np.errstate(over="ignore"):  # above the largest number there is none
        near = [np.nextafter(edges, -np.inf), edges, np.nextafter(edges, np.inf), np.array(values)]
    asked = np.concatenate([each[np.isfinite(each)] for each in near])

    found = Cells(edges).below(asked)

    assert found.tolist() == np.searchsorted(edges, asked, side="left").tolist()


def test_bounds_that_lie_apart_are_found_without_a_search(monkeypatch):
    bounds = np.quantile(np.random.default_rng(1).normal(size=10_000), np.linspace(0, 1, 101))
    cells, values = Cells(bounds), np.random.default_rng(2).normal(size=5_000)
    expected = np.searchsorted(bounds, values).tolist()
    monkeypatch.setattr(np, "searchsorted", None)

    assert cells.below(values).tolist() == expected
