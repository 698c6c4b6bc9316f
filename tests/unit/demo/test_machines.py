"""What the demo's machines measure."""

from datetime import UTC, datetime, timedelta

import numpy as np

from webapp.core.periods import DAY, HOUR, Window
from webapp.demo.machines import INSTANCES, grid, measurements
from webapp.demo.script import HISTORY, Act, Incident, acts, microseconds

OPENING = datetime(2026, 3, 10, 12, 7, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)


def values(window: Window, name: str, instance: str) -> list[float]:
    measured = measurements(grid(window), acts(HISTORY, "", MIDNIGHT), midnight=MIDNIGHT, seed=1)
    return [item.value for item in measured if item.name == name and item.labels["instance"] == instance]


def test_the_grid_is_the_same_for_every_window():
    whole = grid(Window(OPENING, OPENING + HOUR))
    parts = [grid(part) for part in Window(OPENING, OPENING + HOUR).steps(timedelta(minutes=20))]

    assert np.concatenate(parts).tolist() == whole.tolist()
    assert len(whole) == 4


def test_the_leak_fills_the_memory_of_one_machine_only():
    window = Window(OPENING - 2 * HOUR, OPENING)

    leaking, others = values(window, "memory_percent", "api-3"), values(window, "memory_percent", "api-1")

    assert np.mean(leaking) > np.mean(others) + 30


def test_the_slow_morning_keeps_a_processor_busy():
    window = Window(MIDNIGHT - 9 * DAY + 10 * HOUR, MIDNIGHT - 9 * DAY + 13 * HOUR)

    assert min(values(window, "cpu_percent", "api-2")) > 60
    assert max(values(window, "cpu_percent", "api-1")) < 60


def test_every_machine_says_that_it_is_up():
    window = Window(OPENING - DAY, OPENING)

    assert all(set(values(window, "up", instance)) == {1.0} for instance in INSTANCES)


def test_an_incident_that_grows_begins_at_nothing():
    leak = Incident("leak", "", starts=timedelta(0), lasts=10 * HOUR, grows=True)

    at = np.array([microseconds(OPENING + hours * HOUR) for hours in (-1, 0, 5, 11)])

    assert Act(leak, OPENING).strength(at).tolist() == [0.0, 0.0, 0.5, 0.0]
