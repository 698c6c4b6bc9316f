"""Reading measurements back: a gauge over a window or by steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from webapp.core.periods import Window
from webapp.telemetry.tiles import Tile, cover, snap, stepped


@dataclass(frozen=True, slots=True)
class Gauge:
    """What was measured under one name over a window, over all instances unless one is named."""

    sample_count: int = 0
    total: float = 0.0
    smallest: float = 0.0
    largest: float = 0.0

    @property
    def mean(self) -> float | None:
        return self.total / self.sample_count if self.sample_count else None


@dataclass(frozen=True, slots=True)
class GaugeStep:
    at: datetime
    gauge: Gauge


@dataclass(frozen=True, slots=True)
class Instance:
    """One source of a measurement and when it was last heard."""

    name: str
    labels: Mapping[str, str]
    newest: datetime
    value: float


_SUMS = "sum(r.sample_count)::bigint, sum(r.total), min(r.smallest), max(r.largest)"
# A measurement without a model is about the service that all models run on.
_OF_MODEL = "s.name = ANY(:names) AND (s.model_id IS NULL OR s.model_id = :model)"


def totals(
    session: Session, names: Sequence[str], model_id: int | None, window: Window, *, now: datetime
) -> Mapping[str, Gauge]:
    """Return each gauge over the window; those of the model and those of the service as a whole."""
    return totals_by_model(session, names, [] if model_id is None else [model_id], window, now=now)[model_id]


def totals_by_model(
    session: Session, names: Sequence[str], model_ids: Sequence[int], window: Window, *, now: datetime
) -> Mapping[int | None, Mapping[str, Gauge]]:
    """Return each gauge over the window for each model, and under None for the service that all models run on."""
    parts, parameters = _tiles(cover(snap(window, now=now)))
    shared: dict[str, Gauge] = {}
    own: dict[int, dict[str, Gauge]] = {model_id: {} for model_id in model_ids}
    query = text(
        f"SELECT s.model_id, s.name, {_SUMS} FROM measurement_series s JOIN measurement_rollup r ON r.series_id = s.id"
        " WHERE s.name = ANY(:names) AND (s.model_id IS NULL OR s.model_id = ANY(CAST(:models AS int[])))"
        f" AND ({parts or 'false'}) GROUP BY s.model_id, s.name"
    )
    rows = session.execute(query, {"names": list(names), "models": list(model_ids), **parameters})
    for model_id, name, *sums in rows:
        (shared if model_id is None else own[model_id])[name] = Gauge(*sums)
    found: dict[int | None, Mapping[str, Gauge]] = {None: shared}
    for number, gauges in own.items():
        found[number] = shared | {name: _plus(shared.get(name), gauge) for name, gauge in gauges.items()}
    return found


def steps(
    session: Session, names: Sequence[str], model_id: int | None, window: Window, step: timedelta, *, now: datetime
) -> Mapping[str, Sequence[GaugeStep]]:
    """Return each gauge by steps of the window; steps without a sample are left out."""
    return {name: found for (name, _), found in _steps(session, names, model_id, window, step, "''", now=now).items()}


def steps_by_instance(
    session: Session, name: str, model_id: int | None, window: Window, step: timedelta, *, now: datetime
) -> Mapping[str, Sequence[GaugeStep]]:
    """Return one gauge by steps for each instance (its label `instance`)."""
    instance = "coalesce(s.labels->>'instance', '')"
    found = _steps(session, [name], model_id, window, step, instance, now=now)
    return {label or name: points for (_, label), points in sorted(found.items())}


def instances(session: Session, names: Sequence[str]) -> Sequence[Instance]:
    """Return every series of the names with its newest value."""
    query = text(
        "SELECT s.name, s.labels, m.at, m.value FROM measurement_series s, LATERAL"
        " (SELECT at, value FROM measurement WHERE series_id = s.id ORDER BY at DESC LIMIT 1) m"
        " WHERE s.name = ANY(:names) ORDER BY s.name, s.labels->>'instance'"
    )
    rows = session.execute(query, {"names": list(names)})
    return [Instance(row.name, row.labels, row.at, row.value) for row in rows]


def _plus(first: Gauge | None, second: Gauge) -> Gauge:
    if first is None:
        return second
    return Gauge(
        first.sample_count + second.sample_count,
        first.total + second.total,
        min(first.smallest, second.smallest),
        max(first.largest, second.largest),
    )


def _steps(
    session: Session,
    names: Sequence[str],
    model_id: int | None,
    window: Window,
    step: timedelta,
    label: str,
    *,
    now: datetime,
) -> dict[tuple[str, str], list[GaugeStep]]:
    snapped = snap(window, now=now)
    parts, parameters = _tiles(stepped(snapped, step, now=now))
    if not parts:
        return {}
    query = text(
        f"SELECT s.name, {label} AS label, floor(extract(epoch FROM r.bucket - :first) / :step)::int AS place, {_SUMS}"
        " FROM measurement_series s JOIN measurement_rollup r ON r.series_id = s.id"
        f" WHERE {_OF_MODEL} AND ({parts}) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    rows = session.execute(
        query,
        {
            "names": list(names),
            "model": model_id,
            "first": snapped.start,
            "step": step.total_seconds(),
            **parameters,
        },
    )
    found: dict[tuple[str, str], list[GaugeStep]] = {}
    for name, of, place, *sums in rows:
        found.setdefault((name, of), []).append(GaugeStep(snapped.start + place * step, Gauge(*sums)))
    return found


def _tiles(tiles: Sequence[Tile]) -> tuple[str, dict[str, object]]:
    """Return the condition for the tiles. Measurements have no month rows: their days serve."""
    parts: list[str] = []
    parameters: dict[str, object] = {}
    for place, tile in enumerate(tiles):
        parts.append(f"(r.grain = :grain{place} AND r.bucket >= :start{place} AND r.bucket < :end{place})")
        parameters |= {f"grain{place}": min(int(tile.grain), 3), f"start{place}": tile.start, f"end{place}": tile.end}
    return " OR ".join(parts), parameters
