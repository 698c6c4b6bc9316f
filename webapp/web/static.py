"""Assets and component scripts, served before Flask: without cookies, compressed once, kept by the browser for a year.

A file's address carries its fingerprint, so that an old one is never shown and a new one never asked for twice.
"""

import gzip
import hashlib
import mimetypes
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import brotli
from dash.fingerprint import check_fingerprint
from werkzeug.http import parse_accept_header
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, max-age=0, must-revalidate"
TEXT = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg+xml")
LARGE = 300_000  # Bytes from which on the best compression takes longer than a person waits.


@dataclass(slots=True)
class StaticFile:
    """A file in memory with its compressed forms, made when first asked for."""

    path: Path
    changed_at: float
    body: bytes
    etag: str
    mimetype: str
    encoded: dict[str, bytes] = field(default_factory=dict)

    def in_encoding(self, name: str) -> bytes:
        if name not in self.encoded:
            quality = 9 if len(self.body) < LARGE else 6
            made = brotli.compress(self.body, quality=quality) if name == "br" else gzip.compress(self.body, 6, mtime=0)
            self.encoded[name] = made
        return self.encoded[name]


class StaticFiles:
    """A WSGI application in front of another: answers for files, and passes on the rest."""

    def __init__(self, application: "WSGIApplication", folders: Mapping[str, Callable[[str], Path | None]]) -> None:
        self.application, self.folders = application, folders
        self._files: dict[Path, StaticFile] = {}
        self._lock = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        for prefix, locate in self.folders.items():
            if path.startswith(prefix):
                return self._answer(Request(environ), locate(path.removeprefix(prefix)))(environ, start_response)
        return self.application(environ, start_response)

    def _answer(self, request: Request, found: Path | None) -> Response:
        if request.method not in {"GET", "HEAD"}:
            return _dressed(Response("Only GET.", status=405, headers={"Allow": "GET, HEAD"}))
        if found is None or not found.is_file():
            return _dressed(Response("There is no such file.", status=404, mimetype="text/plain"))
        file = self._read(found)
        encoding = _encoding(request, file)
        body = file.in_encoding(encoding) if encoding else file.body
        response = Response(body, mimetype=file.mimetype)
        response.set_etag(file.etag + encoding)
        response.vary.add("Accept-Encoding")
        if encoding:
            response.headers["Content-Encoding"] = encoding
        has_fingerprint = check_fingerprint(request.path)[1] or request.query_string[:2] in {b"m=", b"v="}
        response.headers["Cache-Control"] = FOREVER if has_fingerprint else ASK_AGAIN
        return _dressed(response.make_conditional(request))

    def _read(self, path: Path) -> StaticFile:
        changed_at = path.stat().st_mtime
        with self._lock:
            known = self._files.get(path)
            if known is None or known.changed_at != changed_at:
                body = path.read_bytes()
                mimetype = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                etag = hashlib.sha256(body).hexdigest()[:20]
                known = self._files[path] = StaticFile(path, changed_at, body, etag, mimetype)
            return known


def files_below(folder: Path) -> Callable[[str], Path | None]:
    """Return a function from an address to a file of the folder, and to nothing outside of it."""
    root = folder.resolve()

    def locate(relative: str) -> Path | None:
        try:
            wanted = (root / relative).resolve()
            return wanted if wanted.is_relative_to(root) and wanted.is_file() and _is_open(wanted, root) else None
        except (OSError, ValueError):  # too long, or with a NUL in it: no file has such a name
            return None

    return locate


def _is_open(file: Path, root: Path) -> bool:
    """Nothing whose name, or whose folder's name, begins with a dot is handed out."""
    return not any(part.startswith(".") for part in file.relative_to(root).parts)


def component_files(registered: Mapping[str, Iterable[str]], roots: Callable[[str], Path | None]) -> Any:
    """Return a function from an address to a script that a component library has registered."""

    def locate(relative: str) -> Path | None:
        package, _, fingerprinted = relative.partition("/")
        wanted, _ = check_fingerprint(fingerprinted)
        root = roots(package)
        return root / wanted if root is not None and wanted in registered.get(package, ()) else None

    return locate


def fingerprinted(url: str, file: Path) -> str:
    """Return the address of a file with its fingerprint, which makes it immutable."""
    return f"{url}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"


def _encoding(request: Request, file: StaticFile) -> str:
    if not file.mimetype.startswith(TEXT) or len(file.body) < 500:
        return ""
    accepted = parse_accept_header(request.headers.get("Accept-Encoding"))
    names = {name.lower() for name, quality in accepted if quality > 0}
    return next((name for name in ("br", "gzip") if name in names), "")


def _dressed(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response
