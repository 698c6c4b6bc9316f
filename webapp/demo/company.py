"""The demo company: its models are trained once, and any stretch of its traffic can be told again, the same each time.

A day of a model is drawn from a generator of its own, seeded by company, model and day. So the history, the traffic
of this minute, and the outcomes that will be told in a week all come from the same place, and nothing is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import cached_property
from typing import Any, cast
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from webapp.core.periods import DAY, Window, floor_to, microseconds
from webapp.core.registry import discover
from webapp.demo import machines, worlds
from webapp.demo.frame import Floats, Frame
from webapp.demo.script import HISTORY, Act, acts, lifted, reshaped
from webapp.demo.traffic import NEVER, Instants, Traffic, joined
from webapp.demo.world import Learned, Release, World
from webapp.telemetry.wire import Measurement

SEED = 20_260_310
LIVE_FACTOR = 12  # Live traffic is this much denser than the history, so that there is something to watch.
LATENCY_SPREAD = 0.3
_DAY_US = 86_400_000_000
# How many predictions the hours of a day see, from midnight UTC on, and the days of a week, from Monday on.
HOURS = np.array([3, 2, 2, 2, 2, 3, 5, 8, 11, 13, 14, 14, 13, 13, 14, 14, 13, 12, 11, 10, 8, 7, 5, 4], dtype=np.float64)
WEEK = (1.08, 1.1, 1.07, 1.05, 1.04, 0.86, 0.8)


class Stream(IntEnum):
    """The steady traffic that is always there, and what comes on top of it while somebody may watch."""

    STEADY = 0
    LIVE = 1


def all_worlds() -> Sequence[World]:
    return [cast("World", world) for world in discover(worlds, "WORLD").values()]


@dataclass(frozen=True)
class Company:
    """Everything that happens there follows from the seed and from when the demo was opened."""

    opening: datetime
    seed: int = SEED

    @property
    def midnight(self) -> datetime:
        """Return the beginning of the opening's day: what the script counts from."""
        return floor_to(self.opening, DAY)

    @cached_property
    def worlds(self) -> Mapping[str, World]:
        return {world.name: world for world in all_worlds()}

    @cached_property
    def learned(self) -> Mapping[tuple[str, str], Learned]:
        """Return the trained models by (model, version)."""
        return {
            (world.name, release.version): self._trained(world, release)
            for world in self.worlds.values()
            for release in world.releases
        }

    def train(self) -> None:
        """Train every version now, before threads ask for them at once."""
        _ = self.learned

    def between(self, name: str, window: Window, *, stream: Stream = Stream.STEADY) -> Traffic:
        """Return the model's traffic in the window."""
        first = floor_to(window.start, DAY)
        parts = [self.day(name, first + number * DAY, stream=stream) for number in range(_days(first, window.end))]
        whole = joined(parts)
        start, end = microseconds(window.start), microseconds(window.end)
        return whole.rows(np.flatnonzero((whole.at >= start) & (whole.at < end)))

    def day(self, name: str, on: datetime, *, stream: Stream = Stream.STEADY) -> Traffic:
        """Return the model's traffic of the UTC day that begins at `on`."""
        world = self.worlds[name]
        rng = self._generator(name, microseconds(on) // _DAY_US, stream)
        at = _times(rng, world, on, stream)
        frame = reshaped(world.draw(rng, len(at)), self._acts(name), at, rng=rng)
        actual = world.happening(rng, lifted(world.truth(frame), frame, self._acts(name), at))
        versions, scores = self._scored(world, frame, at)
        latencies, errors, heard = self.served(name, at, self._acts(name), rng=rng)
        prefix = f"{world.prefix}-{on:%Y%m%d}{'-live' if stream is Stream.LIVE else ''}"
        ids = np.array([f"{prefix}-{number:05d}" for number in range(len(at))], dtype="U48")
        told_at = np.where(errors == "", _told_at(rng, world, at), NEVER)
        traffic = Traffic(
            name,
            ids,
            at,
            frame,
            versions,
            scores,
            latencies,
            errors,
            actual,
            told_at,
            world.task,
            world.classes,
            world.segments,
        )
        return traffic.rows(np.flatnonzero(heard))

    def served(
        self, name: str, at: Instants, happening: Sequence[Act], *, rng: np.random.Generator
    ) -> tuple[Floats, NDArray[Any], NDArray[np.bool_]]:
        """Return how long each prediction takes, its error ("" for none), and whether it is sent at all."""
        latencies = self.worlds[name].latency_ms * rng.lognormal(0, LATENCY_SPREAD, len(at))
        errors = np.where(rng.random(len(at)) < 0.0015, "ConnectionResetError: the model server restarted", "")
        heard = np.ones(len(at), dtype=bool)
        for act in happening:
            here = act.strength(at) > 0
            latencies = np.where(here, latencies * act.incident.slower, latencies)
            errors = np.where(here & (rng.random(len(at)) < act.incident.failing), act.incident.error, errors)
            heard &= ~(here & act.incident.silent)
        return np.round(latencies, 2), errors, heard

    def measurements(self, at: Instants, happening: Sequence[Act] = ()) -> Sequence[Measurement]:
        """Return what the machines measure at the instants, under the script and what is happening besides."""
        everything = [*self._acts(""), *happening]
        return machines.measurements(at, everything, midnight=self.midnight, seed=self.seed)

    def training_frame(self, name: str, *, rows: int = 10_000) -> tuple[Frame, Floats, Floats]:
        """Return rows from before the history, what the first version says of them, and what happened: the baseline."""
        world, rng = self.worlds[name], self._generator(name, -1)
        frame = world.draw(rng, rows)
        scores = self.learned[name, world.releases[0].version].score(frame)
        return frame, scores, world.happening(rng, world.truth(frame))

    def importances(self, name: str, *, rows: int = 2_000) -> Mapping[str, float]:
        """Return how much the first version's answers change when a feature is shuffled, as shares of all of them.

        Permutation importance (L. Breiman, Random Forests, 2001) of the answers: it needs no outcomes.
        """
        world, rng = self.worlds[name], self._generator(name, -2)
        frame, learned = world.draw(rng, rows), self.learned[name, world.releases[0].version]
        usual = learned.score(frame)
        moved = {
            feature: float(np.abs(learned.score({**frame, feature: rng.permutation(values)}) - usual).mean())
            for feature, values in frame.items()
        }
        total = sum(moved.values())
        return {feature: round(change / total, 4) for feature, change in moved.items()} if total else {}

    def _trained(self, world: World, release: Release) -> Learned:
        rng = np.random.default_rng([self.seed, release.seed])
        frame = world.draw(rng, release.rows)
        if release.adapted:
            at = np.full(release.rows, microseconds(self.midnight + release.at))
            frame = reshaped(frame, self._acts(world.name), at, rng=rng)
        actual = world.happening(rng, world.truth(frame))
        spoilt = {feature: frame[feature] * factor for feature, factor in release.scale.items()}
        return world.fit({**frame, **spoilt}, actual)

    def _scored(self, world: World, frame: Frame, at: Instants) -> tuple[NDArray[Any], Floats]:
        """Let the version that is deployed at each instant score its rows."""
        starts = [microseconds(self.midnight + release.at) for release in world.releases]
        place = np.maximum(np.searchsorted(starts, at, side="right") - 1, 0)
        scores = np.zeros((len(at), len(world.classes)) if world.classes else len(at))
        for number in np.unique(place):
            rows = np.flatnonzero(place == number)
            learned = self.learned[world.name, world.releases[number].version]
            scores[rows] = learned.score({name: values[rows] for name, values in frame.items()})
        names = np.array([release.version for release in world.releases])
        return names[place], np.round(scores, 6)

    def _acts(self, name: str) -> Sequence[Act]:
        return acts(HISTORY, name, self.midnight)

    def _generator(self, name: str, day: int, stream: Stream = Stream.STEADY) -> np.random.Generator:
        return np.random.default_rng([self.seed, crc32(name.encode()), day + 1_000_000, int(stream)])


def _times(rng: np.random.Generator, world: World, on: datetime, stream: Stream) -> Instants:
    """Draw when the day's predictions happen: by the hours of a working day, or evenly for what comes live."""
    if stream is Stream.LIVE:
        offsets = rng.random(rng.poisson(world.a_day * (LIVE_FACTOR - 1))) * 24
    else:
        count = rng.poisson(world.a_day * WEEK[on.weekday()])
        offsets = rng.choice(24, size=count, p=HOURS / HOURS.sum()) + rng.random(count)
    return np.sort(microseconds(on) + (offsets * 3_600_000_000).astype(np.int64))


def _told_at(rng: np.random.Generator, world: World, at: Instants) -> Instants:
    days = rng.uniform(*world.outcome_days, len(at))
    told = at + (days * _DAY_US).astype(np.int64)
    return np.where(rng.random(len(at)) < world.outcome_share, told, NEVER)


def _days(first: datetime, end: datetime) -> int:
    return max(1, -(-(end.astimezone(UTC) - first) // timedelta(days=1)))
