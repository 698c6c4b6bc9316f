"""Columns of a batch of generated rows: numbers as floats (NaN is missing), texts as they are."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Frame = Mapping[str, NDArray[Any]]  # columns of the same length, by name


def pick(rng: np.random.Generator, shares: Mapping[str, float], count: int) -> NDArray[Any]:
    """Draw that many of the names, each with its share."""
    names = np.array(list(shares))
    chosen: NDArray[Any] = names[rng.choice(len(names), size=count, p=np.array(list(shares.values())))]
    return chosen


def weigh(values: NDArray[Any], weights: Mapping[str, float]) -> Floats:
    """Return the weight of each value; a value without one weighs nothing."""
    total = np.zeros(len(values))
    for name, weight in weights.items():
        total[values == name] = weight
    return total


def is_text(values: NDArray[Any]) -> bool:
    return values.dtype.kind in "UO"


def take(frame: Frame, rows: NDArray[Any]) -> Frame:
    return {name: values[rows] for name, values in frame.items()}


def records(frame: Frame) -> list[dict[str, float | str | None]]:
    """Return the rows as what a client sends: missing numbers as null."""
    columns = [_plain(values) for values in frame.values()]
    names = tuple(frame)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _plain(values: NDArray[Any]) -> Sequence[float | str | None]:
    plain: list[float | str | None] = values.tolist()
    if not is_text(values) and np.isnan(values).any():
        return [None if value != value else value for value in plain]
    return plain
