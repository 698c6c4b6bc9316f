"""What to do next: only what follows from a rule over this month's figures."""

from collections.abc import Sequence

from webapp.reporting.advice import recommendations
from webapp.reporting.document import Block, Recommendations
from webapp.reporting.facts import Facts
from webapp.reporting.observations import observations
from webapp.reporting.section import Section


def build(facts: Facts) -> Sequence[Block]:
    advice = recommendations(facts, observations(facts))
    return [Recommendations(advice, "No rule leads to a recommendation for this period.")]


SECTION = Section(title="Recommendations", order=80, build=build)
