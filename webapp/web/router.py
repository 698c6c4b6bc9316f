"""From an address to a page: one table of all pages, one callback that puts the right one on the screen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from dash import Input, Output, State, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission, landing_page
from webapp.core.errors import ForbiddenError, UserError
from webapp.web.page import CallbackHost, Page, PageRequest
from webapp.web.session import actor, now, runtime

LOCATION = "location"  # the dcc.Location of the shell
CONTENT = "content"  # where the page is shown
RENDERED = "rendered"  # a dcc.Store of what is shown: {"href", "path", "title"}

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
            return _notice("Not for your role", error.message), found.page.title
        except UserError as error:
            return _notice(error.title, error.message), found.page.title

    def register(self, app: CallbackHost) -> None:
        """Put the pages' callbacks, and the one that changes pages, on an app."""
        for page in self._pages:
            page.register(app)
        app.callback(
            Output(CONTENT, "children"),
            Output(RENDERED, "data"),
            Input(LOCATION, "pathname"),
            Input(LOCATION, "search"),
            State(RENDERED, "data"),
            permission=Permission.PROFILE_SELF,
        )(self._change)

    def _change(self, pathname: str | None, search: str | None, shown: Any) -> tuple[Component, dict[str, str]]:
        path, query = _plain(_text(pathname) or ROOT), _text(search)
        if isinstance(shown, dict) and not self._differs(path, query, shown):
            raise PreventUpdate
        content, title = self.render(path, query, actor())
        return content, rendered(path, query, title)

    def _differs(self, path: str, query: str, shown: dict[str, Any]) -> bool:
        found = self.find(path)
        if found is not None and found.page.own_query and shown.get("path") == path:
            return False
        return bool(shown.get("href") != path + query)


def rendered(path: str, search: str, title: str) -> dict[str, str]:
    """Return what the store keeps of the page that is shown."""
    return {"href": path + search, "path": path, "title": title}


def _request(path: str, search: str, found: Found, who: Actor) -> PageRequest:
    return PageRequest(
        path=path,
        params=found.params,
        query=dict(parse_qsl(search.removeprefix("?"))),
        actor=who,
        now=now(),
        transaction=runtime().transaction,
    )


def _notice(title: str, sentence: str) -> Component:
    return html.Div([html.H1(title), html.P(sentence)], className="mc-empty", role="status")


def _plain(path: str) -> str:
    """The same page with or without a slash at its end."""
    return unquote(path).rstrip("/") or ROOT


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
