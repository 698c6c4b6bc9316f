"""Whether the data is still what the model knows: the features that moved most, against their noise floor."""

from collections.abc import Sequence

from webapp.core import formatting
from webapp.drift.registry import method_named
from webapp.figures.drift import drift_bars
from webapp.metrics.drift import DriftReport, FeatureDrift
from webapp.reporting.document import Block, Column, Pair, Paragraph, Table
from webapp.reporting.drawing import chart
from webapp.reporting.facts import Facts
from webapp.reporting.section import Section
from webapp.reporting.wording import NOTHING, counted

LARGEST = 8
WORDS = {"ok": "stable", "warning": "moved", "critical": "moved far", "undefined": "not comparable"}


def build(facts: Facts) -> Sequence[Block]:
    each = facts.only
    if each is None or each.predictions <= 0:
        return []
    report = each.drift
    if report is None or report.baseline is None:
        return [Paragraph("There is no baseline to compare the data with, so drift is not measured.")]
    blocks: list[Block] = [Paragraph(_said(report))]
    scored = [feature for feature in report.features if feature.score.value is not None]
    if scored:
        height = 60 + 22 * min(len(scored), LARGEST)
        figure = drift_bars(report, largest=LARGEST)
        words = f"Drift score of the {min(len(scored), LARGEST)} features that moved most."
        blocks.append(Pair(chart(figure, "Drift score", words, height=height, is_half=True), _table(scored)))
    return blocks


def _said(report: DriftReport) -> str:
    assert report.baseline is not None
    moved = [feature for feature in report.features if feature.level in {"warning", "critical"}]
    against = f"baseline {report.baseline.number} ({counted(report.baseline.row_count, 'row')})"
    if report.score.value is None:
        return f"Drift against {against} could not be measured: {report.score.reason or 'no features'}."
    start = f"Measured with {method_named(report.method).label} against {against}, "
    if not moved:
        return f"{start}none of {counted(len(report.features), 'feature')} moved over the warning line."
    names = ", ".join(feature.name for feature in moved[:3])
    return f"{start}{len(moved)} of {counted(len(report.features), 'feature')} moved over the warning line: {names}."


def _table(features: Sequence[FeatureDrift]) -> Table:
    columns = (
        Column("Feature", share=4),
        Column("Score", is_number=True, share=2),
        Column("Noise", is_number=True, share=2),
        Column("Missing", is_number=True, share=2),
        Column("State", share=3),
    )
    return Table("Features that moved most", columns, tuple(_row(feature) for feature in features[:LARGEST]))


def _row(feature: FeatureDrift) -> tuple[str, ...]:
    score, floor, missing = feature.score.value, feature.noise_floor, feature.missing_share
    return (
        feature.name,
        NOTHING if score is None else formatting.number(score, 3),
        NOTHING if floor is None else formatting.number(floor, 3),
        NOTHING if missing is None else formatting.share(missing, 1),
        WORDS[feature.level],
    )


SECTION = Section(title="Drift", order=60, build=build)
