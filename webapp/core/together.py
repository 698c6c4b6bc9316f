"""Work that arrives at the same time is done together: what costs once a transaction is paid once for all who wait."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True, eq=False)
class _Waiting(Generic[T, R]):
    item: T
    woken: threading.Event = field(default_factory=threading.Event)
    results: list[R] = field(default_factory=list)  # none yet, or the one
    leads: bool = False  # woken to do the next batch


class Together(Generic[T, R]):
    """Threads bring an item each. One of them does the work for all that wait, and hands over to the next.

    Where the work for several fails, each does its own by itself: nobody bears the fault of another.
    """

    def __init__(self, work: Callable[[Sequence[T]], Sequence[R]], *, most: int = 100) -> None:
        self._work, self._most = work, most
        self._lock = threading.Lock()
        self._queue: list[_Waiting[T, R]] = []
        self._is_busy = False

    def do(self, item: T) -> R:
        mine: _Waiting[T, R] = _Waiting(item)
        with self._lock:
            self._queue.append(mine)
            mine.leads, self._is_busy = not self._is_busy, True
        if not mine.leads:
            mine.woken.wait()
        if mine.leads:
            self._lead()
        return mine.results[0] if mine.results else self._work([item])[0]

    def _lead(self) -> None:
        with self._lock:
            batch, self._queue = self._queue[: self._most], self._queue[self._most :]
        try:
            with suppress(Exception):  # Each then does its own, and meets the fault if it is its own.
                for each, result in zip(batch, self._work([each.item for each in batch]), strict=True):
                    each.results.append(result)
        finally:
            self._hand_over()
            for each in batch:
                each.woken.set()

    def _hand_over(self) -> None:
        with self._lock:
            if not self._queue:
                self._is_busy = False
                return
            following = self._queue[0]
            following.leads = True
        following.woken.set()
