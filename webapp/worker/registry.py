"""The jobs there are: found by their files, not listed."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from webapp.core.registry import discover
from webapp.worker import jobs
from webapp.worker.job import Job


@cache
def all_jobs() -> Mapping[str, Job]:
    """Return every job by its name."""
    found = discover(jobs, "JOB").values()
    return MappingProxyType({each.name: each for each in found if isinstance(each, Job)})
