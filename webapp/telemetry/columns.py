"""From what was sent to columns of numbers: the features of a batch as a matrix in the binning's order."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.binning import NOT_A_NUMBER, Binning, FeatureBins, Kind, code_of
from webapp.telemetry.wire import ClassOrNumber, FeatureValue

Floats = NDArray[np.float64]
Features = Mapping[str, FeatureValue]

MAXIMUM_TEXT = 200
_code = lru_cache(maxsize=200_000)(code_of)


@dataclass(frozen=True, slots=True)
class Matrix:
    """The features of a batch, shape (rows, features), and for each category feature the texts behind its codes."""

    values: Floats
    texts: Mapping[str, Mapping[float, str]]


def matrix(rows: Sequence[Features], binning: Binning) -> Matrix:
    values = np.full((len(rows), len(binning.features)), np.nan)
    texts: dict[str, Mapping[float, str]] = {}
    for place, feature in enumerate(binning.features):
        raw = [row.get(feature.name) for row in rows]
        if feature.kind is Kind.NUMERIC:
            values[:, place] = numbers(raw)
        else:
            values[:, place], texts[feature.name] = codes(raw)
    return Matrix(values, texts)


def numbers(raw: Sequence[FeatureValue]) -> Floats:
    """Return the values as numbers: missing ones as NaN, texts that are no number marked as such."""
    try:
        values = np.array(raw, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        return np.array([_number(value) for value in raw])
    if not np.isfinite(values).all() and str in set(map(type, raw)):
        return np.array([_number(value) for value in raw])  # The text "nan" is no missing value.
    return values


def codes(raw: Sequence[FeatureValue]) -> tuple[Floats, Mapping[float, str]]:
    """Return the codes of the values (missing ones as NaN) and what they stand for."""
    if bool in set(map(type, raw)):
        raw = [text_of(value) if isinstance(value, bool) else value for value in raw]  # since True == 1.0
    coded = {value: _code(text_of(value)) for value in set(raw) if not _is_missing(value)}
    values = np.array(list(map(coded.get, raw)), dtype=np.float64)  # NaN for what has no code
    return values, {code: text_of(value) for value, code in coded.items()}


def unknown_features(rows: Iterable[Features], binning: Binning | None) -> dict[str, FeatureBins]:
    """Return learning bins for the features that the binning lacks and that have a value, by name."""
    known = binning.position if binning else {}
    found: dict[str, FeatureBins] = {}
    for row in rows:
        if row.keys() <= known.keys():
            continue
        for name, value in row.items():
            if name not in known and name not in found and not _is_missing(value) and "\x00" not in name:
                found[name] = FeatureBins(name, _kind_of(value))
    return found


def class_text(value: ClassOrNumber) -> str:
    """Return a class as text: 1, 1.0 and true are '1', so that clients may write it as their language does."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def text_of(value: FeatureValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\x00", "")[:MAXIMUM_TEXT]


def _kind_of(value: FeatureValue) -> Kind:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Kind.NUMERIC if is_number else Kind.CATEGORY


def _is_missing(value: FeatureValue) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _number(value: FeatureValue) -> float:
    try:
        number = math.nan if value is None else float(value)
    except ValueError:
        return NOT_A_NUMBER
    except OverflowError:
        return math.inf
    return NOT_A_NUMBER if isinstance(value, str) and not math.isfinite(number) else number
