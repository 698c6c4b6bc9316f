"""Histograms as bytes: little-endian integers, sparse where most are zero, with running figures behind.

Layout: one byte for the encoding, three of padding, u4 entry count, the integers, then float64 figures.
"""

import struct

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

_DENSE4, _DENSE8, _SPARSE = 0, 1, 2
_HEADER = struct.Struct("<B3xI")
_NO_FIGURES: Floats = np.zeros(0)
_NO_FIGURES.flags.writeable = False


def pack(counts: Counts, figures: Floats) -> bytes:
    """Return the bytes of the counts (which may be negative in a delta) and the running figures."""
    filled = np.flatnonzero(counts)
    if len(filled) * 3 < len(counts):
        body = filled.astype("<u4").tobytes() + counts[filled].astype("<i8").tobytes()
        return _HEADER.pack(_SPARSE, len(filled)) + body + figures.astype("<f8").tobytes()
    small = len(counts) == 0 or np.abs(counts).max() < 2**31
    encoding, kind = (_DENSE4, "<i4") if small else (_DENSE8, "<i8")
    return _HEADER.pack(encoding, len(counts)) + counts.astype(kind).tobytes() + figures.astype("<f8").tobytes()


def unpack(data: bytes | memoryview, width: int) -> tuple[Counts, Floats]:
    """Return the counts as an array of the width, and the figures."""
    encoding, entries = _HEADER.unpack_from(data)
    at = _HEADER.size
    if encoding == _SPARSE:
        counts = np.zeros(width, dtype=np.int64)
        places = np.frombuffer(data, "<u4", entries, at)
        counts[places] = np.frombuffer(data, "<i8", entries, at + 4 * entries)
        return counts, _figures(data, at + 12 * entries)
    kind, size = ("<i4", 4) if encoding == _DENSE4 else ("<i8", 8)
    counts = np.frombuffer(data, kind, entries, at).astype(np.int64)
    return counts, _figures(data, at + size * entries)


def _figures(data: bytes | memoryview, at: int) -> Floats:
    return np.frombuffer(data, "<f8", offset=at) if at < len(data) else _NO_FIGURES
