"""What many open browsers ask at the same moment is asked of the database once."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

T = TypeVar("T")
SECONDS = 1.0  # An answer may be so old: what a person does is counted anew, so nobody misses their own deed.


@dataclass(slots=True, eq=False)
class _Answer:
    lock: threading.Lock = field(default_factory=threading.Lock)
    at: float | None = None
    value: Any = None
    failures: int = 0
    error: SQLAlchemyError | None = None  # of the last failure


class Shared:
    """Answers by question, for a second. Who asks while another one waits for the same answer gets that one.

    That includes a failure: asked by one after the other, a database out of reach would hold every thread.
    """

    def __init__(self, *, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._answers: dict[Hashable, _Answer] = {}
        self._lock = threading.Lock()

    def ask(self, question: Hashable, find: Callable[[], T]) -> T:
        answer = self._answer(question)
        failures = answer.failures
        with answer.lock:
            if answer.error is not None and answer.failures > failures:
                raise answer.error
            if answer.at is None or self._clock() - answer.at >= self._seconds:
                began = self._clock()
                answer.value = self._found(answer, find)
                answer.at = began
            value: T = answer.value
            return value

    @staticmethod
    def _found(answer: _Answer, find: Callable[[], T]) -> T:
        try:
            return find()
        except SQLAlchemyError as error:
            answer.failures, answer.error = answer.failures + 1, error
            raise

    def put(self, question: Hashable, value: object) -> None:
        """Keep what somebody has just found out for themselves."""
        answer = self._answer(question)
        with answer.lock:
            answer.value, answer.at = value, self._clock()

    def _answer(self, question: Hashable) -> _Answer:
        with self._lock:
            if question not in self._answers:
                self._forget()
            return self._answers.setdefault(question, _Answer())

    def _forget(self) -> None:
        """Drop what is too old to be given again, or failed, so that questions nobody asks any more take no room."""
        now = self._clock()
        for question, answer in list(self._answers.items()):
            is_over = answer.at is None or now - answer.at >= self._seconds
            if is_over and not answer.lock.locked():
                del self._answers[question]
