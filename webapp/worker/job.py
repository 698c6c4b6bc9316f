"""What a job is: a name, how often it is due, and what it does."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Job:
    """`run` gets the runtime and the instant it runs for, and says in a sentence what it did; nothing is ""."""

    name: str
    every: timedelta
    run: Callable[[Runtime, datetime], str]
