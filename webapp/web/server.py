"""Dash with its doors shut: no callback without a permission, no page of its own, no set-up in a user's request."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dash import ClientsideFunction, Dash
from flask import Flask, Response, render_template

from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Permission
from webapp.core.errors import ForbiddenError, NotSignedInError, UserError
from webapp.web.callbacks import value_check
from webapp.web.json import dumps, written
from webapp.web.session import actor

UNUSED_SUITES = ("dash_table",)  # 34 kB in every page for a component that no page has


class SecureDash(Dash):
    """An app on which a callback needs a permission to be registered, and an actor who has it to run."""

    shut_endpoints = frozenset(
        {"/_reload-hash", "/_favicon.ico", "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"}
        | {"_dash_assets.static"}
    )
    """What Dash opens and nobody needs: assets and components are served before Flask (web/static.py)."""

    def __init__(self, server: Flask, *, report: Callable[[UserError], None], **options: Any) -> None:
        self.permissions: dict[str, Permission] = {}
        self._dependencies: dict[frozenset[Permission], bytes] = {}
        super().__init__(
            "webapp",
            server=server,  # type: ignore[arg-type]  # any WSGI server is taken, the annotation forgets it
            pages_folder="",
            use_pages=False,
            enable_mcp=False,
            suppress_callback_exceptions=True,
            csrf_token_name="_csrf_token",  # noqa: S106 - the name of a cookie
            csrf_header_name="X-CSRFToken",
            add_log_handler=False,
            update_title="",
            on_error=functools.partial(_relay, report=report),
            **options,
        )

    def callback(self, *dependencies: Any, permission: Permission, **options: Any) -> Callable[..., Any]:
        register = super().callback(*dependencies, **options)
        self.permissions[self._callback_list[-1]["output"]] = permission

        def guard(function: Callable[..., Any]) -> Callable[..., Any]:
            check_values = value_check(function)

            @functools.wraps(function)
            def guarded(*args: Any, **kwargs: Any) -> Any:
                actor().require(permission)
                check_values(args, kwargs)
                return written(function(*args, **kwargs))

            register(guarded)
            return function

        return guard

    def clientside_callback(  # type: ignore[override]
        self, function: ClientsideFunction, *dependencies: Any, permission: Permission, **options: Any
    ) -> None:
        super().clientside_callback(function, *dependencies, **options)  # type: ignore[no-untyped-call]
        self.permissions[self._callback_list[-1]["output"]] = permission

    def seal(self) -> None:
        """Do all set-up now and refuse to start with a callback that declares nothing or an output claimed twice."""
        with self.server.test_request_context("/"):
            self._setup_server()  # type: ignore[no-untyped-call]
        outputs = [callback["output"] for callback in self._callback_list]
        undeclared = sorted({*outputs, *self.callback_map} - self.permissions.keys())
        if undeclared:
            raise RuntimeError(f"callbacks without a permission: {undeclared}")
        twice = sorted({output for output in outputs if outputs.count(output) > 1})
        if twice:
            raise RuntimeError(f"outputs with two callbacks: {twice}")

    def serve_layout(self) -> Response:
        return Response(dumps(self.get_layout()), content_type="application/json")

    def dependencies(self) -> Response:
        """Tell the browser only of the callbacks that this actor may call."""
        who = actor()
        if who.permissions not in self._dependencies:
            self._dependencies[who.permissions] = dumps(self._callbacks_of(who))
        return Response(self._dependencies[who.permissions], content_type="application/json")

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]
        return render_template("index.html", theme=actor().theme, **parts)

    def _callbacks_of(self, who: Actor) -> Sequence[Mapping[str, Any]]:
        return [callback for callback in self._callback_list if who.may(self.permissions[callback["output"]])]

    def _config(self) -> dict[str, Any]:
        shown: dict[str, Any] = super()._config()  # type: ignore[no-untyped-call]
        del shown["python_version"]
        return shown

    def _collect_and_register_resources(self, resources: Any, *args: Any, **kwargs: Any) -> Any:
        wanted = [each for each in resources if not _is_unused(each)]
        return super()._collect_and_register_resources(wanted, *args, **kwargs)  # type: ignore[no-untyped-call]

    def _setup_plotlyjs(self) -> None:
        """Leave the process-wide list of scripts alone: the page names our own bundle."""
        self._plotlyjs_url = ""


def _is_unused(resource: Mapping[str, Any]) -> bool:
    paths = resource.get("relative_package_path", "")
    return str(paths[0] if isinstance(paths, list) else paths).startswith(UNUSED_SUITES)


def _relay(error: Exception, *, report: Callable[[UserError], None]) -> None:
    """A sentence for the person becomes a toast; a refusal keeps its status; a bug keeps its traceback."""
    if isinstance(error, UserError) and not isinstance(error, ForbiddenError | NotSignedInError):
        report(error)
        return
    raise error
