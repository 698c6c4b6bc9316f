"""Counting a file before its rows are stored: a tenth of the work, and what a model's first look needs.

Only for a model that has nothing yet, and only where every row is plain: then what is counted is what will be stored.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
from sqlalchemy.orm import Session

from webapp.catalog.binning import Binning
from webapp.catalog.queries import model_named
from webapp.telemetry import ahead, deltas
from webapp.telemetry.importer_blocks import Block, Counts, NotPlainError
from webapp.telemetry.importer_bulk import Bulk
from webapp.telemetry.importer_read import Known, read, register
from webapp.telemetry.predictions import Limits, keep_texts
from webapp.telemetry.rows import Delta
from webapp.telemetry.segments import settle

BLOCK_ROWS = 12_000  # counting has no index to keep, so that larger blocks cost less a row
MOST_ROWS = 5_000_000  # whose ids can be told apart in memory


@dataclass(slots=True)
class FirstLook:
    """Counts the file of an import ahead, and sees to it that counts and stored rows agree in the end."""

    bulk: Bulk
    open: Callable[[], AbstractContextManager[Session]]
    clock: Callable[[], datetime]
    limits: Limits
    rows: int = 0
    _said_at: datetime | None = None

    def count(self, blocks: Iterable[Block | None]) -> bool:
        """Count all blocks, of which None has rows that are not plain; return False, and keep nothing, if any has."""
        self._said_at = now = self.clock()
        try:
            with self.open() as session:
                self._count(session, blocks, now=now)
        except NotPlainError:
            return False
        return True

    def go_on(self) -> None:
        """Say now and then that the rows are still being stored."""
        now = self.clock()
        if self.bulk.ahead is not None and self._said_at is not None and now - self._said_at >= ahead.SAID_EVERY:
            self._said_at = now
            with self.open() as session:
                ahead.go_on(session, self.bulk.ahead, now=now)

    def settle(self, stored: int) -> None:
        """End what was counted ahead: as it is, if as many rows were stored, else by counting these."""
        if self.bulk.ahead is None:
            return
        with self.open() as session:
            if stored == self.rows:
                ahead.end(session, self.bulk.ahead)
            else:
                settle(session, model_named(session, self.bulk.model).id, now=self.clock())

    def _count(self, session: Session, blocks: Iterable[Block | None], *, now: datetime) -> None:
        model = None
        waiting: deque[tuple[Binning, Future[Sequence[Delta]]]] = deque()
        ids, known = _Ids(), Known()
        with ThreadPoolExecutor(1) as pool:
            for block in blocks:
                if block is None:
                    raise NotPlainError
                model = model or register(session, self.bulk.model, block, now=now)
                if not self.bulk.has_nothing(session, model):
                    raise NotPlainError
                found = read(session, model, block, now=now, limits=self.limits, known=known)
                waiting.append((found.binning, pool.submit(partial(found.counted, now=now))))
                ids.note(block)
                keep_texts(session, model.id, found.binning, found.features, now=now)
                _write(session, waiting, 1)
            _write(session, waiting, 0)
        if model is None or ids.have_repeats():
            raise NotPlainError
        self.rows, self.bulk.ahead = len(ids), ahead.begin(session, model.id, len(ids), now=now)


def _write(session: Session, waiting: deque[tuple[Binning, Future[Sequence[Delta]]]], most: int) -> None:
    """Write what was counted, in its order, until no more than so many are on their way."""
    while len(waiting) > most:
        binning, counted = waiting.popleft()
        deltas.write(session, counted.result(), binning)


class _Ids:
    """Tells ids apart by 64 bits of each: two that are alike only there cost the first look, not a row."""

    def __init__(self) -> None:
        self._parts: list[Counts] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def note(self, block: Block) -> None:
        self._parts.append(np.fromiter(map(hash, block.ids), np.int64, len(block)))
        self._size += len(block)
        if self._size > MOST_ROWS:
            raise NotPlainError

    def have_repeats(self) -> bool:
        every = np.concatenate(self._parts)
        every.sort()
        return bool((every[1:] == every[:-1]).any())
