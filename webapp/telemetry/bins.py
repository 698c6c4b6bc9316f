"""Bins for a new baseline: quantiles and categories of what stored events or a file's columns contain."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from webapp.catalog.binning import CATEGORIES, FeatureBins, Kind, category_bins, code_of, numeric_bins
from webapp.catalog.queries import texts
from webapp.core.errors import InvalidInputError
from webapp.telemetry.binnings import MAXIMUM_FEATURES
from webapp.telemetry.columns import codes, numbers, unknown_features
from webapp.telemetry.wire import FeatureValue

Floats = NDArray[np.float64]
Columns = Mapping[str, Sequence[FeatureValue]]

SAMPLE = 200_000  # Quantiles of so many values are within 0.2 % of the true rank.


class Bins:
    """Collects events, thinned out evenly when they are many, and makes bins of them."""

    def __init__(self, known: Sequence[FeatureBins]) -> None:
        self.known = known
        self._scores: list[Floats] = []
        self._features: list[Floats] = []
        self._stride = 1

    def add(self, scores: Floats, features: Floats) -> None:
        self._scores.append(scores[:: self._stride])
        self._features.append(features[:: self._stride])
        if sum(map(len, self._scores)) > SAMPLE:
            self._stride *= 2
            self._scores = [np.concatenate(self._scores)[::2]]
            self._features = [np.concatenate(self._features)[::2]]

    @property
    def scores(self) -> Floats:
        return np.concatenate(self._scores)

    def features(self, session: Session, model_id: int) -> Sequence[FeatureBins]:
        values = np.concatenate(self._features)
        return [
            numeric_bins(feature.name, values[:, place])
            if feature.kind is Kind.NUMERIC
            else _categories(feature, values[:, place], _texts(session, model_id, feature))
            for place, feature in enumerate(self.known)
        ]


def first_value(values: Sequence[FeatureValue]) -> FeatureValue:
    """Return the first value that is there, None where all are missing, as NaN is."""
    return next((value for value in values if value is not None and value == value), None)


def bins_of_columns(columns: Columns, known: Sequence[FeatureBins]) -> tuple[Sequence[FeatureBins], Floats]:
    """Return the bins of a file's columns and its values in their order: the known features first, then new ones.

    A known feature keeps its kind, since stored events hold it that way; one without a column is learning.
    """
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        raise InvalidInputError("The columns have no rows." if not lengths else "The columns have different lengths.")
    (size,) = lengths
    kinds = {feature.name: feature.kind for feature in known}
    for name, values in columns.items():
        found = unknown_features([{name: first_value(values)}], None)
        if name not in kinds and name in found:
            kinds[name] = found[name].kind
    matrix = np.full((size, len(kinds)), np.nan)
    bins = []
    for place, (name, kind) in enumerate(kinds.items()):
        if name not in columns:
            bins.append(FeatureBins(name, kind))
        elif kind is Kind.NUMERIC:
            matrix[:, place] = numbers(columns[name])
            bins.append(numeric_bins(name, matrix[:, place]))
        else:
            matrix[:, place], meanings = codes(columns[name])
            bins.append(_categories(FeatureBins(name, kind), matrix[:, place], meanings))
    return bins[:MAXIMUM_FEATURES], matrix[:, :MAXIMUM_FEATURES]


def _categories(feature: FeatureBins, values: Floats, meanings: Mapping[float, str]) -> FeatureBins:
    found, counts = np.unique(values[np.isfinite(values)], return_counts=True)
    ranked = np.argsort(-counts, kind="stable")[:CATEGORIES]
    named = [
        (meanings[code], int(count))
        for code, count in zip(found[ranked], counts[ranked], strict=True)
        if code in meanings
    ]
    return category_bins(feature.name, [text for text, _ in named], [count for _, count in named])


def _texts(session: Session, model_id: int, feature: FeatureBins) -> Mapping[float, str]:
    """Return what the codes of the feature's stored values mean: from its present bins and from what was unseen."""
    return {code_of(text): text for text in feature.categories} | dict(texts(session, model_id, feature.name))
