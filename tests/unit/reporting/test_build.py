"""The document: what it says of a month, by rules alone."""

import dataclasses
import re
from datetime import UTC, datetime

from tests.unit.reporting import made
from webapp.metrics.metric import Value, undefined
from webapp.reporting.build import build
from webapp.reporting.document import (
    Document,
    Level,
    Recommendations,
    Steps,
    Table,
    as_json,
    as_plain,
    changes_between,
    content_hash,
    from_plain,
)
from webapp.reporting.drawing import settled
from webapp.reporting.facts import Facts


def document(facts: Facts | None = None, *, revision: int = 1) -> Document:
    return build(facts or made.facts(), created_at=made.NOW, created_by="ada", revision=revision)


def words(document: Document) -> str:
    """Return everything that the document says, without its drawings."""
    plain = as_plain(document)

    def spoken(value: object, key: str = "") -> list[str]:
        if isinstance(value, dict):
            return [text for name, each in value.items() for text in spoken(each, name)]
        if isinstance(value, list | tuple):
            return [text for each in value for text in spoken(each)]
        return [str(value)] if isinstance(value, str) and key != "svg" else []

    return "\n".join(spoken(plain))


def rows(document: Document, caption: str) -> list[tuple[str, ...]]:
    blocks = [block for section in document.sections for block in section.blocks]
    tables = [block for block in blocks if isinstance(block, Table)]
    return list(next(table for table in tables if table.caption == caption).rows)


def test_the_worked_example_reads_as_the_documents_have_it():
    said = words(document())

    for figure in ("88.0%", "71.4%", "78.9%", "$540,000", "$31,500", "1,614.3%", "17.1×", "74.8%"):
        assert figure in said, figure


def test_the_first_page_has_six_figures_with_target_former_value_and_tone():
    cards = document().cards()

    assert len(cards) == 6
    accuracy = cards[0]
    assert (accuracy.label, accuracy.value, accuracy.target, accuracy.previous) == (
        "Accuracy",
        "88.0%",
        "≥ 85.0%",
        "86.0%",
    )
    assert (accuracy.delta, accuracy.direction, accuracy.tone) == ("+2.0 pp", "up", "better")


def test_there_is_one_return_on_investment_and_the_multiple_is_not_called_so():
    figures = {row[0]: row for row in rows(document(), "Money, customers and return")}

    assert figures["ROI"][1] == "1,614.3%"
    assert figures["Return multiple"][1] == "17.1×"
    assert document().cards()[3].value == figures["ROI"][1]


def test_months_add_up_as_ratio_of_sums():
    together = rows(document(), "Investment and returns")[-1]

    assert together[:5] == ("Together", "$145,000", "$702,000", "$557,000", "384.1%")
    assert "383.7" not in words(document())


def test_a_share_changes_in_points_and_an_amount_in_percent():
    quality = {row[0]: row for row in rows(document(), "Quality")}
    money = {row[0]: row for row in rows(document(), "Money, customers and return")}

    assert quality["Accuracy"][-1] == "+2.0 pp better"
    assert money["Revenue protected (est.)"][3] == "+4.7% better"


def test_a_month_without_data_says_so_and_shows_no_zero():
    said = document(made.silent_facts())

    assert said.status.level is Level.UNKNOWN
    assert said.status.word == "No data"
    assert said.badge == "No data"
    assert {card.value for card in said.cards()[:5]} == {"—"}
    assert not re.search(r"(?<![\d.])0(\.0+)?%", words(said))


def test_the_month_in_progress_is_marked_and_compared_with_the_same_days():
    until = datetime(2026, 3, 22, 12, tzinfo=UTC)

    said = document(made.facts(period=made.period(until=until)))

    assert said.badge == "Month to date, 22 of 31 days"
    assert not said.is_final
    assert said.compared_with == "Compared with the same days of February 2026"


def test_without_outcomes_nothing_is_called_good():
    nothing = undefined("no outcomes yet", coverage=0.0)
    values = made.worked_values() | dict.fromkeys(("accuracy", "precision", "recall", "roi"), nothing)
    values["outcome_coverage"] = Value(0.0)

    said = document(made.facts(made.model_facts(now=values)))

    assert said.status.level is Level.UNKNOWN
    assert "no outcome is known yet" in said.status.sentence
    assert said.cards()[0].value == "—"


def test_thin_coverage_makes_figures_provisional():
    values = made.worked_values()
    values["accuracy"] = dataclasses.replace(values["accuracy"], coverage=0.12, provisional=True)
    values["outcome_coverage"] = Value(0.12)

    said = document(made.facts(made.model_facts(now=values)))

    assert said.cards()[0].note == "Provisional: outcomes known for 12%."
    assert "Outcomes known for only 12%" in words(said)


def test_no_investment_is_not_a_return_of_zero():
    values = made.worked_values()
    values |= {name: undefined("no investment in this window") for name in ("roi", "return_multiple")}

    said = document(made.facts(made.model_facts(now=values)))

    assert {row[0]: row for row in rows(said, "Money, customers and return")}["ROI"][1] == "—"


def test_a_good_month_is_not_praised():
    values = made.worked_values() | {"drift_score": Value(0.05)}
    calm = made.alert_month(opened=0, unresolved=0, worst=())

    said = document(made.facts(made.model_facts(now=values), alerts=calm))

    assert said.status.level is Level.GOOD
    for praise in ("excellent", "exceptional", "great", "impressive", "successfully"):
        assert praise not in words(said).lower()


def test_every_recommendation_names_its_rule_evidence_and_effect():
    blocks = [block for section in document().sections for block in section.blocks]
    advice = next(block for block in blocks if isinstance(block, Recommendations)).recommendations

    assert {each.rule for each in advice} == {"target:drift_score", "better-threshold", "unresolved-alert"}
    assert all(each.evidence and each.effect for each in advice)


def test_a_better_threshold_is_named_with_its_gain():
    said = words(document())

    assert "Move the threshold from 0.50 to 0.40" in said
    assert "+$50,500 net benefit" in said


def test_all_models_are_one_report_with_sums():
    credit = made.model_facts(model=made.model(id=2, name="credit", title="Credit default"))

    said = document(made.facts(made.model_facts(), credit))

    assert said.scope == "All models"
    assert said.cards()[2].value == "$1,080,000"
    assert rows(said, "Money by model")[-1][0] == "All models in USD"


def test_models_in_two_currencies_are_never_summed():
    euro = made.model_facts(model=made.model(id=2, name="credit"), business=(made.business(currency="EUR"),))

    said = document(made.facts(made.model_facts(), euro))

    assert said.cards()[2].value == "€540,000 · $540,000"


def test_a_section_without_anything_to_say_is_left_out():
    credit = made.model_facts(model=made.model(id=2, name="credit"))

    names = [section.name for section in document(made.facts(made.model_facts(), credit)).sections]

    assert "roi" not in names
    assert names[0] == "summary"


def test_a_document_survives_its_way_through_the_database():
    said = document()

    assert from_plain(as_plain(said)) == said
    assert as_json(from_plain(as_plain(said))) == as_json(said)


def test_what_a_report_says_has_one_hash_whoever_made_it_and_when():
    first = build(made.facts(), created_at=made.NOW, created_by="ada")
    second = build(made.facts(), created_at=datetime(2026, 5, 1, tzinfo=UTC), created_by="bea", revision=2)

    assert content_hash(first) == content_hash(second)
    assert content_hash(first) != content_hash(document(made.silent_facts()))


def test_a_later_revision_lists_what_reads_differently():
    later = made.facts(made.model_facts(now=made.worked_values(tp=460, fn=110)))

    changes = changes_between(document(), document(later))

    assert ("Revenue protected", "$540,000", "$552,000") in [(each.label, each.before, each.after) for each in changes]


def test_a_sum_whose_outcomes_still_arrive_is_not_called_worse():
    now = {name: dataclasses.replace(value, coverage=0.7) for name, value in made.worked_values(tp=200).items()}

    said = document(made.facts(made.model_facts(now=now)))

    revenue = said.cards()[2]
    assert (revenue.tone, revenue.word) == ("unclear", "outcomes pending")


def test_the_first_page_says_what_to_do_first():
    blocks = [block for section in document().sections for block in section.blocks]

    (steps,) = [block for block in blocks if isinstance(block, Steps)]
    assert len(steps.steps) == 3
    assert steps.steps[0].startswith("Check the source of the feature MonthlyCharges")


def test_a_formula_with_its_numbers_comes_out_at_what_it_says():
    terms = made.business(save_rate=0.35)
    values = made.worked_values() | {"revenue_protected": Value(450 * 0.35 * 1_200)}

    said = words(document(made.facts(made.model_facts(business=(terms,), now=values))))

    assert "450 × 35% × $1,200 = $189,000" in said
    assert "(450 + 1,750) ÷ 2,500 = 88.0%" in said


def test_a_step_with_few_outcomes_is_a_gap_in_the_chart():
    series = made.trend("accuracy")
    first = dataclasses.replace(series.points[0], value=Value(1.0, sample_count=1, provisional=True))

    drawn = settled(dataclasses.replace(series, points=(first, *series.points[1:])))

    assert drawn.points[0].value.value is None
    assert drawn.points[1].value.value is not None


def test_what_misses_its_target_is_not_called_on_target():
    values = made.worked_values() | {"drift_score": Value(0.2)}

    said = document(made.facts(made.model_facts(now=values), alerts=made.alert_month(opened=0, unresolved=0, worst=())))

    assert (said.status.level, said.status.word) == (Level.GOOD, "Within limits")
    assert "short of its target: Drift score 0.200 (≤ 0.100)" in said.status.sentence
    assert said.cards()[4].level is None
