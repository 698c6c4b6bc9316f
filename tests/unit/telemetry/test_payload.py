"""Histograms survive their way through bytes, dense or sparse, large or negative."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from webapp.telemetry.payload import pack, unpack

COUNTS = arrays.arrays(
    np.int64, st.integers(0, 300), elements=st.one_of(st.just(0), st.integers(-(2**62), 2**62), st.integers(-3, 3))
)
FIGURES = arrays.arrays(np.float64, st.integers(0, 20), elements=st.floats(allow_nan=False))


@given(COUNTS, FIGURES)
def test_what_is_packed_comes_back(counts: np.ndarray, figures: np.ndarray) -> None:
    found, running = unpack(memoryview(pack(counts, figures)), len(counts))

    np.testing.assert_array_equal(found, counts)
    np.testing.assert_array_equal(running, figures)


def test_small_counts_take_a_byte_each() -> None:
    counts = np.arange(1, 101)

    assert [len(pack(counts * times, np.empty(0))) for times in (1, -1, 3, 1_000, 10**9)] == [108, 108, 208, 408, 808]


def test_mostly_empty_histograms_are_small() -> None:
    counts = np.zeros(2_000, dtype=np.int64)
    counts[[3, 1999]] = 1, -1

    assert len(pack(counts, np.empty(0))) < 50
