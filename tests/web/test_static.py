"""Assets and component scripts: kept by the browser, without cookies, and nothing but them."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest
from flask import Flask

from webapp.accounts.permissions import Role
from webapp.app import ASSETS
from webapp.web.static import files_below

STYLE = next(file for file in sorted(ASSETS.glob("*.css")) if file.stat().st_size > 1000)


@pytest.fixture
def app(small_app: Flask) -> Flask:
    return small_app


def test_a_file_with_its_fingerprint_is_kept_for_a_year_and_without_one_asked_for_again(app: Flask) -> None:
    client = app.test_client()

    kept, asked = client.get(f"/assets/{STYLE.name}?v=0123456789ab"), client.get(f"/assets/{STYLE.name}")

    assert kept.status_code == asked.status_code == 200
    assert "immutable" in kept.headers["Cache-Control"]
    assert "must-revalidate" in asked.headers["Cache-Control"]
    assert client.get(f"/assets/{STYLE.name}", headers={"If-None-Match": asked.headers["ETag"]}).status_code == 304


def test_files_come_without_cookies_and_with_strict_headers(client_of: Callable[..., Any]) -> None:
    answer = client_of(Role.DATA_SCIENTIST).get(f"/assets/{STYLE.name}")

    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_files_are_compressed_as_the_browser_likes(app: Flask) -> None:
    client, body = app.test_client(), STYLE.read_bytes()

    for accepted, unpack in (("br, gzip", brotli.decompress), ("gzip", gzip.decompress), ("identity", bytes)):
        answer = client.get(f"/assets/{STYLE.name}", headers={"Accept-Encoding": accepted})
        assert unpack(answer.data) == body
        assert "Accept-Encoding" in answer.headers["Vary"]
    assert "Content-Encoding" not in client.get(f"/assets/{STYLE.name}", headers={"Accept-Encoding": "br;q=0"}).headers


@pytest.mark.parametrize(
    "path",
    [
        "/assets/",
        "/assets/..",
        "/assets/../pyproject.toml",
        "/assets/%2e%2e/pyproject.toml",
        "/assets/..%2fpyproject.toml",
        "/assets//etc/passwd",
        "/assets/%00",
        "/assets/" + "x" * 5000,
        "/assets/.hidden",
        "/assets/vendor/../../webapp/settings.py",
        "/_dash-component-suites/",
        "/_dash-component-suites/dash/dash.py",
        "/_dash-component-suites/os/path.py",
        "/_dash-component-suites/dash/../../flask/app.py",
        "/_dash-component-suites/webapp/settings.py",
        "/_dash-component-suites/%00/%00",
        "/plotly/../__init__.py",
    ],
)
def test_nothing_else_is_handed_out(app: Flask, path: str) -> None:
    assert app.test_client().get(path).status_code == 404


def test_files_are_only_read(app: Flask) -> None:
    assert app.test_client().post(f"/assets/{STYLE.name}", data=b"x").status_code == 405
    assert app.test_client().head(f"/assets/{STYLE.name}").status_code == 200


def test_hidden_files_and_what_lies_outside_are_not_found(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    (inside / ".git").mkdir(parents=True)
    (inside / ".git" / "config").write_text("secret")
    (inside / "open.txt").write_text("open")
    (tmp_path / "outside.txt").write_text("secret")
    (inside / "link.txt").symlink_to(tmp_path / "outside.txt")
    locate = files_below(inside)

    assert locate("open.txt") == inside.resolve() / "open.txt"
    assert [locate(name) for name in (".git/config", "link.txt", "../outside.txt", "", "\x00")] == [None] * 5


def test_every_script_and_style_that_a_page_names_is_there(app: Flask, client_of: Callable[..., Any]) -> None:
    page = client_of(Role.DATA_SCIENTIST).get("/open").get_data(as_text=True)
    anybody = app.test_client()

    named = [each for each in re.findall(r'(?:src|href)="(/[^"]+)"', page) if not each.startswith("/_dash-")]
    named += re.findall(r'(?:src|href)="(/_dash-component-suites/[^"]+)"', page)

    assert named
    assert [each for each in named if anybody.get(each.replace("&amp;", "&")).status_code != 200] == []
