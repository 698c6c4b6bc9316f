"""What a job is: a name, how often it is due, and what it does; found by its file, not listed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from types import MappingProxyType

from webapp.core.registry import discover
from webapp.runtime import Runtime
from webapp.worker import jobs


@dataclass(frozen=True, slots=True)
class Job:
    """`run` gets the runtime and the instant it runs for, and says in a sentence what it did; nothing is ""."""

    name: str
    every: timedelta
    run: Callable[[Runtime, datetime], str]


@cache
def all_jobs() -> Mapping[str, Job]:
    """Return every job by its name."""
    found = discover(jobs, "JOB").values()
    return MappingProxyType({each.name: each for each in found if isinstance(each, Job)})
