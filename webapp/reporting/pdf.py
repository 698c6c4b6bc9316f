"""The document as a PDF: tagged for screen readers (PDF/UA-1) and for the archive (PDF/A-2a), set by Typst."""

import json
import logging
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from webapp.core.errors import UnavailableError
from webapp.reporting.document import Document, as_plain
from webapp.reporting.glyphs import font_folders, isolated, showable

logger = logging.getLogger(__name__)

HERE = Path(__file__).parent
TEMPLATE = HERE / "templates" / "report.typ"
TYPESETTER = HERE / "typesetter.py"
STANDARDS = ("ua-1", "a-2a")
SECONDS = 60
MEMORY_MEGABYTES = 1024
LONGEST_TOKEN = 18
BREAK = "\u200b"
_LONG = re.compile(rf"\S{{{LONGEST_TOKEN + 1},}}")


@dataclass(frozen=True, slots=True)
class Pdf:
    body: bytes
    standard: str  # "PDF/UA-1, PDF/A-2a", or "none" where the strict way failed
    warnings: tuple[str, ...] = ()


def pdf(document: Document, *, standards: Sequence[str] = STANDARDS, seconds: float = SECONDS) -> Pdf:
    """Return the document as a PDF; the same document always gives the same bytes."""
    missing: set[str] = set()
    data = _printable(as_plain(document), missing=missing)
    warnings = [_no_shape(missing)] if missing else []
    body = _set(data, document, standards=standards, seconds=seconds)
    if isinstance(body, bytes):
        return Pdf(body, "PDF/UA-1, PDF/A-2a", tuple(warnings))
    logger.warning("report set without standards", extra={"reason": body})
    plain = _set(data, document, standards=(), seconds=seconds)
    if isinstance(plain, str):
        raise UnavailableError(f"The PDF could not be made: {plain[:200]}. The HTML report is available.")
    return Pdf(plain, "none", (*warnings, f"Not an archive PDF: {body[:200]}"))


@cache
def unavailable_because() -> str | None:
    """Return why no PDF can be made on this machine, or None when it can."""
    try:
        import typst  # noqa: F401
    except ImportError as error:
        return f"Typst cannot be loaded here ({error})."
    return None


def _set(data: dict[str, Any], document: Document, *, standards: Sequence[str], seconds: float) -> bytes | str:
    """Run the typesetter; return the file, or why there is none."""
    order = {
        "template": TEMPLATE.read_text(encoding="utf-8"),
        "fonts": [str(folder) for folder in font_folders()],
        "data": data,
        "format": "pdf",
        "standards": list(standards),
        "timestamp": document.imprint.created_at,
        "memory_megabytes": MEMORY_MEGABYTES,
        "seconds": SECONDS,
    }
    command = [sys.executable, "-I", str(TYPESETTER)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and file
            command, input=json.dumps(order).encode(), capture_output=True, timeout=seconds, env={}, check=False
        )
    except subprocess.TimeoutExpired:
        return f"it took longer than {seconds:g} seconds"
    if done.returncode == 0:
        return done.stdout
    return done.stderr.decode(errors="replace").strip() or f"the typesetter ended with {done.returncode}"


def _printable(value: Any, *, missing: set[str], key: str = "") -> Any:
    """Return the document with every text fit for paper; drawings keep their mark-up."""
    if isinstance(value, str):
        text = showable(value, missing=missing)
        return text if key == "svg" else isolated(_LONG.sub(_breakable, text))
    if isinstance(value, dict):
        return {name: _printable(each, missing=missing, key=name) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(each, missing=missing, key=key) for each in value]
    return value


def _breakable(found: re.Match[str]) -> str:
    token = found[0]
    return BREAK.join(token[at : at + LONGEST_TOKEN] for at in range(0, len(token), LONGEST_TOKEN))


def _no_shape(missing: set[str]) -> str:
    shown = ", ".join(f"U+{ord(character):04X}" for character in sorted(missing)[:20])
    return f"No font here has these characters: {shown}. Put fonts that have them into REPORT_FONT_DIR."
