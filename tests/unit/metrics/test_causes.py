"""Which causes are named, in which order and words, for what was counted in two windows."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.metrics.answered import DEMAND, error_counts
from tests.unit.metrics.evidence import MARCH, MODEL
from webapp.catalog.binning import COUNTERS, FeatureBins
from webapp.catalog.binning import Kind as FeatureKind
from webapp.catalog.models import Deployment
from webapp.metrics import causes
from webapp.metrics.cause import Clues, Kind, Part, Side
from webapp.metrics.difference import difference
from webapp.metrics.evidence import Evidence
from webapp.metrics.feature_drift import FeatureDrift, Level
from webapp.metrics.metric import Value, undefined
from webapp.metrics.queries import value_of
from webapp.metrics.registry import METRICS
from webapp.telemetry.aggregate import EMPTY, Aggregate, FeatureHistogram, Tally, no_moments


def rows(right, wrong, *, predictions=None, features=None):
    """Return the counts of decisions of which so many were right."""
    known = right + wrong
    tally = Tally(predictions=predictions or known, known=known, tp=right // 2, tn=right - right // 2, fp=wrong)
    return Aggregate(tally=tally, features=features or {})


def side(parts=None, *, whole=None, segments=None, metric="accuracy", model=MODEL, estimate=None):
    """Return a window by version, with everything valued by the metric."""

    def part(aggregate):
        return Part(aggregate, value_of(METRICS[metric], Evidence(model, MARCH, aggregate=aggregate)))

    total = whole if whole is not None else sum(parts.values(), EMPTY)
    return Side(
        part(total),
        versions={name: part(each) for name, each in (parts or {"v12": total}).items()},
        segments={
            key: {value: part(each) for value, each in values.items()} for key, values in (segments or {}).items()
        },
        estimate=estimate,
    )


def clues(before, now, *, metric="accuracy", **more):
    change = difference(before.whole.value, now.whole.value, METRICS[metric])
    return Clues(METRICS[metric], before, now, change, **more)


def kinds(found):
    return [cause.kind for cause in found]


def moved(name, score, *, floor=0.05, level=Level.CRITICAL, importance=None, weight=1.0):
    value = Value(score, sample_count=1000)
    return FeatureDrift(
        name, "number", value, floor, None, level, 0.0, 0.0, 0.0, (), 0, 1000, 0.0, 0.0, importance, weight
    )


def values_of(name, *, missing, present):
    bins = FeatureBins(name, FeatureKind.NUMERIC, edges=(0.0, 1.0))
    counts = np.zeros(COUNTERS + 1, dtype=np.int64)
    counts[0], counts[COUNTERS] = missing, present
    return FeatureHistogram(bins, counts, no_moments(1)[0])


def test_a_change_within_chance_is_said_to_be_none_and_its_causes_are_hints():
    before = side({"v12": rows(880, 120)})
    now = side({"v12": rows(170, 26), "v13": rows(70, 14)})

    found = clues(before, now)

    assert causes.headline(found).startswith("No clear change: the drop of 2.3 pp is within what chance gives (±")
    assert not causes.is_clear(found)
    assert causes.ranked(found)
    assert not any(cause.clear for cause in causes.ranked(found))


def test_a_clear_drop_says_how_far_and_how_sure():
    found = clues(side({"v12": rows(8800, 1200)}), side({"v12": rows(8200, 1800)}))

    assert causes.headline(found) == "Accuracy went from 88.0% to 82.0%: -6.0 pp, give or take 1.0 pp."
    assert causes.is_clear(found)


def test_a_version_that_took_over_carries_what_it_is_worse_with_the_instant_of_its_deployment():
    deployed = Deployment(MARCH.start, "v13", "")
    before, now = side({"v12": rows(8800, 1200)}), side({"v12": rows(4400, 600), "v13": rows(3800, 1200)})

    (cause,) = causes.ranked(clues(before, now, deployments=[deployed]))

    assert (cause.kind, cause.version, cause.at) == (Kind.VERSION, "v13", MARCH.start)
    assert cause.contribution == pytest.approx(-0.06)
    assert cause.title == (
        "Version v13 took over: it weighs 50% instead of 0%; its accuracy is 76.0%, where all had 88.0% before."
    )


def test_a_version_that_ran_before_and_got_worse_clears_the_new_one():
    before = side({"v12": rows(8800, 1200)})
    now = side({"v12": rows(4000, 1000), "v13": rows(4000, 1000)})

    found = causes.ranked(clues(before, now))

    by_itself = next(cause for cause in found if cause.version == "v12")
    assert by_itself.title == "Version v12, which ran before too, went from 88.0% to 80.0%."
    assert by_itself.contribution == pytest.approx(-0.08 * 2 / 3)  # the weight it had in both windows


def test_one_version_alone_explains_nothing():
    found = causes.ranked(clues(side({"v12": rows(8800, 1200)}), side({"v12": rows(8000, 2000)})))

    assert found == ()


def test_the_segment_that_lost_most_comes_first_and_one_that_lost_its_part_is_not_named():
    before = side(
        whole=rows(8800, 1200),
        segments={"plan": {"basic": rows(2640, 360), "plus": rows(6160, 840)}},
    )
    now = side(
        whole=rows(8200, 1800),
        segments={"plan": {"basic": rows(2040, 960), "plus": rows(6160, 840)}},
    )

    (cause,) = causes.ranked(clues(before, now))

    assert (cause.kind, cause.segment) == (Kind.SEGMENT, "plan=basic")
    assert cause.contribution == pytest.approx(-0.06)
    assert cause.title == "plan=basic went from 88.0% to 68.0%; it weighs 30%."


def test_a_segment_that_grew_is_named_for_its_weight_and_a_new_one_for_being_new():
    before = side(whole=rows(8600, 1400), segments={"plan": {"basic": rows(600, 400), "plus": rows(8000, 1000)}})
    grown = side(whole=rows(7400, 2600), segments={"plan": {"basic": rows(2400, 1600), "plus": rows(5000, 1000)}})
    trial = side(whole=rows(7600, 2400), segments={"plan": {"trial": rows(1000, 1000), "plus": rows(6600, 1400)}})

    weighs, new = causes.ranked(clues(before, grown))[0], causes.ranked(clues(before, trial))[0]

    assert weighs.title == "plan=basic weighs 40% instead of 10%; its accuracy is 60.0%."
    assert new.title == "plan=trial is new: 20% of what counts, accuracy 50.0%."


def test_a_drop_that_is_the_same_everywhere_is_said_to_be():
    parts = {"basic": rows(4400, 600), "plus": rows(4400, 600)}
    worse = {"basic": rows(4000, 1000), "plus": rows(4000, 1000)}
    found = clues(
        side(whole=rows(8800, 1200), segments={"plan": parts}), side(whole=rows(8000, 2000), segments={"plan": worse})
    )

    assert causes.ranked(found) == ()
    assert causes.notes(found, ()) == ("No value of plan stands out: the drop is in all of them.",)


def test_a_segment_too_small_to_tell_is_a_hint():
    before = side(whole=rows(8800, 1200), segments={"plan": {"rare": rows(660, 90), "plus": rows(8140, 1110)}})
    now = side(whole=rows(312, 88), segments={"plan": {"rare": rows(21, 9), "plus": rows(291, 79)}})

    (cause,) = causes.ranked(clues(before, now))

    assert (cause.segment, cause.clear) == ("plan=rare", False)


def test_few_known_outcomes_come_before_every_other_cause():
    before, now = side({"v12": rows(880, 120)}), side({"v13": rows(280, 120, predictions=1000)})

    found = causes.ranked(clues(before, now))

    assert kinds(found)[0] is Kind.COVERAGE
    assert found[0].title == "Only 40% of the outcomes are known: the drop may be who answered first."


def test_no_outcomes_at_all_is_the_first_thing_said():
    now = side({"v12": Aggregate(tally=Tally(predictions=500))})

    found = clues(side({"v12": rows(880, 120)}), now)

    assert causes.headline(found) == "Accuracy cannot be compared: now there is none (no outcomes yet)."
    assert causes.ranked(found)[0].title == "No outcomes are known yet; right and wrong show when they arrive."


def test_fewer_outcomes_than_before_are_a_cause_although_enough_are_known():
    before, now = side({"v12": rows(9000, 1000)}), side({"v12": rows(6000, 2000, predictions=10_000)})

    (cause,) = causes.ranked(clues(before, now))

    assert cause.title == "Outcomes are known for 80% instead of 100%: the rest may differ."


def test_what_the_scores_foretold_is_other_cases_and_the_rest_is_another_relation():
    def both(first, second):
        before, now = side({"v12": rows(8800, 1200)}), side({"v12": rows(8000, 2000)})
        return clues(replace(before, estimate=Value(first)), replace(now, estimate=Value(second)))

    (inputs,) = causes.ranked(both(0.88, 0.81))
    (relation,) = causes.ranked(both(0.88, 0.879))

    assert (inputs.kind, inputs.contribution) == (Kind.INPUTS, pytest.approx(-0.07))
    assert "(covariate shift)" in inputs.title
    assert (relation.kind, relation.contribution) == (Kind.RELATION, pytest.approx(-0.079))
    assert relation.title == (
        "The scores foretold 87.9%, but 80.0% came true: the same scores mean something else now (concept drift)."
    )


def test_without_an_estimate_nothing_is_said_about_the_scores():
    before, now = side({"v12": rows(8800, 1200)}), side({"v12": rows(8000, 2000)})
    nothing = undefined("the baseline has no outcomes to calibrate with")

    assert causes.ranked(clues(replace(before, estimate=nothing), replace(now, estimate=nothing))) == ()


def test_features_are_ranked_by_drift_times_importance_and_only_said_to_have_moved():
    before, now = side({"v12": rows(8800, 1200)}), side({"v12": rows(8000, 2000)})
    drifts = [
        moved("noise", 0.9, importance=0.01, weight=0.02),
        moved("tenure", 0.45, importance=0.5, weight=1.0, level=Level.WARNING),
        moved("still", 0.04, level=Level.OK),
    ]

    first, second = causes.ranked(clues(before, now, drifts=drifts))

    assert first.title == "tenure moved: 0.450 from the time before; importance 0.50."
    assert second.title == "noise moved far: 0.900 from the time before; importance 0.01."
    assert first.contribution is None


def test_values_that_stopped_coming_are_named_as_missing_and_not_as_moved_too():
    before = side({"v12": rows(8800, 1200)})
    features = {"tenure": values_of("tenure", missing=3000, present=7000)}
    now = side({"v12": rows(8000, 2000, features=features)})
    reference = {"tenure": values_of("tenure", missing=100, present=9900)}

    (cause,) = causes.ranked(clues(before, now, drifts=[moved("tenure", 0.5)], reference=reference))

    assert (cause.kind, cause.feature) == (Kind.MISSING, "tenure")
    assert cause.title == "tenure is missing in 30.0%, in the time before in 1.0%."


def test_a_feature_that_no_prediction_has_any_more_is_missing_altogether():
    before, now = side({"v12": rows(8800, 1200)}), side({"v12": rows(8000, 2000)})
    reference = {"tenure": values_of("tenure", missing=0, present=10_000)}

    (cause,) = causes.ranked(clues(before, now, drifts=[moved("tenure", None)], reference=reference))

    assert cause.facts[0].now == 1.0


def test_an_area_names_the_worse_version_without_a_contribution():
    def area(value):
        return Value(value, sample_count=5000, low=value - 0.005, high=value + 0.005, coverage=1.0)

    def window(**versions):
        parts = {name: Part(rows(4000, 1000), area(value)) for name, value in versions.items()}
        mean = sum(versions.values()) / len(versions)
        return Side(Part(sum((part.aggregate for part in parts.values()), EMPTY), area(mean)), versions=parts)

    found = causes.ranked(clues(window(v12=0.84), window(v12=0.84, v13=0.78), metric="roc_auc"))
    better = causes.ranked(clues(window(v12=0.84), window(v12=0.70, v13=0.90), metric="roc_auc"))
    as_good = causes.ranked(clues(window(v12=0.84, v13=0.84), window(v13=0.78), metric="roc_auc"))

    assert (found[0].kind, found[0].version, found[0].contribution) == (Kind.VERSION, "v13", None)
    assert better == as_good == ()


def test_errors_of_numbers_split_in_their_own_unit():
    rng = np.random.default_rng(5)

    def errors(spread, size=2000):
        counts = error_counts(50 + rng.normal(0, spread, size), np.full(size, 50.0))
        return Aggregate(tally=Tally(predictions=size, known=size), errors=counts)

    def window(drinks):
        segments = {"product": {"drinks": errors(drinks), "bread": errors(2.0)}}
        whole = sum(segments["product"].values(), EMPTY)
        return side(whole=whole, segments=segments, metric="mae", model=DEMAND)

    before, now = window(2.0), window(8.0)
    (cause,) = causes.ranked(clues(before, now, metric="mae"))

    assert cause.segment == "product=drinks"
    assert cause.contribution == pytest.approx(now.whole.value.value - before.whole.value.value, rel=0.1)
