"""What the frame around a page shows: the navigation of who is there, and what the top bar offers on the page."""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlencode

import dash_bootstrap_components as dbc
from dash import dcc, html
from dash.development.base_component import Component

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import landing_page
from webapp.catalog import queries
from webapp.catalog.models import Model
from webapp.web.components import button, field, icon, menu, select, stack, text_input
from webapp.web.components.content import Child, attributes, classes
from webapp.web.filters import KEPT, RANGES
from webapp.web.page import Page
from webapp.web.session import runtime

GROUPS = ("Overview", "Models", "Respond", "Reports", "Administration")
PARAMETERS = {
    "model": ("model",),
    "all_models": ("model",),
    "range": ("range", "from", "to"),
    "version": ("version",),
    "segment": ("segment",),
    "compare": ("compare",),
}
OF_MODELS = {"model", "all_models", "version", "segment"}  # the controls that need to know the models
FIRST_ON_A_PHONE = ("/", "/executive", "/alerts", "/technical/performance", "/technical/health", "/reports", "/models")
PLACES_ON_A_PHONE = 4
RANGE_WORDS = {"24h": "24 h", "7d": "7 d", "30d": "30 d", "90d": "90 d"}
DEFAULT_RANGE = "30d"
ALL = "*"  # what a list says when nothing is chosen; assets/shell.js leaves it out of the address
SHORT = {"/": "Overview", "/alerts": "Alerts", "/technical/performance": "Performance", "/technical/health": "Health"}
COUNTED = "/alerts"  # the entry that carries the number of open alerts


def kept(query: Mapping[str, str]) -> dict[str, str]:
    """Return the part of an address that goes along from page to page."""
    return {name: str(query[name]) for name in KEPT if query.get(name)}


def navigation(pages: Sequence[Page], path: str, choice: Mapping[str, str]) -> Sequence[Component]:
    """Return the links to what somebody may open, by group."""
    shown: list[Component] = []
    for group in [*GROUPS, *_others(pages)]:
        members = [page for page in pages if page.group == group and "<" not in page.path]
        if members:
            shown.append(html.Div(group, className="mc-nav-group", id=f"nav-{group.lower()}"))
            shown += [_link(page, path, choice, "mc-nav-link") for page in members]
    return shown


def bottom(pages: Sequence[Page], who: Actor, path: str, choice: Mapping[str, str]) -> Sequence[Component]:
    """Return what a thumb reaches on a phone: four pages, and a button for all the others."""
    open_to = {page.path: page for page in pages if "<" not in page.path}
    first = list(dict.fromkeys([*FIRST_ON_A_PHONE[:1], landing_page(who.roles), *FIRST_ON_A_PHONE, *open_to]))
    places = [open_to[each] for each in first if each in open_to][:PLACES_ON_A_PHONE]
    more = html.Button(
        [icon("menu"), html.Span("More")],
        type="button",
        className="mc-bottom-link",
        **attributes(data_mc_toggle="nav", aria_expanded="false", aria_controls="side"),
    )
    return [*[_link(page, path, choice, "mc-bottom-link", is_short=True) for page in places], more]


def top_filters(page: Page | None, path: str, query: Mapping[str, str]) -> tuple[Sequence[Component], str]:
    """Return the controls that the page names, and in a few words what is chosen."""
    wanted = frozenset() if page is None else page.filters
    if page is None or not wanted:
        return [], ""
    models = _models() if wanted & OF_MODELS else []
    model = next((each for each in models if each.name == query.get("model")), None)
    if model is None and "all_models" not in wanted and models:
        model = models[0]
    controls: list[Component] = []
    if wanted & {"model", "all_models"}:
        controls.append(_model_choice(models, model, "all_models" in wanted))
    if "version" in wanted and model is not None:
        controls.append(_version_choice(model, query.get("version", "")))
    if "segment" in wanted and model is not None and model.segment_keys:
        controls.append(_segment_choice(model, query.get("segment", "")))
    if "range" in wanted:
        controls.append(_range_choice(path, query))
    if "compare" in wanted:
        controls.append(
            dbc.Switch(
                id="filter-compare", value=query.get("compare", "1") != "0", label="Compare", class_name="mc-compare"
            )
        )
    return controls, " · ".join(_in_words(wanted, model, query))


def _others(pages: Iterable[Page]) -> Sequence[str]:
    return sorted({page.group for page in pages if page.group} - set(GROUPS))


def _link(page: Page, path: str, choice: Mapping[str, str], kind: str, *, is_short: bool = False) -> Component:
    names = {name for control in page.filters for name in PARAMETERS.get(control, ())}
    query = {name: value for name, value in choice.items() if name in names}
    href = page.path + (f"?{urlencode(query)}" if query else "")
    content: list[Child] = [
        icon(page.icon or "circle"),
        html.Span(SHORT.get(page.path, page.title) if is_short else page.title),
    ]
    if page.path == COUNTED:
        content.append(html.Span(className="mc-count mc-count-alerts"))
    is_current = path == page.path or (page.path != "/" and path.startswith(f"{page.path}/"))
    return dcc.Link(content, href=href, className=classes(kind, is_current and "is-current"), title=page.title)


def _models() -> Sequence[Model]:
    with runtime().transaction() as session:
        return queries.models(session)


def _model_choice(models: Sequence[Model], model: Model | None, has_all: bool) -> Component:
    options = [(ALL, "All models")] if has_all else []
    options += [(each.name, each.title) for each in models]
    chosen = select("filter-model", options or [(ALL, "No models yet")], ALL if model is None else model.name)
    return _named("Model", "filter-model", chosen)


def _version_choice(model: Model, version: str) -> Component:
    with runtime().transaction() as session:
        found = queries.versions(session, model.id)
    options = [(ALL, "All versions"), *[(name, name) for name in dict.fromkeys(each.name for each in found)]]
    return _named("Version", "filter-version", select("filter-version", options, version or ALL))


def _segment_choice(model: Model, segment: str) -> Component:
    """Offer every value of the keys that are counted apart."""
    with runtime().transaction() as session:
        found = queries.segments(session, [model.id])[model.id]
    named = [(str(each), f"{each.key}: {each.value}") for each in found if each.key in model.segment_keys]
    options = [(ALL, "All segments"), *named]
    return _named("Segment", "filter-segment", select("filter-segment", options, segment or ALL))


def _named(word: str, target: str, control: Component) -> Component:
    return html.Div([html.Label(word, htmlFor=target, className="visually-hidden"), control])


def _range_choice(path: str, query: Mapping[str, str]) -> Component:
    is_custom = bool(query.get("from") or query.get("to"))
    current = "" if is_custom else query.get("range", DEFAULT_RANGE)
    rest = {name: value for name, value in query.items() if name not in {"range", "from", "to"}}
    links: list[Child] = [
        dcc.Link(
            RANGE_WORDS[key],
            href=f"{path}?{urlencode({**rest, 'range': key})}",
            className=classes("mc-segment", key == current and "is-current"),
            title=f"The last {RANGE_WORDS[key]}",
        )
        for key in RANGES
    ]
    custom = menu(
        html.Span([icon("calendar-range"), "Custom"], className=classes("mc-segment", is_custom and "is-current")),
        stack(
            field("From", text_input("filter-from", value=query.get("from", ""), type="date")),
            field("To", text_input("filter-to", value=query.get("to", ""), type="date")),
            button("Show these days", id="filter-apply"),
            gap="small",
        ),
        name="Choose days",
        kind="range",
    )
    trailing = html.Div(links, className="mc-segmented", role="group", **attributes(aria_label="Time range"))
    return html.Div([trailing, custom], className="mc-range")


def _in_words(wanted: frozenset[str], model: Model | None, query: Mapping[str, str]) -> Sequence[str]:
    words = []
    if wanted & {"model", "all_models"}:
        words.append("All models" if model is None else model.title)
    if "segment" in wanted and query.get("segment"):
        words.append(query["segment"])
    if "range" in wanted:
        days = [query[name] for name in ("from", "to") if query.get(name)]
        words.append(" – ".join(days) or RANGE_WORDS.get(query.get("range", DEFAULT_RANGE), "Custom"))
    return words
