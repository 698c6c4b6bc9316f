"""Two versions of a model beside each other: each metric, whether it really differs, and cases that both decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from webapp.catalog import queries as catalog
from webapp.catalog.models import Deployment, Model, Task, Version
from webapp.core.errors import InvalidInputError
from webapp.core.periods import EARLIEST, HOUR, Window
from webapp.metrics import load
from webapp.metrics.difference import Difference, difference, mcnemar
from webapp.metrics.evidence import Evidence
from webapp.metrics.metric import Metric, Value
from webapp.metrics.queries import value_of
from webapp.metrics.registry import METRICS, check_names
from webapp.metrics.scope import PRODUCTION, versions_of
from webapp.metrics.shares import coverage
from webapp.telemetry import pairs as telling
from webapp.telemetry.pairs import Pairs


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that can be compared: where it runs, when it was deployed last, and the hours it was seen in."""

    name: str
    environment: str
    deployed_at: datetime | None
    seen: Window | None


@dataclass(frozen=True, slots=True)
class Side:
    """One of two versions over the window; `first` and `last` are the hours of its first and last prediction."""

    name: str
    environment: str
    numbers: tuple[int, ...]
    evidence: Evidence
    seen: Window | None
    deployments: tuple[Deployment, ...]

    @property
    def predictions(self) -> int:
        return self.evidence.aggregate.tally.predictions

    @property
    def known(self) -> int:
        return self.evidence.aggregate.tally.known

    @property
    def coverage(self) -> float | None:
        return coverage(self.evidence)


@dataclass(frozen=True, slots=True)
class Row:
    """A metric of both versions; the difference is the second less the first."""

    metric: Metric
    first: Value
    second: Value
    difference: Difference


@dataclass(frozen=True, slots=True)
class Paired:
    """What both made of the same cases, and how likely such a split is if both are as good (McNemar)."""

    pairs: Pairs
    p_value: float


@dataclass(frozen=True, slots=True)
class Comparison:
    first: Side
    second: Side
    rows: tuple[Row, ...]
    paired: Paired | None  # None where no case was decided by both


def candidates(session: Session, model: Model, *, now: datetime) -> Sequence[Candidate]:
    """Return the versions by name: those deployed first, the last one leading, then others by when they were seen."""
    ever = Window(EARLIEST, now)
    deployed = {each.version: each.at for each in reversed(catalog.deployments(session, model.id, ever))}
    named = _by_name(catalog.versions(session, model.id))
    seen = telling.seen(session, [each.id for versions in named.values() for each in versions], ever)
    found = [
        Candidate(name, _environments(versions), deployed.get(name), _together(versions, seen))
        for name, versions in named.items()
    ]
    return sorted(found, key=_precedence, reverse=True)


def compare(
    session: Session,
    model: Model,
    first: str,
    second: str,
    names: Sequence[str],
    window: Window,
    *,
    now: datetime,
) -> Comparison:
    """Return both versions over the window: the metrics with their differences, and what both made of the same cases.

    Events of the same case count as paired whatever lies between them, as long as both are in the window.
    """
    if first == second:
        raise InvalidInputError(f"'{first[:64]}' is both sides of the comparison; choose two different versions.")
    check_names(names)
    deployed = catalog.deployments(session, model.id, window)
    sides = [_side(session, model, version, names, window, deployed, now=now) for version in (first, second)]
    rows = [_row(METRICS[name], *(side.evidence for side in sides)) for name in names]
    return Comparison(sides[0], sides[1], tuple(rows), _paired(session, model, *sides))


def pick(known: Sequence[Candidate], first: str | None, second: str | None) -> tuple[str, str] | None:
    """Return the names of both sides: those asked for, else the version deployed last and the one before.

    None where there are not two versions.
    """
    names = [each.name for each in known]
    champion = first or next((name for name in names if name != second), None)
    challenger = second or next((name for name in names if name != champion), None)
    return None if champion is None or challenger is None else (champion, challenger)


def _by_name(versions: Sequence[Version]) -> Mapping[str, Sequence[Version]]:
    """Return what each name stands for: the version in production where there is one, as everywhere else."""
    named: dict[str, list[Version]] = {}
    for each in versions:
        named.setdefault(each.name, []).append(each)
    return {name: [each for each in own if each.environment == PRODUCTION] or own for name, own in named.items()}


def _environments(versions: Sequence[Version]) -> str:
    return ", ".join(sorted({each.environment for each in versions}))


def _together(versions: Sequence[Version], seen: Mapping[int, Window]) -> Window | None:
    spans = [seen[each.id] for each in versions if each.id in seen]
    return Window(min(span.start for span in spans), max(span.end for span in spans)) if spans else None


def _precedence(candidate: Candidate) -> tuple[datetime, datetime]:
    return candidate.deployed_at or EARLIEST, EARLIEST if candidate.seen is None else candidate.seen.end


def _side(
    session: Session,
    model: Model,
    version: str,
    names: Sequence[str],
    window: Window,
    deployed: Sequence[Deployment],
    *,
    now: datetime,
) -> Side:
    numbers = versions_of(session, [model], version=version)[model.id]
    versions = [each for each in catalog.versions(session, model.id) if each.id in numbers]
    needs = load.Needs.of(METRICS[name] for name in names)
    evidence = load.evidence(session, [model], needs, window, now=now, version=version)[model.id]
    seen = telling.seen(session, list(numbers), window)
    own = tuple(each for each in deployed if each.version == version)
    return Side(version, _environments(versions), tuple(numbers), evidence, _together(versions, seen), own)


def _row(metric: Metric, first: Evidence, second: Evidence) -> Row:
    values = value_of(metric, first), value_of(metric, second)
    return Row(metric, *values, difference(*values, metric))


def _paired(session: Session, model: Model, first: Side, second: Side) -> Paired | None:
    """Look for the cases of the version that predicted less, from where both were seen on backwards."""
    if first.seen is None or second.seen is None:
        return None
    is_turned = second.predictions < first.predictions
    fewer, more = (second, first) if is_turned else (first, second)
    found = telling.pairs(
        session,
        fewer.numbers,
        more.numbers,
        within=_until_both_were_seen(_hours(fewer), _hours(more)),
        among=_hours(more),
        are_numbers=model.task is Task.REGRESSION,
    )
    if not found.both:
        return None
    if is_turned:
        found = replace(found, only_first=found.only_second, only_second=found.only_first)
    return Paired(found, mcnemar(found.only_first, found.only_second))


def _hours(side: Side) -> Window:
    """Return the part of the window in which the side has events: from its first hour to the end of its last."""
    assert side.seen is not None
    window = side.evidence.window
    return Window(max(side.seen.start, window.start), min(side.seen.end + HOUR, window.end))


def _until_both_were_seen(own: Window, other: Window) -> Window:
    """Leave out what is newer than anything of the other; all of it where they were never seen together."""
    return Window(own.start, min(own.end, other.end)) if other.end > own.start else own
