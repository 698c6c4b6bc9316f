"""Headers that keep a browser from doing what we did not mean: a strict content policy, no sniffing, no framing."""

import base64
import hashlib
from collections.abc import Iterable

import brotli
from flask import Flask, Response, request

SMALLEST_COMPRESSED = 1024
QUALITY = 4  # Answers are made once and read once: fast beats small.


def content_policy(script_hashes: Iterable[str]) -> str:
    return "; ".join(
        [
            "default-src 'self'",
            " ".join(["script-src 'self'", *script_hashes]),
            "style-src 'self' 'unsafe-inline'",  # dcc and plotly bring style elements of their own
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ]
    )


def script_hash(script: str) -> str:
    """Return what the policy says of an inline script that may run."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def install(app: Flask, *, policy: str, is_https: bool) -> None:
    """Put the headers on every answer of the app."""

    def dress(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers.setdefault("Cache-Control", "no-store")
        if is_https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return _compressed(response)

    app.after_request(dress)


def _compressed(response: Response) -> Response:
    """Send what Dash says in brotli. Pages with a token in them stay plain, so that their length tells nothing."""
    is_ours = request.path.startswith(("/_dash", "/api")) or request.endpoint in {"/", "/<path:path>"}
    if (
        not is_ours
        or response.is_streamed
        or response.direct_passthrough
        or "Content-Encoding" in response.headers
        or not request.accept_encodings["br"]
        or response.mimetype not in {"text/html", "application/json"}
        or (response.content_length or 0) < SMALLEST_COMPRESSED
    ):
        return response
    response.set_data(brotli.compress(response.get_data(), quality=QUALITY))
    response.headers["Content-Encoding"] = "br"
    response.vary.add("Accept-Encoding")
    return response
