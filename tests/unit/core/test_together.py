"""What arrives at the same time is done together, once, and the fault of one is not that of others."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from webapp.core.together import Together


def test_one_alone_is_done_at_once() -> None:
    assert Together(lambda items: [item * 2 for item in items]).do(21) == 42


def test_what_waits_meanwhile_is_done_in_one_go() -> None:
    first, release, sizes = threading.Event(), threading.Event(), []

    def work(items: Sequence[int]) -> list[int]:
        sizes.append(len(items))
        if len(sizes) == 1:
            first.set()
            release.wait(10)
        return [item * 2 for item in items]

    together: Together[int, int] = Together(work)
    with ThreadPoolExecutor(9) as pool:
        leader = pool.submit(together.do, 0)
        first.wait(10)
        others = [pool.submit(together.do, number) for number in range(1, 9)]
        while len(together._queue) < 8:
            pass
        release.set()

    assert leader.result() == 0
    assert [each.result() for each in others] == [number * 2 for number in range(1, 9)]
    assert sizes == [1, 8]


def test_a_batch_is_no_larger_than_its_bound() -> None:
    sizes: list[int] = []

    def work(items: Sequence[int]) -> list[int]:
        sizes.append(len(items))
        return list(items)

    together: Together[int, int] = Together(work, most=3)
    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(together.do, range(200))) == list(range(200))

    assert max(sizes) <= 3
    assert sum(sizes) == 200


def test_the_fault_of_one_is_not_that_of_the_others() -> None:
    def work(items: Sequence[int]) -> list[int]:
        time.sleep(0.002)
        if 13 in items:
            raise ValueError("13")
        return [item * 2 for item in items]

    together: Together[int, int] = Together(work)
    with ThreadPoolExecutor(8) as pool:
        found = {number: pool.submit(together.do, number) for number in range(100)}

    with pytest.raises(ValueError, match="13"):
        found.pop(13).result()
    assert all(each.result() == number * 2 for number, each in found.items())
