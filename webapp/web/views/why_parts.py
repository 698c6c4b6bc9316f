"""Why a metric changed, on the screen: the two values, what they say, and the causes with what speaks for each."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from dash import Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from webapp.accounts.permissions import Permission
from webapp.catalog import queries as catalog
from webapp.catalog.models import Model
from webapp.core import formatting
from webapp.core.errors import UserError
from webapp.core.periods import Window
from webapp.metrics.cause import Cause, Fact, Kind
from webapp.metrics.display import change_text, number_text
from webapp.metrics.metric import Better, Metric, Unit, Value
from webapp.metrics.why import Why, explainable, why
from webapp.web.components import icon, panel, pill, select
from webapp.web.components.content import Child, attributes
from webapp.web.filters import KEPT, read_filters
from webapp.web.page import Page, PageRequest
from webapp.web.router import LOCATION, RENDERED, query_of, rendered
from webapp.web.session import actor
from webapp.web.views.metric_cards import number_with_explanation, window_text
from webapp.web.views.requests import page_request

logger = logging.getLogger(__name__)

METRIC, BODY = "why-metric", "why-body"
CHOICE = "why"  # the address says which metric is explained
FAULTS = (ArithmeticError, LookupError, TypeError, ValueError, DBAPIError)  # of a computation, or a slow statement
KINDS: Mapping[Kind, tuple[str, str]] = {  # what each is called, and its picture
    Kind.COVERAGE: ("Outcomes", "clock"),
    Kind.VERSION: ("Version", "git-branch"),
    Kind.SEGMENT: ("Segment", "users"),
    Kind.INPUTS: ("Scores", "activity"),
    Kind.RELATION: ("Scores", "activity"),
    Kind.MISSING: ("Missing values", "database"),
    Kind.FEATURE: ("Feature", "chart-line"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the numbers of one of the two windows share."""

    window: Window
    zone: str
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class Closer:
    """Where one looks closer: the address of a technical screen, with the window that is explained."""

    query: Mapping[str, str]

    def href(self, cause: Cause) -> str:
        chosen = dict(self.query)
        if cause.feature is not None:
            return f"/technical/data?{urlencode(chosen | {'q': cause.feature})}"
        if cause.segment is not None:
            chosen["segment"] = cause.segment
        if cause.version is not None:
            chosen["version"] = cause.version
        path = "/technical/data" if cause.kind is Kind.COVERAGE else "/technical/performance"
        return f"{path}?{urlencode(chosen)}"


def why_panel(request: PageRequest, model: Model) -> Component:
    """Return the panel of a model's page: which metric is explained, and its causes in the chosen window."""
    metrics = explainable(model)
    chosen = _chosen(request.query, metrics)
    options = [(metric.name, metric.label) for metric in metrics]
    label = html.Label("Metric to explain", htmlFor=METRIC, className="visually-hidden")
    return panel(
        "Why did it change?",
        html.Div(_body(request, model, chosen), id=BODY, className="mc-why"),
        id="why",
        subtitle="the chosen window against the 30 days before it",
        actions=[label, select(METRIC, options, chosen)],
    )


def attach(page: Page, name_of: str) -> None:
    """Put the panel's callback on the page; `name_of` is the store that holds the model's name."""

    @page.callback(
        Output(BODY, "children"),
        Output(LOCATION, "search", allow_duplicate=True),
        Output(RENDERED, "data", allow_duplicate=True),
        Input(METRIC, "value"),
        State(name_of, "data"),
        State(LOCATION, "pathname"),
        State(LOCATION, "search"),
        State(RENDERED, "data"),
        permission=page.permission,
        prevent_initial_call=True,
    )
    def explain(metric: object, name: object, path: object, search: object, shown: object) -> tuple[Any, ...]:
        """Explain another metric in place, and put the choice into the address."""
        query = query_of(search if isinstance(search, str) else "")
        if not isinstance(metric, str) or not isinstance(name, str) or query.get(CHOICE, "") == metric:
            raise PreventUpdate
        request = page_request(page.path, search)
        with request.transaction() as session:
            model = catalog.model_named(session, name)
        metrics = explainable(model)
        chosen = _chosen({CHOICE: metric}, metrics)
        kept = {key: value for key, value in query.items() if key != CHOICE}
        usual = chosen == metrics[0].name
        address = urlencode(kept if usual else kept | {CHOICE: chosen})
        address = f"?{address}" if address else ""
        before = shown if isinstance(shown, dict) else {}
        where = path if isinstance(path, str) else page.path
        return _body(request, model, chosen), address, rendered(where, address, page.title, page=page, before=before)


def explained_why(found: Why, shown: Shown, closer: Closer | None) -> list[Component]:
    """Return the two values, the sentence about them, and the causes; links only where there is somewhere to go."""
    before = Shown(found.before_window, shown.zone, shown.currency)
    parts: list[Component] = [
        html.Div(
            [
                _named("Before", found.before, found.metric, before),
                _named("Now", found.now, found.metric, shown),
            ],
            className="mc-numbers",
        ),
        html.P(found.headline, className="mc-why-headline"),
    ]
    if found.causes:
        parts.append(html.Ol([_cause(each, found, shown, closer) for each in found.causes], className="mc-causes"))
    elif found.now.value is not None and found.before.value is not None:
        words = "No other version, segment, feature, missing value or coverage of outcomes stands out."
        parts.append(html.P(words, className="mc-quiet"))
    parts += [html.P(note, className="mc-quiet mc-why-note") for note in found.notes]
    return parts


def asked(session: Session, model: Model, metric: str, window: Window, *, now: datetime, **scope: Any) -> Why | str:
    """Return why the metric changed; a sentence where that cannot be computed: the page around it has to stand."""
    try:
        with session.begin_nested():
            return why(session, model, metric, window, now=now, **scope)
    except UserError as error:
        return error.message
    except FAULTS:
        logger.exception("causes not computed", extra={"model": model.name, "metric": metric})
        return "The causes cannot be computed right now; the log says why."


def _body(request: PageRequest, model: Model, metric: str) -> list[Component]:
    filters = read_filters(request, all_models=True)
    with request.transaction() as session:
        found = asked(session, model, metric, filters.window, now=request.now)
    if isinstance(found, str):
        return [html.P(found, className="mc-quiet")]
    closer = None
    if actor().may(Permission.DASHBOARDS_TECHNICAL):
        kept = {key: request.query[key] for key in KEPT if request.query.get(key)}
        closer = Closer(kept | {"model": model.name})
    return explained_why(found, Shown(found.window, request.actor.timezone), closer)


def _chosen(query: Mapping[str, str], metrics: Sequence[Metric]) -> str:
    """Return the metric in the address, or the usual one where it names none that can be explained."""
    names = [metric.name for metric in metrics]
    return query.get(CHOICE, "") if query.get(CHOICE) in names else names[0]


def _named(word: str, value: Value, metric: Metric, shown: Shown) -> Component:
    label = html.Span(word, className="mc-quiet", title=window_text(shown.window, shown.zone))
    return html.Span([label, number_with_explanation(metric.name, value, shown)], className="mc-number-named")


def _cause(cause: Cause, found: Why, shown: Shown, closer: Closer | None) -> Component:
    word, picture = KINDS[cause.kind]
    head: list[Child] = [icon(picture), html.Span(word)]
    if not cause.clear:
        head.append(pill("may be chance", tone="quiet"))
    below: list[Child] = [html.Span(_fact_text(fact, found.metric)) for fact in cause.facts]
    if cause.at is not None:
        below.append(html.Span(f"deployed {formatting.instant(cause.at, shown.zone)}"))
    if closer is not None:
        below.append(dcc.Link(["Look closer", icon("arrow-right")], href=closer.href(cause), className="mc-cause-link"))
    words = html.Div(
        [
            html.Div(head, className="mc-cause-kind"),
            html.P(cause.title, className="mc-cause-title"),
            html.Div(below, className="mc-cause-facts"),
        ],
        className="mc-cause-words",
    )
    return html.Li([words, *_amount(cause, found)], className="mc-cause" if cause.clear else "mc-cause mc-cause-hint")


def _amount(cause: Cause, found: Why) -> list[Component]:
    """Return what the cause contributed and, as a bar, how much of the change that is; nothing where it is unknown."""
    change = found.change.difference
    if cause.contribution is None or not change:
        return []
    part = cause.contribution / change
    text = change_text(cause.contribution, found.metric)
    of_all = f"{formatting.share(part, 0)} of the change"
    bar = html.Span(
        html.Span(style={"width": f"{min(max(part, 0.0), 1.0):.1%}"}),
        className="mc-cause-bar",
        **attributes(aria_hidden="true"),
    )
    words = [html.Strong(text), bar, html.Span(of_all, className="mc-quiet")]
    return [html.Div(words, className=f"mc-cause-amount mc-cause-{_tone(cause.contribution, found.metric)}")]


def _tone(contribution: float, metric: Metric) -> str:
    if metric.better is Better.NONE:
        return "neutral"
    return "better" if (contribution > 0) == (metric.better is Better.HIGHER) else "worse"


def _fact_text(fact: Fact, metric: Metric) -> str:
    now = _number(fact, fact.now, metric)
    return (
        f"{fact.label} {now}"
        if fact.before is None
        else f"{fact.label} {now}, was {_number(fact, fact.before, metric)}"
    )


def _number(fact: Fact, value: float | None, metric: Metric) -> str:
    if value is None:
        return "–"
    match fact.unit:
        case None:
            return number_text(value, metric)
        case Unit.SHARE:
            return formatting.share(value)
        case Unit.COUNT:
            return formatting.number(value)
        case _:
            return formatting.number(value, 3)
