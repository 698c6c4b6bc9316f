"""The whole application: `create_app` is the only place that knows everyone."""

import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TypeVar
from urllib.parse import urlsplit

import plotly
from dash import html
from dash.development.base_component import Component
from flask import Blueprint, Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp.core.registry import discover
from webapp.runtime import Runtime
from webapp.web import blueprints, errors, headers, layout, pages, session, static
from webapp.web.blueprints.auth import PAGES
from webapp.web.gate import Gate
from webapp.web.json import StrictJson
from webapp.web.page import Page
from webapp.web.router import Pages, rendered
from webapp.web.server import SecureDash

ASSETS = Path(__file__).resolve().parent.parent / "assets"
PLOTLY = ASSETS / "vendor" / "plotly-cartesian.min.js"  # a third of the full bundle, without what we do not draw
PLOTLY_FULL = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
BOOT = (ASSETS.parent / "webapp" / "web" / "templates" / "boot.js").read_text(encoding="utf-8")
MAX_BYTES = 1_000_000  # Routes that take more say so with @requires(…, max_bytes=…).


def create_app(
    runtime: Runtime, *, only_pages: Iterable[Page] | None = None, more_blueprints: Iterable[Blueprint] = ()
) -> Flask:
    """Return the application, sealed: it does not start with a route or callback that declares no permission."""
    app = _flask(runtime)
    for blueprint in [*_found(blueprints, "BLUEPRINT", Blueprint), *more_blueprints]:
        app.register_blueprint(blueprint)
    table = Pages(_found(pages, "PAGE", Page) if only_pages is None else only_pages)
    app.extensions[PAGES] = table
    dash = _dash(app, table)
    app.before_request_funcs.setdefault(None, []).insert(0, Gate(app, dash, table))
    _serve_files(app, dash)
    return app


def _flask(runtime: Runtime) -> Flask:
    app = Flask("webapp", static_folder=None, template_folder=str(Path(__file__).parent / "web" / "templates"))
    app.json = StrictJson(app)
    app.secret_key = runtime.settings.secret_key
    app.config["MAX_CONTENT_LENGTH"] = MAX_BYTES
    app.jinja_env.globals["asset"] = _asset
    session.install(app, runtime)
    errors.install(app)
    if runtime.settings.trusted_proxies:
        hops = runtime.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _dash(app: Flask, table: Pages) -> SecureDash:
    """Return the Dash app, with the pages' callbacks on it and its content policy in force."""
    boot = app.jinja_env.globals["boot"] = BOOT % _plotly_url()
    dash = SecureDash(
        app,
        report=layout.report,
        assets_folder=str(ASSETS),
        assets_path_ignore=["vendor"],
        title="Mission Control",
    )
    dash.layout = partial(_first_layout, table)
    layout.register(dash)
    table.register(dash)
    dash.seal()
    policy = headers.content_policy([*dash.csp_hashes(), headers.script_hash(boot)])
    headers.install(app, policy=policy, is_https=app.extensions[session.RUNTIME].settings.is_https)
    return dash


def _first_layout(table: Pages) -> Component:
    """Return the shell with the page that the browser is at already in it: one round trip less before it is seen."""
    who = session.current_actor()
    if who is None:
        return html.Div()
    try:
        address = urlsplit(request.referrer or "")
    except ValueError:  # a browser never sends what is no address
        address = urlsplit("/")
    path, search = address.path or "/", f"?{address.query}" if address.query else ""
    content, title = table.render(path, search, who)
    page = table.page_at(path)
    shown = rendered(path, search, title, page=page)
    return layout.shell(who, table.visible_to(who), path=path, content=content, rendered=shown, page=page)


def _serve_files(app: Flask, dash: SecureDash) -> None:
    packages = static.component_files(dash.registered_paths, _package_folder)
    folders = {
        "/assets/": static.files_below(ASSETS),
        "/_dash-component-suites/": packages,
        "/plotly/": static.files_below(PLOTLY_FULL.parent),
    }
    app.wsgi_app = static.StaticFiles(app.wsgi_app, folders)  # type: ignore[method-assign]


def _plotly_url() -> str:
    if PLOTLY.exists():
        return _asset(PLOTLY.relative_to(ASSETS).as_posix())
    return static.fingerprinted(f"/plotly/{PLOTLY_FULL.name}", PLOTLY_FULL)


def _package_folder(name: str) -> Path | None:
    module = sys.modules.get(name)
    return None if module is None or module.__file__ is None else Path(module.__file__).parent


def _asset(name: str) -> str:
    return static.fingerprinted(f"/assets/{name}", ASSETS / name)


T = TypeVar("T")


def _found(package: ModuleType, constant: str, kind: type[T]) -> Sequence[T]:
    return [each for each in discover(package, constant).values() if isinstance(each, kind)]
