"""What many ask at once is asked once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import TimeoutError

from webapp.web.shared import Shared


class Watch:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def test_an_answer_is_given_again_for_a_second_and_not_longer() -> None:
    watch, asked = Watch(), []
    shared = Shared(clock=watch)

    def find() -> int:
        asked.append(watch.at)
        return len(asked)

    assert [shared.ask("open", find), shared.ask("open", find)] == [1, 1]
    watch.at += 0.9
    assert shared.ask("open", find) == 1
    watch.at += 0.1
    assert shared.ask("open", find) == 2
    assert shared.ask("resolved", find) == 3


def test_what_somebody_found_out_replaces_what_was_known() -> None:
    shared = Shared(clock=Watch())
    shared.ask("open", lambda: 7)

    shared.put("open", 5)

    assert shared.ask("open", lambda: 7) == 5


def test_who_asks_while_another_waits_gets_the_same_answer() -> None:
    shared, asked, slow = Shared(), [], threading.Event()

    def find() -> int:
        asked.append(1)
        slow.wait(0.2)
        return 42

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: shared.ask("open", find), range(8))) == {42}
    assert len(asked) == 1


def test_a_question_that_failed_is_asked_again() -> None:
    shared = Shared(clock=Watch())

    with pytest.raises(ZeroDivisionError):
        shared.ask("open", lambda: 1 // 0)

    assert shared.ask("open", lambda: 3) == 3


def test_who_waits_while_it_fails_does_not_try_the_same_again() -> None:
    shared, asked, slow, together = Shared(), [], threading.Event(), threading.Barrier(8)

    def find() -> int:
        asked.append(1)
        slow.wait(0.5)
        raise TimeoutError

    def ask(_number: int) -> bool:
        together.wait(10)
        with pytest.raises(TimeoutError):
            shared.ask("open", find)
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))
    assert len(asked) == 1


def test_questions_nobody_asks_any_more_take_no_room() -> None:
    watch = Watch()
    shared = Shared(clock=watch)
    for number in range(100):
        watch.at += 1
        shared.ask(number, lambda: 0)

    assert len(shared._answers) <= 2


def test_questions_that_failed_take_no_room() -> None:
    shared = Shared(clock=Watch())
    for number in range(100):
        with pytest.raises(ZeroDivisionError):
            shared.ask(number, lambda: 1 // 0)

    assert len(shared._answers) <= 1
