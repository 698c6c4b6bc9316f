"""What the top bar chooses, read from the address: the model, its version, the stretch of time, and a comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.catalog import queries
from webapp.catalog.models import Model
from webapp.core import periods
from webapp.core.errors import InvalidInputError, NotFoundError
from webapp.core.periods import DAY, HOUR, MINUTE, Window, floor_to
from webapp.web.page import PageRequest

RANGES: Mapping[str, timedelta] = {"24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "90d": 90 * DAY}
MONTH, CUSTOM = "month", "custom"
KEPT = ("model", "range", "from", "to", "version", "segment", "compare")  # what goes along from page to page
LONGEST = 400 * DAY
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
STEPS = ((DAY, 30 * MINUTE), (3 * DAY, HOUR), (8 * DAY, 3 * HOUR), (100 * DAY, DAY))


@dataclass(frozen=True, slots=True)
class PageFilters:
    """The choice. `previous` is the window to compare with, if any; `step` gives a chart 30 to 90 points."""

    model: Model | None
    models: Sequence[Model]
    window: Window
    previous: Window | None
    step: timedelta
    range_key: str
    version: str | None
    segment: str | None
    compare: bool

    @property
    def chosen(self) -> Sequence[Model]:
        """Return the models that the page is about: the one chosen, or all."""
        return self.models if self.model is None else (self.model,)


def read_filters(request: PageRequest, *, default_range: str = "30d", all_models: bool = False) -> PageFilters:
    """Return the choice in the address. Without one it is the first model, or all of them on a page that shows all."""
    with request.transaction() as session:
        models = queries.models(session)
    query = request.query
    window, range_key = _window(query, default_range, now=request.now, zone=request.actor.timezone)
    compare = query.get("compare", "1") != "0"
    return PageFilters(
        model=_model(query.get("model"), models, all_models),
        models=models,
        window=window,
        previous=_previous(window, range_key, request.actor.timezone) if compare else None,
        step=step_of(window),
        range_key=range_key,
        version=query.get("version") or None,
        segment=query.get("segment") or None,
        compare=compare,
    )


def step_of(window: Window) -> timedelta:
    """Return the distance of a chart's points: half an hour for a day, a day for three months."""
    return next((step for longest, step in STEPS if window.duration <= longest), 7 * DAY)


def _model(name: str | None, models: Sequence[Model], all_models: bool) -> Model | None:
    if not name:
        return models[0] if models and not all_models else None
    found = next((model for model in models if model.name == name), None)
    if found is None:
        raise NotFoundError(f"There is no model named '{name}'; choose one at the top.")
    return found


def _window(query: Mapping[str, str], default_range: str, *, now: datetime, zone: str) -> tuple[Window, str]:
    if query.get("from") or query.get("to"):
        return _custom(query.get("from", ""), query.get("to", ""), now=now, zone=zone), CUSTOM
    key = query.get("range") or default_range
    if key == MONTH:
        local = now.astimezone(ZoneInfo(zone))
        return Window(periods.month(local.year, local.month, ZoneInfo(zone)).start, now), MONTH
    if key not in RANGES:
        raise InvalidInputError(f"'{key}' is not a time range; choose one at the top.")
    return _from_a_whole_step(periods.trailing(now, RANGES[key])), key


def _from_a_whole_step(window: Window) -> Window:
    """Begin at midnight (UTC) where a chart goes by days, so that its points are whole days and are read as such."""
    step = step_of(window)
    return Window(floor_to(window.start, step), window.end) if step > HOUR else window


def _custom(first: str, last: str, *, now: datetime, zone: str) -> Window:
    """Read two days, both included, in the zone of the person."""
    ends = _day(last, zone).end if last else now
    starts = _day(first, zone).start if first else ends - RANGES["30d"]
    if ends <= starts:
        raise InvalidInputError("The time range ends before it begins; change its days at the top.")
    if ends - starts > LONGEST:
        raise InvalidInputError(f"A time range is at most {LONGEST.days} days long; change its days at the top.")
    return Window(starts, min(ends, now) if starts < now else ends)


def _day(text: str, zone: str) -> Window:
    try:
        on = date.fromisoformat(text)
    except ValueError:
        on = date.min
    if not EARLIEST <= on <= LATEST:
        raise InvalidInputError(f"'{text}' is not a day that can be shown; write it like 2026-03-10.")
    return periods.day(on, ZoneInfo(zone))


def _previous(window: Window, range_key: str, zone: str) -> Window:
    if range_key != MONTH:
        return window.previous()
    before = (window.start - HOUR).astimezone(ZoneInfo(zone))
    return Window(periods.month(before.year, before.month, ZoneInfo(zone)).start.astimezone(UTC), window.start)
