"""What needs attention, the worst first, each with its evidence, its owner and since when."""

from collections.abc import Sequence

from webapp.reporting.advice import recommendations
from webapp.reporting.document import Block, Finding, Findings, Paragraph, Steps
from webapp.reporting.facts import Facts
from webapp.reporting.observations import observations
from webapp.reporting.section import Section

MOST = 5
FIRST_STEPS = 3


def build(facts: Facts) -> Sequence[Block]:
    observed = observations(facts)
    shown = tuple(Finding(each.level, each.title, each.evidence, each.owner, each.since) for each in observed[:MOST])
    blocks: list[Block] = [Findings(shown, "No rule found anything that needs attention.")]
    if rest := observed[MOST:]:
        blocks.append(Paragraph(f"And {len(rest)} more: {'; '.join(each.title for each in rest)}.", is_note=True))
    if steps := tuple(each.text for each in recommendations(facts, observed)[:FIRST_STEPS]):
        blocks.append(Steps("What to do first", steps))
    return blocks


SECTION = Section(title="Attention areas", order=20, build=build)
