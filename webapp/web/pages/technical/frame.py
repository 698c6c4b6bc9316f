"""What the technical tabs share: the choice of the top bar, the gauges and the tabs themselves."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from dash import dcc, html
from dash.development.base_component import Component

from webapp.alerting.queries import last_evaluation
from webapp.catalog.models import Model
from webapp.catalog.queries import business
from webapp.core.errors import NotFoundError
from webapp.core.formatting import age
from webapp.core.periods import HOUR, trailing
from webapp.metrics import queries as metrics
from webapp.metrics.display import text_of
from webapp.metrics.metric import Unit, Value
from webapp.metrics.registry import METRICS
from webapp.web.components import empty_state, meter, page_header, panel, stack, tabs
from webapp.web.filters import KEPT, read_filters
from webapp.web.page import Page, PageRequest
from webapp.web.views.metric_cards import sentence
from webapp.web.views.technical import Technical

TABS = (
    ("/technical/performance", "Model performance"),
    ("/technical/versions", "Versions"),
    ("/technical/data", "Data quality"),
    ("/technical/health", "System health"),
    ("/technical/predictions", "Predictions"),
)
GAUGES = ("cpu", "memory", "response_time_mean", "error_rate", "disk")
LABELS = {"response_time_mean": "Response time"}
ROOM = 1.25  # A bar without a natural end reaches a quarter beyond where alarm begins.
EVALUATION_WARNING, EVALUATION_CRITICAL = timedelta(minutes=1), timedelta(minutes=5)


def chosen(request: PageRequest) -> Technical:
    """Return what the address chooses, for a callback of a page that shows a model."""
    found = technical(request)
    if found is None:
        raise NotFoundError("There is no model to show any more; reload the page.")
    return found


def technical(request: PageRequest) -> Technical | None:
    """Return what the address chooses; None while there is no model."""
    filters = read_filters(request)
    if filters.model is None:
        return None
    return Technical(
        model=filters.model,
        window=filters.window,
        step=filters.step,
        version=filters.version,
        segment=filters.segment,
        zone=request.actor.timezone,
        currency=_currency(request, filters.model),
        now=request.now,
    )


def tab(page: Page, request: PageRequest, body: Callable[[Technical], list[Component]]) -> Component:
    """Return a tab with everything around it."""
    view = technical(request)
    if view is None:
        return stack(page_header(page.title), _no_model())
    return stack(
        page_header(page.title, subtitle=_subtitle(view)),
        _gauges(request, view),
        tabs(_links(request.query), _address(page.path, request.query), label="Technical views"),
        *body(view),
    )


def _subtitle(view: Technical) -> Component:
    link = dcc.Link(view.model.title, href=f"/models/{view.model.name}")
    version = "" if view.version is None else f" · version {view.version}"
    segment = "" if view.segment is None else f" · only {view.segment}"
    return html.Span([link, version, segment])


def _no_model() -> Component:
    return empty_state(
        "No models yet",
        "Performance, drift and health appear with the first predictions.",
        dcc.Link("Add the first model", href="/", className="mc-button mc-button-primary"),
    )


def _links(query: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(_address(path, query), word) for path, word in TABS]


def _address(path: str, query: Mapping[str, str]) -> str:
    kept = {key: query[key] for key in KEPT if query.get(key)}
    return f"{path}?{urlencode(kept)}" if kept else path


def _gauges(request: PageRequest, view: Technical) -> Component:
    """Return the last hour's state of the service as bars against their lines."""
    with request.transaction() as session:
        window = trailing(view.now, HOUR)
        found = metrics.values(session, [view.model], GAUGES, window, now=view.now)[view.model.name]
        evaluated_at = last_evaluation(session)
    meters = [_meter(name, found[name], view) for name in GAUGES]
    return panel(None, html.Div([*meters, _evaluation(evaluated_at, view.now)], className="mc-meters"))


def _meter(name: str, value: Value, view: Technical) -> Component:
    metric, target = METRICS[name], view.model.targets.get(name)
    if metric.unit is Unit.PERCENT or target is None:
        ceiling = 100.0 if metric.unit is Unit.PERCENT else 1.0
    else:
        ceiling = target.critical * ROOM
    return meter(
        LABELS.get(name, metric.label),
        text_of(value, metric),
        None if value.value is None else value.value / ceiling,
        warning=None if target is None else target.warning / ceiling,
        critical=None if target is None else target.critical / ceiling,
        note=_note(value),
    )


def _note(value: Value) -> str:
    return sentence(value.reason or "") if value.value is None else ""


def _evaluation(at: datetime | None, now: datetime) -> Component:
    """Return how long ago the rules were last evaluated: whether the monitor itself is up."""
    elapsed = None if at is None else max(now - at, timedelta(0))
    ceiling = EVALUATION_CRITICAL * ROOM
    return meter(
        "Rules evaluated",
        "–" if elapsed is None else f"{age(elapsed)} ago",
        None if elapsed is None else elapsed / ceiling,
        warning=EVALUATION_WARNING / ceiling,
        critical=EVALUATION_CRITICAL / ceiling,
        note="Not yet" if elapsed is None else "",
    )


def _currency(request: PageRequest, model: Model) -> str:
    with request.transaction() as session:
        entries = business(session, [model.id])[model.id]
    return entries[-1].currency if entries else "USD"
