"""From a rollup's or delta's columns to an aggregate, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from webapp.catalog.binning import MOMENTS, SCORE_BINS, Binning
from webapp.catalog.models import Task
from webapp.telemetry.aggregate import (
    LATENCY_BINS,
    SCORE_WIDTH,
    TALLY,
    Aggregate,
    ClassCounts,
    ErrorCounts,
    FeatureHistogram,
    Floats,
    ScoreHistogram,
    Tally,
    merge_moments,
    tally_of,
)
from webapp.telemetry.answers import answers_width, class_counts, error_counts
from webapp.telemetry.payload import pack, unpack

PARTS = ("scores", "latencies", "features", "answers")


class Sum:
    """Adds up rows of one binning without making an aggregate of each: what reading and folding share."""

    def __init__(self, binning: Binning) -> None:
        self.binning = binning
        self._rows: list[Sequence[float]] = []
        self.counts: dict[str, np.ndarray[Any, Any]] = {}
        self.figures: dict[str, np.ndarray[Any, Any]] = {}

    @property
    def scalars(self) -> Floats:
        """Return the sums of the scalar columns, in the order of TALLY."""
        sums: Floats = np.array(self._rows, dtype=np.float64).reshape(-1, len(TALLY)).sum(axis=0)
        return sums

    def add(self, scalars: Sequence[float], payloads: Mapping[str, bytes | memoryview | None]) -> None:
        self._rows.append(scalars)
        for part, data in payloads.items():
            if data is not None:
                self._add_payload(part, data)

    def merge(self, other: "Sum") -> None:
        self._rows.append(other.scalars.tolist())
        for part, counts in other.counts.items():
            self._merge_part(part, counts, other.figures[part])

    def payload(self, part: str) -> bytes | None:
        return pack(self.counts[part], self.figures[part]) if part in self.counts else None

    def aggregate(self) -> Aggregate:
        latencies = self.counts.get("latencies")
        classes, errors = self._answers()
        return Aggregate(self._tally(), self._scores(), latencies, classes, errors, self._features())

    def _add_payload(self, part: str, data: bytes | memoryview) -> None:
        counts, figures = unpack(data, self._width(part))
        if part in self.counts:
            self._merge_part(part, counts, figures)
        else:  # what was unpacked is nobody else's: the ordinary case of one row costs no copy
            self.counts[part], self.figures[part] = counts, figures

    def _width(self, part: str) -> int:
        match part:
            case "scores":
                return SCORE_WIDTH
            case "latencies":
                return LATENCY_BINS
            case "answers":
                return answers_width(self.binning)
            case _:
                return self.binning.width

    def _merge_part(self, part: str, counts: np.ndarray[Any, Any], figures: np.ndarray[Any, Any]) -> None:
        if part not in self.counts:
            self.counts[part], self.figures[part] = counts.copy(), figures.copy()
            return
        self.counts[part] += counts
        if part == "features":
            mine, theirs = self.figures[part].reshape(-1, MOMENTS), figures.reshape(-1, MOMENTS)
            self.figures[part] = merge_moments(mine, theirs).reshape(-1)
        else:
            self.figures[part] = self.figures[part] + figures

    def _tally(self) -> Tally:
        return tally_of(self._rows[0] if len(self._rows) == 1 else self.scalars.tolist())

    def _scores(self) -> ScoreHistogram | None:
        if "scores" not in self.counts:
            return None
        counts = self.counts["scores"].reshape(3, SCORE_BINS)
        return ScoreHistogram(self.binning.score_edges, counts, self.figures["scores"])

    def _answers(self) -> tuple[ClassCounts | None, ErrorCounts | None]:
        if "answers" not in self.counts:
            return None, None
        counts, sums = self.counts["answers"], self.figures["answers"]
        if self.binning.task is Task.MULTICLASS:
            return class_counts(self.binning, counts, sums), None
        return None, error_counts(counts, sums)

    def _features(self) -> dict[str, FeatureHistogram]:
        if "features" not in self.counts:
            return {}
        counts, moments = self.counts["features"], self.figures["features"].reshape(-1, MOMENTS)
        offsets = self.binning.offsets
        return {
            feature.name: FeatureHistogram(feature, counts[offsets[place] : offsets[place + 1]], moments[place])
            for place, feature in enumerate(self.binning.features)
        }
