"""Technical › Versions: champion and challenger side by side, and whether their difference is real."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

from dash import html
from dash.development.base_component import Component

from webapp.accounts.permissions import Permission
from webapp.catalog.queries import deployments
from webapp.metrics import queries as metrics
from webapp.metrics.metric import Metric
from webapp.metrics.performance import performance_metrics
from webapp.metrics.registry import METRICS
from webapp.metrics.scope import PRODUCTION
from webapp.metrics.versions import Candidate, Side, candidates, compare, pick
from webapp.web.components import field, panel, select
from webapp.web.components.content import attributes
from webapp.web.page import Page, PageRequest
from webapp.web.pages.technical import frame
from webapp.web.views import version_parts as parts
from webapp.web.views.technical import Technical

PAGE = Page(
    "technical_versions",
    path="/technical/versions",
    title="Versions",
    permission=Permission.DASHBOARDS_TECHNICAL,
    group="Models",
    icon="scale",
    order=30,
    filters=frozenset({"model", "range"}),
)

OVERLAP = timedelta(days=14)  # of what is shown of a version that is not seen any more
CHAMPION, CHALLENGER, COURSE = "versions-champion", "versions-challenger", "versions-course"


@PAGE.layout
def layout(request: PageRequest) -> Component:
    return frame.tab(PAGE, request, lambda view: _body(request, view))


def _body(request: PageRequest, view: Technical) -> list[Component]:
    query, names = request.query, performance_metrics(view.model.task)
    course = METRICS[query["metric"] if query.get("metric") in names else names[0]]
    with request.transaction() as session:
        known = candidates(session, view.model, now=view.now)
        pair = pick(known, query.get("a"), query.get("b"))
        if pair is None:
            return [parts.single_version(len(known))]
        found = compare(session, view.model, *pair, names, view.window, now=view.now)
        series = {
            name: metrics.series(
                session, view.model, [course.name], view.window, view.step, now=view.now, version=name
            )[course.name]
            for name in pair
        }
        deployed = deployments(session, view.model.id, view.window)
    return [
        _choice(known, *pair),
        *(
            part
            for side in (found.first, found.second)
            for part in parts.not_seen(side, known, _longer(request, known, side), view)
        ),
        parts.sides(found, view),
        parts.metric_table(found, view),
        parts.courses(found, series, deployed, course, _course_choice(names, course), view),
        *parts.confusions(found, view),
        parts.same_cases(found, view),
    ]


def _longer(request: PageRequest, known: Sequence[Candidate], side: Side) -> str:
    """Return the address of a window that begins while the side was still seen, and ends now."""
    seen = next((each.seen for each in known if each.name == side.name), None)
    if seen is None:
        return PAGE.path
    kept = {name: value for name, value in request.query.items() if name not in {"range", "from", "to"}}
    begins = max(seen.start, seen.end - OVERLAP)
    return f"{PAGE.path}?{urlencode({**kept, 'from': begins.date().isoformat()})}"


def _choice(known: Sequence[Candidate], champion: str, challenger: str) -> Component:
    """Return the lists that choose both sides; assets/shell.js puts the choice into the address."""
    options = [(each.name, _named(each)) for each in known]
    left = [option for option in options if option[0] != challenger]
    right = [option for option in options if option[0] != champion]
    return panel(
        None,
        html.Div(
            [
                _asked("a", field("Champion", select(CHAMPION, left, champion))),
                _asked("b", field("Challenger", select(CHALLENGER, right, challenger))),
            ],
            className="mc-toolbar",
        ),
    )


def _named(candidate: Candidate) -> str:
    where = "" if candidate.environment == PRODUCTION else f" ({candidate.environment})"
    return f"{candidate.name}{where}"


def _course_choice(names: Sequence[str], chosen: Metric) -> Component:
    label = html.Label("Metric", htmlFor=COURSE, className="visually-hidden")
    options = [(name, METRICS[name].label) for name in names]
    return _asked("metric", html.Div([label, select(COURSE, options, chosen.name)]))


def _asked(name: str, control: Component) -> Component:
    return html.Div(control, className="mc-asked", **attributes(data_mc_query=name))
