"""The demo company tells the same story for the same seed, and its incidents are in it."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from webapp.core.periods import DAY, HOUR, Window
from webapp.demo.company import Company, Stream
from webapp.demo.traffic import NEVER

OPENING = datetime(2026, 3, 10, 12, 20, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def company() -> Company:
    made = Company(OPENING)
    made.train()
    return made


def before(start: timedelta, end: timedelta) -> Window:
    return Window(OPENING - start, OPENING - end)


def accuracy(company: Company, window: Window) -> float:
    traffic = company.between("churn", window)
    went_well = traffic.errors == ""
    return float(((traffic.scores >= 0.5) == (traffic.actual == 1))[went_well].mean())


def test_the_same_seed_tells_the_same_story_and_another_one_another(company):
    window = before(3 * DAY, DAY)

    again = Company(OPENING).between("churn", window)
    other = Company(OPENING, seed=1).between("churn", window)

    first = company.between("churn", window)
    assert first.predictions() == again.predictions()
    assert first.outcomes() == again.outcomes()
    assert first.predictions() != other.predictions()


def test_a_window_told_in_parts_is_the_window_told_at_once(company):
    whole = company.between("card-fraud", before(2 * DAY, timedelta(0)))

    parts = [company.between("card-fraud", part) for part in before(2 * DAY, timedelta(0)).steps(7 * HOUR)]

    assert [name for part in parts for name in part.ids] == whole.ids.tolist()
    assert len(set(whole.ids.tolist())) == len(whole)
    assert (np.diff(whole.at) >= 0).all()


def test_the_live_stream_brings_other_predictions_than_the_steady_one(company):
    window = Window(OPENING, OPENING + HOUR)

    steady, live = (company.between("churn", window, stream=stream) for stream in Stream)

    assert len(live) > 3 * len(steady)
    assert set(steady.ids).isdisjoint(live.ids)


def test_the_price_change_moves_the_monthly_charges(company):
    calm = company.between("churn", before(20 * DAY, 14 * DAY)).frame["MonthlyCharges"].mean()
    dear = company.between("churn", before(12 * DAY, 7 * DAY)).frame["MonthlyCharges"].mean()

    assert dear / calm == pytest.approx(1.22, abs=0.03)


def test_the_new_contract_appears_and_was_never_seen_before(company):
    earlier = company.between("churn", before(30 * DAY, 7 * DAY)).frame["Contract"]
    later = company.between("churn", before(5 * DAY, 2 * DAY)).frame["Contract"]

    assert not (earlier == "Three year").any()
    assert (later == "Three year").mean() == pytest.approx(0.12, abs=0.03)


def test_the_bad_version_is_worse_until_it_is_rolled_back(company):
    good = accuracy(company, before(50 * DAY, 41 * DAY))
    bad = accuracy(company, before(40 * DAY, 38 * DAY))
    again = accuracy(company, before(37 * DAY, 30 * DAY))

    assert good > 0.85
    assert bad < 0.80
    assert again > 0.85


def test_the_slow_morning_and_the_silence_are_there(company):
    slow = company.between(
        "card-fraud", Window(MIDNIGHT - 9 * DAY + 10 * HOUR, MIDNIGHT - 9 * DAY + 13 * HOUR)
    ).latencies_ms
    usual = company.between("card-fraud", before(8 * DAY, 7 * DAY)).latencies_ms
    silent = company.between("churn", Window(MIDNIGHT - 5 * DAY + 9 * HOUR, MIDNIGHT - 5 * DAY + 14 * HOUR))

    assert slow.mean() > 1_000 > 100 > usual.mean()
    assert len(silent) == 0


def test_outcomes_come_days_later_and_some_never(company):
    traffic = company.between("churn", before(40 * DAY, 30 * DAY))

    told = traffic.told_at < NEVER
    days = (traffic.told_at[told] - traffic.at[told]) / 86_400_000_000

    assert 3 <= days.min() < days.max() <= 10
    assert 0.94 < told.mean() < 1
    assert len(traffic.outcomes()) == told.sum()


def test_a_customer_without_tenure_has_no_total_yet(company):
    predictions = company.between("churn", before(2 * DAY, DAY)).predictions()

    new = [item for item in predictions if item.features["tenure"] == 0]

    assert new
    assert all(item.features["TotalCharges"] is None for item in new)


def test_fraud_is_rare(company):
    traffic = company.between("card-fraud", before(60 * DAY, timedelta(0)))

    assert 0.005 < traffic.actual.mean() < 0.03


def test_a_promotion_that_nobody_told_the_model_leaves_it_too_low(company):
    promoted = company.between("demand-forecast", Window(MIDNIGHT - 11 * DAY, MIDNIGHT - 7 * DAY))
    usual = company.between("demand-forecast", before(25 * DAY, 13 * DAY))

    def errors(traffic):
        return traffic.scores - traffic.actual

    assert abs(errors(usual).mean()) < 1.5
    assert errors(promoted).mean() < -5
    drinks = promoted.frame["product"] == "Soft drinks"
    assert (errors(promoted)[drinks] < 0).mean() > 0.9


def test_a_new_line_of_products_is_sent_to_the_wrong_queue(company):
    traffic = company.between("ticket-routing", before(6 * DAY, timedelta(0)))
    right = traffic.scores.argmax(axis=1) == traffic.actual
    docks = traffic.frame["product"] == "Dock"

    assert docks.mean() == pytest.approx(0.17, abs=0.03)
    assert right[docks].mean() < 0.6 < 0.82 < right[~docks].mean()


def test_each_kind_of_model_sends_what_its_kind_sends(company):
    routed, forecast = (company.between(name, before(2 * DAY, DAY)) for name in ("ticket-routing", "demand-forecast"))

    ticket, order = (next(item for item in each.predictions() if not item.error) for each in (routed, forecast))

    assert sum(ticket.scores.values()) == pytest.approx(1, abs=1e-5)
    assert ticket.score is None
    assert order.predicted > 0
    assert {outcome.actual for outcome in routed.outcomes()} <= set(company.worlds["ticket-routing"].classes)


def test_importances_are_shares_and_what_does_not_matter_has_little(company):
    for name in company.worlds:
        found = company.importances(name)
        assert sum(found.values()) == pytest.approx(1, abs=0.01)
        assert min(found.values()) >= 0
    assert company.importances("churn")["tenure"] > company.importances("churn")["PaperlessBilling"]


def test_predictions_carry_the_segments_of_their_world(company):
    for name, world in company.worlds.items():
        day = company.day(name, MIDNIGHT - timedelta(days=5))
        for sent in day.rows(np.arange(min(len(day), 5))).predictions():
            assert sent.segments == {key: sent.features[column] for key, column in world.segments.items()}
