"""The machines that the demo company's models run on, and what is measured of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from webapp.core.periods import Window, microseconds
from webapp.demo.frame import Floats
from webapp.demo.script import Act
from webapp.demo.traffic import Instants, instants
from webapp.telemetry.wire import Measurement

INSTANCES = ("api-1", "api-2", "api-3")
EVERY = timedelta(minutes=15)  # in the history
LIVE_EVERY = timedelta(seconds=15)
_DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Gauge:
    """How a gauge behaves on a good day: its level by night, its rise by day, its noise, its growth a day."""

    level: float
    rise: float
    noise: float
    growth: float = 0.0


GAUGES: Mapping[str, Gauge] = {
    "cpu_percent": Gauge(level=24.0, rise=22.0, noise=2.5),
    "memory_percent": Gauge(level=49.0, rise=5.0, noise=0.8),
    "disk_percent": Gauge(level=58.0, rise=0.0, noise=0.05, growth=0.06),
}


def grid(window: Window, every: timedelta = EVERY) -> Instants:
    """Return the instants of a fixed grid in the window: the same for every window that contains them."""
    step = round(every.total_seconds() * 1_000_000)
    first = -(-microseconds(window.start) // step) * step
    return np.arange(first, microseconds(window.end), step, dtype=np.int64)


def measurements(at: Instants, acts: Sequence[Act], *, midnight: datetime, seed: int) -> list[Measurement]:
    """Return what every machine measures at the instants, which are in the order of time."""
    if not len(at):
        return []
    found: list[Measurement] = []
    moments = instants(at)
    for number, instance in enumerate(INSTANCES):
        rng = np.random.default_rng([seed, number, int(at[0] // 1_000_000)])
        labels = {"instance": instance}
        for name, gauge in GAUGES.items():
            values = _values(gauge, at, midnight, rng) + _load(name, instance, at, acts)
            values = np.round(values.clip(0, 100), 2)
            found += [
                Measurement(name=name, value=value, at=moment, labels=labels)
                for moment, value in zip(moments, values.tolist(), strict=True)
            ]
        found += [Measurement(name="up", value=1.0, at=moment, labels=labels) for moment in moments]
    return found


def _values(gauge: Gauge, at: Instants, midnight: datetime, rng: np.random.Generator) -> Floats:
    of_day = at % _DAY_US / _DAY_US
    busy = np.sin(np.pi * (of_day - 0.2).clip(0, 0.75) / 0.75) ** 2
    age = (at - microseconds(midnight)) / _DAY_US
    return gauge.level + gauge.rise * busy + gauge.growth * age + rng.normal(0, gauge.noise, len(at))


def _load(name: str, instance: str, at: Instants, acts: Sequence[Act]) -> Floats:
    load = np.zeros(len(at))
    for act in acts:
        incident = act.incident
        if name in incident.load and (not incident.instances or instance in incident.instances):
            load += incident.load[name] * act.strength(at)
    return load
