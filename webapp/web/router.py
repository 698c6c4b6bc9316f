"""From an address to a page: one table of all pages, one callback that puts the right one on the screen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from dash import Input, Output, State, ctx, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission, landing_page
from webapp.core.errors import ForbiddenError, UserError
from webapp.web import frame
from webapp.web.components import button, empty_state, page_header, panel
from webapp.web.page import CallbackHost, Page, PageRequest
from webapp.web.session import actor, now, runtime

LOCATION = "location"  # the dcc.Location of the shell
CONTENT = "content"  # where the page is shown
RENDERED = "rendered"  # a dcc.Store of what is shown: {"href", "path", "title", "live_seconds", "kept"}
NAVIGATION, BOTTOM, FILTERS, FILTER_WORDS = "navigation", "bottom", "filters", "filter-words"  # of the shell
LIVE_REFRESH = "live-refresh"  # a dcc.Store that changes when the page is to be rendered anew by itself

ROOT = "/"


@dataclass(frozen=True, slots=True)
class Found:
    page: Page
    params: dict[str, str]


class Pages:
    """Every page of an app, by address."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self._pages = sorted(pages, key=lambda page: (page.path.count("<"), page.order, page.name))
        for claimed in ("name", "path"):
            values = [getattr(page, claimed) for page in self._pages]
            if len(values) != len(set(values)):
                raise RuntimeError(f"two pages claim the same {claimed}: {sorted(values)}")

    def __iter__(self) -> Any:
        return iter(self._pages)

    def find(self, path: str) -> Found | None:
        """Return the page of a path; a page without parameters is preferred."""
        matches = ((page, page.match(_plain(path))) for page in self._pages)
        return next((Found(page, params) for page, params in matches if params is not None), None)

    def page_at(self, path: str) -> Page | None:
        found = self.find(path)
        return None if found is None else found.page

    def visible_to(self, who: Actor) -> Sequence[Page]:
        """Return the pages for somebody's navigation, in its order."""
        shown = [page for page in self._pages if page.group is not None and who.may(page.permission)]
        return sorted(shown, key=lambda page: (page.order, page.title))

    def home(self, who: Actor) -> str:
        """Return where somebody begins: the landing page of their role, else the first page they may see."""
        landing = self.find(landing_page(who.roles))
        if landing is not None and who.may(landing.page.permission):
            return landing_page(who.roles)
        return next((page.path for page in self.visible_to(who) if "<" not in page.path), ROOT)

    def render(self, path: str, search: str, who: Actor) -> tuple[Component, str]:
        """Return the content and the title for an address; what cannot be shown says why."""
        if path == ROOT and self.find(ROOT) is None:
            path = self.home(who)
        found = self.find(path)
        if found is None:
            return _notice("There is nothing here", "The address may be mistyped, or the page has moved."), "Not found"
        try:
            return found.page.render(_request(path, search, found, who)), found.page.title
        except ForbiddenError as error:
            return _notice("Not for your role", error.message, picture="lock"), found.page.title
        except UserError as error:
            return _notice(error.title, error.message, picture="triangle-alert"), found.page.title

    def register(self, app: CallbackHost) -> None:
        """Put the pages' callbacks, and the one that changes pages, on an app."""
        for page in self._pages:
            page.register(app)
        app.callback(
            Output(CONTENT, "children"),
            Output(RENDERED, "data"),
            Output(NAVIGATION, "children"),
            Output(BOTTOM, "children"),
            Output(FILTERS, "children"),
            Output(FILTER_WORDS, "children"),
            Input(LOCATION, "pathname"),
            Input(LOCATION, "search"),
            Input(LIVE_REFRESH, "data"),
            State(RENDERED, "data"),
            permission=Permission.PROFILE_SELF,
        )(self._change)

    def _change(self, pathname: str | None, search: str | None, _again: Any, shown: Any) -> tuple[Any, ...]:
        path, query, who = _plain(_text(pathname) or ROOT), _text(search), actor()
        shown = shown if isinstance(shown, dict) else {}
        is_another, is_again = self._differs(path, query, shown), ctx.triggered_id == LIVE_REFRESH
        if not is_another and not is_again:
            raise PreventUpdate
        content, title = self.render(path, query, who)
        if not is_another:
            return content, *[no_update] * 5
        return content, *self._around(path, query, title, who, shown)

    def _around(self, path: str, query: str, title: str, who: Actor, shown: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return what changes in the frame: what is shown, the navigation, and the choices of the top bar."""
        page, pages = self.page_at(path), self.visible_to(who)
        now_shown = rendered(path, query, title, page=page, before=shown)
        controls, words = frame.top_filters(page, path, query_of(query))
        choice = now_shown["kept"]
        side, below = frame.navigation(pages, path, choice), frame.bottom(pages, who, path, choice)
        return now_shown, side, below, controls, words

    def _differs(self, path: str, query: str, shown: dict[str, Any]) -> bool:
        found = self.find(path)
        if found is not None and found.page.own_query and shown.get("path") == path:
            return False
        return bool(shown.get("href") != path + query)


def rendered(
    path: str, search: str, title: str, *, page: Page | None = None, before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what the store keeps of the page that is shown.

    What was chosen in the top bar is kept over pages that have no such choice.
    """
    former = (before or {}).get("kept")
    kept = frame.kept(former) if isinstance(former, dict) else {}
    if page is not None and page.filters:
        kept = frame.kept(query_of(search))
    live_seconds = None if page is None else page.live_seconds
    return {"href": path + search, "path": path, "title": title, "live_seconds": live_seconds, "kept": kept}


def _request(path: str, search: str, found: Found, who: Actor) -> PageRequest:
    return PageRequest(
        path=path,
        params=found.params,
        query=query_of(search),
        actor=who,
        now=now(),
        transaction=runtime().transaction,
    )


def _notice(title: str, sentence: str, *, picture: str = "circle-help") -> Component:
    home = button("Go to the start", kind="secondary", href=ROOT)
    return html.Div([page_header(title), panel(None, empty_state(title, sentence, home, picture=picture))])


def query_of(search: str) -> dict[str, str]:
    """Return the parameters of a query string, without the NUL that no database text can hold."""
    return dict(parse_qsl(search.removeprefix("?").replace("%00", "")))


def _plain(path: str) -> str:
    """The same page with or without a slash at its end."""
    return unquote(path).replace("\x00", "").rstrip("/") or ROOT


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
