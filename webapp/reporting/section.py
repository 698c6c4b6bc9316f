"""What a section of a report is: a title, a place, and blocks built from the facts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webapp.reporting.document import Block
from webapp.reporting.facts import Facts


@dataclass(frozen=True, slots=True)
class Section:
    """One part of every report. `build` returns no blocks where it has nothing to say, and is then left out."""

    title: str
    order: int
    build: Callable[[Facts], Sequence[Block]]
    begins_page: bool = False
