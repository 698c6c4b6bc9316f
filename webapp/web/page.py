"""What Blueprint is to Flask, `Page` is to Dash: a declaration of path, permission, layout and callbacks.

Dash keeps callbacks and pages in process-wide lists; a declaration keeps them to itself until it is registered on an
app, so two apps in one process share nothing and a callback cannot exist without a permission.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote

from dash import ClientsideFunction
from dash.development.base_component import Component
from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What a layout is told: where it is, who asks, when, and the way to the database."""

    path: str
    params: Mapping[str, str]  # of the path: /models/<name> gives {"name": …}
    query: Mapping[str, str]
    actor: Actor
    now: datetime
    transaction: Callable[[], AbstractContextManager[Session]]


Layout = Callable[[PageRequest], Component]


@dataclass(frozen=True, slots=True)
class DeclaredCallback:
    """A callback as it was written, before any app knows it. Without a function it runs in the browser."""

    dependencies: tuple[Any, ...]
    options: Mapping[str, Any]
    permission: Permission
    function: Callable[..., Any] | None = None
    clientside: ClientsideFunction | None = None


class CallbackHost(Protocol):
    """The part of an app that a page needs."""

    def callback(self, *dependencies: Any, permission: Permission, **options: Any) -> Callable[..., Any]: ...

    def clientside_callback(
        self, function: ClientsideFunction, *dependencies: Any, permission: Permission, **options: Any
    ) -> None: ...


@dataclass(eq=False)
class Page:
    """One screen. `group`, `icon` and `order` place it in the navigation; without a group it is only linked to.

    With `own_query` the page follows the query string by a callback of its own; otherwise a change renders it anew.
    `filters` names what the top bar offers on it: model, all_models (beside the single ones), range, version, compare.
    With `live_seconds` it is rendered anew that often, except while somebody is busy in it.
    """

    name: str
    path: str
    title: str
    permission: Permission
    group: str | None = None
    icon: str = ""
    order: int = 100
    own_query: bool = False
    filters: frozenset[str] = frozenset()
    live_seconds: int | None = None
    callbacks: list[DeclaredCallback] = field(default_factory=list, repr=False)
    _layout: Layout | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._pattern = re.compile(re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", self.path))

    def layout(self, function: Layout) -> Layout:
        """Declare what the page shows; the decorated function stays callable in a test."""
        self._layout = function
        return function

    def callback(
        self, *dependencies: Any, permission: Permission | None = None, **options: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a callback with Dash's own arguments; it needs the page's permission unless it names another."""

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            needed = permission or self.permission
            self.callbacks.append(DeclaredCallback(dependencies, options, needed, function=function))
            return function

        return declare

    def clientside(self, function: ClientsideFunction, *dependencies: Any, **options: Any) -> None:
        """Declare a callback that runs in the browser, written in assets/."""
        self.callbacks.append(DeclaredCallback(dependencies, options, self.permission, clientside=function))

    def register(self, app: CallbackHost) -> None:
        """Put the callbacks on one app; the declaration itself does not change."""
        if self._layout is None:
            raise TypeError(f"Page {self.name} has no layout; decorate a function with @PAGE.layout.")
        for declared in self.callbacks:
            if declared.clientside is not None:
                app.clientside_callback(
                    declared.clientside, *declared.dependencies, permission=declared.permission, **declared.options
                )
            else:
                host = app.callback(*declared.dependencies, permission=declared.permission, **declared.options)
                host(declared.function)

    def match(self, path: str) -> dict[str, str] | None:
        """Return the parameters of a path that is this page's, else None."""
        found = self._pattern.fullmatch(path)
        return found.groupdict() if found else None

    def render(self, request: PageRequest) -> Component:
        """Return the content for someone who may see it."""
        request.actor.require(self.permission)
        assert self._layout is not None
        return self._layout(request)

    def href(self, **params: str) -> str:
        """Return the address of the page, with the parameters of its path filled in."""
        return re.sub(r"<(\w+)>", lambda match: quote(str(params[match[1]]), safe=""), self.path)
