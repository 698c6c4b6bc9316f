"""What a rule would have read at slots of the past: the readings of a cycle, made from counts that were read once."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from webapp.alerting.plugins import Prepared
from webapp.alerting.readings import Gathered, Labels, Need, measured, unnamed
from webapp.alerting.rule_type import Look, Readings
from webapp.catalog.models import Model
from webapp.core.periods import HOUR, Window, floor_to
from webapp.metrics.gauge import GAUGES
from webapp.metrics.metric import Metric, Source, Value
from webapp.metrics.sliding import Past, past, slide
from webapp.telemetry.gauges import Gauge

Table = Mapping[datetime, Value]


@dataclass(frozen=True, slots=True)
class Heard:
    """What was measured of one source, one grain or several together; nothing, where nothing was."""

    gauge: Gauge | None = None

    def __add__(self, other: "Heard") -> "Heard":
        first, second = self.gauge, other.gauge
        if first is None or second is None:
            return other if first is None else self
        count, total = first.sample_count + second.sample_count, first.total + second.total
        return Heard(Gauge(count, total, min(first.smallest, second.smallest), max(first.largest, second.largest)))


@dataclass(slots=True)
class GatheredPast(Gathered):
    """A cycle's readings of models, whose series are known beforehand."""

    known: Sequence[tuple[Labels, Readings]] = ()

    def series(self, need: Need) -> Sequence[tuple[Labels, Readings]]:
        return self.known


@dataclass(slots=True)
class PastReadings:
    """The past of one rule. Windows are widened to the grain, as they are when values of that age are read."""

    prepared: Prepared
    models: Mapping[str, Model]
    grain: timedelta
    span: Window
    past: Past | None = None
    labels: Mapping[tuple[str, str], Labels] = field(default_factory=dict)  # of each model and segment
    sources: Mapping[tuple[Labels, str], Sequence[Heard]] = field(default_factory=dict)
    values: dict[tuple[str, timedelta], Mapping[tuple[str, str], Table]] = field(default_factory=dict)
    gauges: dict[timedelta, dict[tuple[Labels, str], dict[datetime, Heard]]] = field(default_factory=dict)
    last: dict[tuple[Labels, str], Sequence[int]] = field(default_factory=dict)

    @property
    def series_count(self) -> int:
        if self.past is not None:
            return len(self.past.tracks)
        return sum(name == GAUGES[self.prepared.metric.name] for _, name in self.sources)

    def prepare(self, needs: Collection[Need]) -> None:
        """Compute what the rule needs at its slots: each metric over windows of each length, as they slide along."""
        ends: defaultdict[tuple[Metric, timedelta], set[datetime]] = defaultdict(set)
        for need in needs:
            for look in need.looks.values():
                for window in parts_of(look, self.grain):
                    ends[need.metric_of(look), window.duration].add(window.end)
        for (metric, length), wanted in ends.items():
            if self.past is None:
                self._slide_gauges(length, wanted)
            else:
                self.values[metric.name, length] = self.past.values(metric, length, wanted)

    def gathered(self, need: Need, *, at: datetime, watched_since: datetime) -> Gathered:
        """Return what a cycle at the instant would have gathered for the rule."""
        windows = {key: parts_of(look, self.grain) for key, look in need.looks.items()}
        if self.past is not None:
            return GatheredPast(at, watched_since, self.models, known=self._known(need, windows, watched_since))
        found = Gathered(at, watched_since, self.models, newest=self._newest(at))
        for key, look in need.looks.items():
            table = self.gauges[windows[key][0].duration]
            found.gauges[unnamed(look)] = {
                source: [by_end[window.end].gauge for window in windows[key]] for source, by_end in table.items()
            }
        return found

    def _known(
        self, need: Need, windows: Mapping[str, Sequence[Window]], watched_since: datetime
    ) -> Sequence[tuple[Labels, Readings]]:
        """Return the readings of each track at a slot."""
        looks = need.looks.items()
        whole = {
            key: (self.values[need.metric_of(look).name, windows[key][0].duration], windows[key][0].end)
            for key, look in looks
            if look.step is None
        }
        steps = {
            key: (self.values[need.metric_of(look).name, windows[key][0].duration], [part.end for part in windows[key]])
            for key, look in looks
            if look.step is not None
        }
        return [
            (
                labels,
                Readings(
                    {key: tables[series][end] for key, (tables, end) in whole.items()},
                    watched_since=watched_since,
                    steps={key: tuple(tables[series][end] for end in ends) for key, (tables, ends) in steps.items()},
                ),
            )
            for series, labels in self.labels.items()
        ]

    def _slide_gauges(self, length: timedelta, ends: set[datetime]) -> None:
        listed = sorted(ends)
        places = [round((end - self.span.start) / self.grain) for end in listed]
        into = self.gauges.setdefault(length, {})
        for source, heard in self.sources.items():
            slid = slide(heard, round(length / self.grain), places, Heard())
            into[source] = into.get(source, {}) | dict(zip(listed, slid, strict=True))

    def _newest(self, at: datetime) -> Mapping[tuple[Labels, str], datetime]:
        """Return when each source was last heard before the instant, known to the end of the grain."""
        place = round((at - self.span.start) / self.grain)
        newest = {source: places[place] for source, places in self.last.items()}
        return {source: self.span.start + last * self.grain for source, last in newest.items() if last >= 0}


def read_past(
    session: Session, prepared: Prepared, need: Need, models: Sequence[Model], window: Window, grain: timedelta
) -> PastReadings:
    """Read all that the rule can look at while it is judged in the window."""
    end = floor_to(window.end, grain)
    look_back = max(window.end - part.start for look in need.looks.values() for part in parts_of(look, grain))
    span = Window(floor_to(window.start - look_back - HOUR, grain), end)  # a look may begin up to an hour earlier
    readings = PastReadings(prepared, {model.name: model for model in models}, grain, span)
    metrics = list({need.metric_of(look).name: need.metric_of(look) for look in need.looks.values()}.values())
    if prepared.metric.source is Source.GAUGES:
        names = {GAUGES[metric.name] for metric in metrics}
        found = measured(session, Look(span, step=grain), now=window.end, names=names)
        readings.sources = {source: [Heard(each) for each in gauges] for source, gauges in found.items()}
        readings.last = {source: _last_heard(heard) for source, heard in readings.sources.items()}
        return readings
    scope = prepared.document.scope
    chosen = [
        model
        for model in models
        if model.task in prepared.metric.tasks and (scope.model is None or model.name == scope.model)
    ]
    readings.past = past(
        session, chosen, metrics, span, grain, now=window.end, version=scope.version, segment=scope.segment
    )
    of_version = () if scope.version is None else (("version", scope.version),)
    readings.labels = {
        (track.model.name, track.segment): (
            ("model", track.model.name),
            *of_version,
            *((("segment", track.segment),) if track.segment else ()),
        )
        for track in readings.past.tracks
    }
    return readings


def parts_of(look: Look, grain: timedelta) -> Sequence[Window]:
    """Return the windows of a look, widened to the grain."""
    if look.step is None:
        return [_widened(look.window, grain)]
    return [_widened(part, grain) for part in look.window.steps(look.step)]


def _widened(window: Window, grain: timedelta) -> Window:
    end = floor_to(window.end, grain)
    return Window(floor_to(window.start, grain), end if end == window.end else end + grain)


def _last_heard(heard: Sequence[Heard]) -> Sequence[int]:
    """Return, for each place between grains, the end of the last grain before it with a sample; −1 for none."""
    found, last = [-1], -1
    for place, each in enumerate(heard, 1):
        last = last if each.gauge is None else place
        found.append(last)
    return found
