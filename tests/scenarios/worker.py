"""A worker process whose day goes by faster: the real scheduler and the real job, told later instants than the clock's.

    python -m tests.scenarios.worker URL FIRST SPEED [CLOCK]

It says that it is ready, and begins when it reads the real instant at which the day began: a second after that is SPEED
seconds after FIRST. What is in the file CLOCK, in seconds, is added to this process's own wall clock, as somebody would
do who sets it back or forward; the database's clock is not touched.
"""

import sys
import threading
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import apscheduler.schedulers.base
import apscheduler.triggers.interval

from webapp.runtime import Runtime
from webapp.settings import Settings
from webapp.worker import registry, runs, scheduler
from webapp.worker.job import Job
from webapp.worker.jobs import evaluate_rules

TICK = timedelta(seconds=0.1)  # instead of half a second, so that a fast day has its beats
KEPT_BY_CLOCK = (apscheduler.schedulers.base, apscheduler.triggers.interval)


def main(url: str, first: str, speed: str, clock: str = "") -> None:
    if clock:
        shift_clock(Path(clock))
    runtime = Runtime.build(Settings(database_url=url, secret_key="x" * 48))
    print("ready", flush=True)
    start, origin = datetime.fromisoformat(sys.stdin.readline().strip()), datetime.fromisoformat(first)

    def evaluate(runtime: Runtime, at: datetime) -> str:
        return evaluate_rules.run(runtime, origin + (at - start) * float(speed))

    named = {"evaluate_rules": Job("evaluate_rules", every=TICK, run=evaluate)}
    for module in (registry, runs, scheduler):
        module.all_jobs = lambda: named  # type: ignore[attr-defined]
    scheduler.SHORTEST_TICK = TICK
    scheduler.start(runtime)
    threading.Event().wait()


def shift_clock(file: Path) -> None:
    """Let what this process takes for the time be off by what the file says, from now on."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return datetime.now(tz) + timedelta(seconds=float(file.read_text()))

    for module in KEPT_BY_CLOCK:
        module.datetime = Shifted
    real = time.time
    time.time = lambda: real() + float(file.read_text())


if __name__ == "__main__":
    main(*sys.argv[1:])
