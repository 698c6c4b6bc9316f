"""Histograms as bytes: little-endian integers as short as they may be, or only those that are not zero; figures behind.

Layout: one byte for the encoding, three of padding, u4 entry count, the integers, then float64 figures.
"""

import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

_SPARSE, _SPARSE_ENTRY = 2, 12  # a place as u4 and a count as i8
_DENSE: dict[int, np.dtype[np.signedinteger[Any]]] = {
    3: np.dtype("<i1"),
    4: np.dtype("<i2"),
    0: np.dtype("<i4"),
    1: np.dtype("<i8"),
}
_LARGEST = [(2 ** (8 * kind.itemsize - 1) - 1, code) for code, kind in _DENSE.items()]  # the smallest first
_HEADER = struct.Struct("<B3xI")
_NO_FIGURES: Floats = np.zeros(0)
_NO_FIGURES.flags.writeable = False


def pack(counts: Counts, figures: Floats) -> bytes:
    """Return the bytes of the counts (which may be negative in a delta) and the running figures."""
    most = max(int(counts.max()), -int(counts.min())) if len(counts) else 0
    encoding = next(code for largest, code in _LARGEST if most <= largest)
    kind = _DENSE[encoding]
    if np.count_nonzero(counts) * _SPARSE_ENTRY < len(counts) * kind.itemsize:
        filled = np.flatnonzero(counts)
        body = filled.astype("<u4").tobytes() + counts[filled].astype("<i8").tobytes()
        return _HEADER.pack(_SPARSE, len(filled)) + body + figures.astype("<f8").tobytes()
    return _HEADER.pack(encoding, len(counts)) + counts.astype(kind).tobytes() + figures.astype("<f8").tobytes()


def unpack(data: bytes | memoryview, width: int) -> tuple[Counts, Floats]:
    """Return the counts as an array of the width, and the figures."""
    encoding, entries = _HEADER.unpack_from(data)
    at = _HEADER.size
    if encoding == _SPARSE:
        counts = np.zeros(width, dtype=np.int64)
        places = np.frombuffer(data, "<u4", entries, at)
        counts[places] = np.frombuffer(data, "<i8", entries, at + 4 * entries)
        return counts, _figures(data, at + _SPARSE_ENTRY * entries)
    kind = _DENSE[encoding]
    counts = np.frombuffer(data, kind, entries, at).astype(np.int64)
    return counts, _figures(data, at + kind.itemsize * entries)


def _figures(data: bytes | memoryview, at: int) -> Floats:
    return np.frombuffer(data, "<f8", offset=at) if at < len(data) else _NO_FIGURES
