"""Which characters our fonts can show. An archive PDF may not hold one without a shape, so those are replaced first."""

import os
import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
REPLACEMENT = "\u25a1"  # □
# Orders to turn the text around, to hide it, or to end the line: not in a name, and not in a report.
DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
ISOLATE, POP = "\u2068", "\u2069"
JOINERS = frozenset("\u200c\u200d")


def font_folders() -> tuple[Path, ...]:
    """Return where fonts are: ours, and a folder for further scripts that the operator may name."""
    extra = os.environ.get("REPORT_FONT_DIR")
    return (FONTS, Path(extra)) if extra else (FONTS,)


def showable(text: str, *, missing: set[str]) -> str:
    """Return the text with what cannot or must not be shown replaced; what has no shape is added to `missing`."""
    if text.isascii() and text.isprintable():
        return text
    known = _shapes(font_folders())
    kept: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        if character in "\n\t":
            kept.append(" ")
        elif character in JOINERS:
            kept.append(character)
        elif _category(character) in DROPPED or "\ufe00" <= character <= "\ufe0f":
            continue
        elif ord(character) in known or character.isspace():
            kept.append(character if ord(character) in known else " ")
        else:
            missing.add(character)
            kept.append(REPLACEMENT)
    return "".join(kept)


def without_orders(text: str) -> str:
    """Return the text without characters that turn it around, hide it or break it: what a browser would obey."""
    if text.isascii() and text.isprintable():
        return text
    kept = (" " if c in "\n\t" else c for c in text if c in "\n\t" or c in JOINERS or _category(c) not in DROPPED)
    return "".join(kept)


def isolated(text: str) -> str:
    """Return a text whose direction cannot spread to its neighbours."""
    if any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in text):
        return f"{ISOLATE}{text}{POP}"
    return text


def _category(character: str) -> str:
    return unicodedata.category(character)


@cache
def _shapes(folders: tuple[Path, ...]) -> frozenset[int]:
    files = [file for folder in folders for file in sorted(folder.glob("*.[to]tf"))]
    return frozenset(code for file in files for code in characters_of(file.read_bytes()))


def characters_of(font: bytes) -> frozenset[int]:
    """Return the characters that a TrueType or OpenType font has a shape for (its `cmap` table)."""
    tables = struct.unpack_from(">H", font, 4)[0]
    for number in range(tables):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, 12 + 16 * number)
        if tag == b"cmap":
            return frozenset(_mapped(font, offset))
    return frozenset()


def _mapped(font: bytes, cmap: int) -> Iterator[int]:
    for number in range(struct.unpack_from(">H", font, cmap + 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * number)
        if platform not in {0, 3} or (platform == 3 and encoding not in {1, 10}):
            continue
        at = cmap + offset
        layout = struct.unpack_from(">H", font, at)[0]
        if layout == 4:
            yield from _segments(font, at)
        elif layout == 12:
            for group in range(struct.unpack_from(">I", font, at + 12)[0]):
                first, last, _ = struct.unpack_from(">III", font, at + 16 + 12 * group)
                yield from range(first, last + 1)


def _segments(font: bytes, at: int) -> Iterator[int]:
    count = struct.unpack_from(">H", font, at + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", font, at + 14)
    starts = struct.unpack_from(f">{count}H", font, at + 16 + 2 * count)
    for start, end in zip(starts, ends, strict=True):
        if start != 0xFFFF:
            yield from range(start, end + 1)
