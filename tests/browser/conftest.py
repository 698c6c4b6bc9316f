"""A real Chromium on a real server: each test gets a database of its own, and any console error fails it."""

import hmac
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from waitress import wasyncore
from waitress.server import create_server

from tests.conftest import CAST, PASSWORD
from webapp.accounts import sessions
from webapp.accounts.permissions import Role
from webapp.accounts.sessions import open_session
from webapp.app import create_app
from webapp.core.clock import SystemClock
from webapp.runtime import Runtime

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS: Sequence[str] = (
    *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"),
    *("--disable-component-update", "--disable-default-apps", "--disable-sync", "--no-first-run", "--mute-audio"),
)
PHONE, DESKTOP = (390, 844), (1440, 900)
PATIENCE_MS = 15_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if shutil.which(CHROMIUM) is None:
        if os.environ.get("MC_BROWSER_REQUIRED"):
            pytest.fail(f"There is no Chromium at {CHROMIUM}, and MC_BROWSER_REQUIRED asks for one.")
        pytest.skip(f"THE SCREENS ARE NOT TESTED: there is no Chromium at {CHROMIUM}; set CHROMIUM to its path.")
    playwright: Playwright
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def server(runtime: Runtime) -> Iterator[str]:
    """The application on a free port of the loopback, on the system's clock; its address."""
    live, sockets, stopping = replace(runtime, clock=SystemClock()), {}, threading.Event()
    listening = create_server(create_app(live), map=sockets, host="127.0.0.1", port=0, threads=8, ident=None)

    def serve() -> None:
        while not stopping.is_set():
            wasyncore.loop(timeout=0.05, map=sockets, count=1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.effective_port}"
    stopping.set()
    thread.join(10)
    listening.task_dispatcher.shutdown()
    wasyncore.close_all(sockets)


@pytest.fixture
def expected_errors() -> list[str]:
    """Parts of console messages that a test provokes on purpose."""
    return []


@pytest.fixture
def open_page(chromium: Browser, expected_errors: list[str], server: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens an empty page of a size and a theme; errors in its console fail the test.

    It asks for the server only so that pages are closed before the server stops: they poll to the last.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def note(text: str) -> None:
        if not any(part in text for part in expected_errors):
            errors.append(text)

    def opened(*, size: tuple[int, int] = DESKTOP, theme: str = "light", **options: Any) -> Page:
        is_phone = size[0] < 600
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,  # type: ignore[arg-type]
            is_mobile=is_phone,
            has_touch=is_phone,
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: note(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: note(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == [], "the browser's console is not empty"


@pytest.fixture
def signed_in(
    open_page: Callable[..., Page], server: str, runtime: Runtime, make_user: Callable[..., Any]
) -> Callable[..., Page]:
    """Return a function from a role to a page of somebody with it; `path` is opened and awaited when given."""

    def page_of(
        role: Role | str = Role.ADMIN,
        path: str | None = None,
        *,
        size: tuple[int, int] = DESKTOP,
        theme: str = "light",
        name: str | None = None,
    ) -> Page:
        user = make_user(Role(role), name=name)
        with runtime.transaction() as session:
            key = open_session(
                session, user.id, address="127.0.0.1", user_agent="Chrome on Linux", now=datetime.now(UTC)
            )
        page = open_page(size=size, theme=theme, base_url=server)
        page.context.add_cookies([{"name": "mc_session", "value": key, "url": server}])
        _give_token(page, key, runtime, server)
        if path is not None:
            visit(page, path)
        return page

    return page_of


@pytest.fixture
def sign_in_as(server: str, make_user: Callable[..., Any]) -> Callable[..., None]:
    """Return a function that signs somebody in by the form, as a person does."""

    def sign_in(page: Page, role: Role, *, target: str = "") -> None:
        make_user(role)
        page.goto(f"{server}/login{target}")
        page.get_by_label("E-mail address").fill(f"{CAST[role]}@example.com")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()

    return sign_in


def visit(page: Page, path: str) -> None:
    """Open a path and wait until its page is on the screen."""
    page.goto(path)
    page.locator("#content h1").first.wait_for()
    page.wait_for_load_state("networkidle")


def overflows(page: Page) -> bool:
    """Say whether something is wider than the screen."""
    return bool(page.evaluate("() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))


def _give_token(page: Page, key: str, runtime: Runtime, server: str) -> None:
    """Put the token beside the session, as signing in does."""
    with runtime.transaction() as session:
        actor = sessions.actor_of(session, key, address="", now=datetime.now(UTC))
    assert actor is not None
    text = f"csrf:session:{actor.session_id}".encode()
    token = hmac.new(runtime.settings.secret_key.encode(), text, sha256).hexdigest()
    page.context.add_cookies([{"name": "_csrf_token", "value": token, "url": server}])
