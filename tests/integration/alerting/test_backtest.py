"""A replay of a rule finds the very episodes that the live engine finds, job by job, over the same days."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy.orm import Session

from tests.factories import (
    NOW,
    ROOT,
    fold_all,
    make_actor,
    make_business,
    make_measurements,
    make_model,
    make_outcomes,
    make_predictions,
    outcome,
    prediction,
)
from tests.integration.alerting.helpers import alerts, cpu_rule, save
from webapp.accounts.permissions import Role
from webapp.alerting.backtest import backtest
from webapp.alerting.document import RuleDocument, Scope
from webapp.alerting.severity import Severity
from webapp.alerting.tables import AlertRow
from webapp.alerting.types import AlertType, NoData
from webapp.core.errors import ForbiddenError, InvalidInputError
from webapp.runtime import Runtime
from webapp.telemetry.segments import declare
from webapp.worker import runs

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HISTORY, DAYS = 9, 3  # days of data, of which the last ones are replayed


def rule(name: str, metric: str, kind: str = "threshold", **fields: Any) -> RuleDocument:
    document = {
        "name": name,
        "type": AlertType.PERFORMANCE_DEGRADATION,
        "kind": kind,
        "metric": metric,
        "interval_seconds": 3600,
    }
    return RuleDocument(**{**document, **fields})


BOTH = [{"high": 0.1}, {"metric": "response_time_mean", "medium": 100, "high": 140}]
DOCUMENTS = (
    rule("errors", "error_rate", parameters={"low": 0.1, "high": 0.3, "window_minutes": 60}),
    rule("errors, waited for", "error_rate", parameters={"low": 0.1, "window_minutes": 120}, for_seconds=2 * 3600),
    rule(
        "errors, kept",
        "error_rate",
        parameters={"low": 0.1, "recover_at": 0.05, "window_minutes": 60},
        keep_firing_for_seconds=3 * 3600,
        no_data=NoData.OK,
    ),
    rule("accuracy", "accuracy", parameters={"direction": "below", "medium": 0.87}, minimum_sample_count=30),
    rule("auc", "roc_auc", parameters={"direction": "below", "medium": 0.85, "window_minutes": 720}),
    rule("money", "net_benefit", parameters={"direction": "below", "medium": 1900, "window_minutes": 360}),
    rule("slow", "response_time_p95", parameters={"medium": 150, "window_minutes": 180}),
    rule("drop", "accuracy", "drop_from_baseline", parameters={"high": 0.03, "days": 2, "window_minutes": 720}),
    rule("median", "error_rate", "drop_from_baseline",
         parameters={"direction": "rise", "high": 0.05, "days": 5, "average": "median", "window_minutes": 60}),
    rule("rate", "response_time_mean", "rate_of_change",
         parameters={"medium": 30, "measured_in": "percent", "window_minutes": 60, "over_minutes": 120}),
    rule("usual", "prediction_count", "seasonal_baseline",
         parameters={"measured_in": "percent", "low": 60, "weeks": 1, "weeks_minimum": 1}),
    rule("odd", "error_rate", "anomaly",
         parameters={"medium": 4, "days": 5, "least_change": 0.05, "window_minutes": 60}),
    rule("both", "error_rate", "composite", parameters={"conditions": BOTH, "window_minutes": 60}),
    rule("few", "prediction_count", "absence",
         parameters={"severity": "medium", "fewer_than": 4, "usual_above": 6, "weeks": 1}),
    rule("plans", "error_rate", scope=Scope(model="churn", segment="plan"),
         parameters={"high": 0.25, "window_minutes": 120}),
    rule("basic", "error_rate", scope=Scope(model="churn", version="v12", segment="plan=basic"),
         parameters={"high": 0.25, "window_minutes": 120}),
    rule("no data", "response_time_mean", scope=Scope(model="fraud"),
         parameters={"high": 100, "window_minutes": 60}, no_data=NoData.ALERT),
    cpu_rule("machines", interval_seconds=3600, parameters={"medium": 80, "high": 90, "window_minutes": 60}),
    cpu_rule("machines, odd", kind="anomaly", interval_seconds=3600,
             parameters={"high": 4, "days": 3, "least_change": 5, "direction": "above"}),
    rule("silent", "availability", "absence",
         parameters={"severity": "critical", "intervals": 2, "every_seconds": 3600}),
)  # fmt: skip


QUICK = tuple(
    msgspec.structs.replace(document, interval_seconds=300)
    for document in (
        rule("errors", "error_rate", parameters={"low": 0.1, "high": 0.5, "window_minutes": 15}),
        rule("errors, waited for", "error_rate", parameters={"low": 0.1, "window_minutes": 20}, for_seconds=900),
        rule("errors, kept", "error_rate", keep_firing_for_seconds=1800, no_data=NoData.OK,
             parameters={"low": 0.2, "recover_at": 0.1, "window_minutes": 15}),
        rule("errors, enough", "error_rate", parameters={"low": 0.1, "window_minutes": 60}, minimum_sample_count=9),
        rule("accuracy", "accuracy", parameters={"direction": "below", "medium": 0.7, "window_minutes": 45}),
        rule("money", "net_benefit", parameters={"direction": "below", "medium": 10, "window_minutes": 30}),
        rule("slow", "response_time_p95", parameters={"medium": 150, "window_minutes": 30}),
        rule("rate", "response_time_mean", "rate_of_change",
             parameters={"medium": 80, "measured_in": "percent", "window_minutes": 15, "over_minutes": 30}),
        rule("both", "error_rate", "composite", parameters={"conditions": BOTH, "window_minutes": 30}),
        rule("any", "error_rate", "composite", parameters={"conditions": BOTH, "match": "any", "window_minutes": 30}),
        rule("plans", "error_rate", scope=Scope(model="churn", segment="plan"),
             parameters={"high": 0.25, "window_minutes": 30}),
        rule("no data", "response_time_mean", scope=Scope(model="fraud"),
             parameters={"high": 100, "window_minutes": 60}, no_data=NoData.ALERT),
        rule("silent", "availability", "absence",
             parameters={"severity": "critical", "intervals": 2, "every_seconds": 3600}),
        cpu_rule("machines", parameters={"medium": 80, "high": 90, "window_minutes": 15}),
    )
)  # fmt: skip


# What these are compared with is known by the hour, and so are they: they begin and end at full hours, live too.
BY_THE_HOUR = tuple(
    msgspec.structs.replace(document, interval_seconds=300)
    for document in (
        rule("usual", "prediction_count", "seasonal_baseline",
             parameters={"measured_in": "percent", "low": 40, "weeks": 1, "weeks_minimum": 1}),
        rule("odd", "error_rate", "anomaly",
             parameters={"medium": 4, "days": 5, "least_change": 0.05, "window_minutes": 60}),
        rule("few", "prediction_count", "absence",
             parameters={"severity": "medium", "fewer_than": 9, "usual_above": 6, "weeks": 1}),
    )
)  # fmt: skip


def fill(session: Session, *, seed: int = 11) -> None:
    """Store nine days of a model with bad hours and silent ones, of another that is rare, and of two machines."""
    rng = random.Random(seed)
    churn = make_model(session, now=NOW - HISTORY * DAY)
    declare(session, churn, ["plan"], now=NOW - HISTORY * DAY)
    make_business(session, churn, customer_value=100, contact_cost=10)
    make_business(session, churn, customer_value=120, contact_cost=30, valid_from=NOW - DAY - 7 * HOUR)
    make_model(session, "fraud", now=NOW - HISTORY * DAY)
    items, answers = [], []
    for hour in range(HISTORY * 24):
        start = NOW - (hour + 1) * HOUR
        is_bad, is_silent = rng.random() < 0.12, rng.random() < 0.06
        for number in range(0 if is_silent else rng.randrange(6, 16)):
            name, at = f"h{hour}-{number}", start + rng.random() * HOUR
            score, fails = rng.random(), rng.random() < (0.35 if is_bad else 0.02)
            right = rng.random() < (0.6 if is_bad else 0.9)
            items.append(
                prediction(
                    name,
                    at=at,
                    score=None if fails else score,
                    error="boom" if fails else None,
                    latency_ms=rng.lognormvariate(4.6 if is_bad else 4.2, 0.5),
                    segments={"plan": rng.choice(["basic", "gold"])},
                )
            )
            if not fails:
                answers.append(outcome(name, (score >= 0.5) is right))
        if hour % 5 == 0:
            items.append(prediction(f"f{hour}", model="fraud", at=start + HOUR / 2, latency_ms=150.0))
        for machine in ("api-1", "api-2"):
            busy = rng.random() < 0.1
            if not (machine == "api-2" and 20 < hour < 26):
                make_measurements(
                    session,
                    values=[rng.uniform(82, 99) if busy else rng.uniform(20, 60) for _ in range(3)],
                    instance=machine,
                    start=start + 10 * MINUTE,
                    every=15 * MINUTE,
                    now=start + HOUR,
                )
                make_measurements(session, "up", [1.0], instance=machine, start=start + 59 * MINUTE, now=start + HOUR)
    make_predictions(session, items)
    make_outcomes(session, answers)
    while fold_all(session):
        pass


@dataclass
class Lived:
    """What the live engine did with one alert."""

    worst: int
    values: list[float] = field(default_factory=list)


def live(runtime: Runtime, *, slots: int, every: timedelta) -> tuple[dict[UUID, Lived], list[AlertRow]]:
    """Run the job at so many slots until now, as `job run evaluate_rules --at …` does."""
    lived: dict[UUID, Lived] = {}
    for number in reversed(range(slots)):
        at = NOW - number * every
        runs.run_now(runtime, "evaluate_rules", at=at)
        with runtime.transaction() as session:
            for alert in alerts(session):
                known = lived.setdefault(alert.id, Lived(alert.severity))
                if alert.evaluated_at == at and alert.value is not None:
                    known.worst = max(known.worst, alert.severity)
                    known.values.append(alert.value)
    with runtime.transaction() as session:
        return lived, list(alerts(session))


@pytest.mark.parametrize(
    ("documents", "days", "every", "slots"),
    [
        (DOCUMENTS, DAYS, HOUR, DAYS * 24),
        (QUICK, 1, 5 * MINUTE, 24 * 12),
        (BY_THE_HOUR, 1, 5 * MINUTE, 23 * 12 + 1),  # the replay begins at the first full hour
    ],
    ids=["every hour", "every five minutes", "by the hour"],
)
def test_a_replay_has_the_episodes_of_the_live_engine(
    runtime: Runtime, documents: Sequence[RuleDocument], days: int, every: timedelta, slots: int
) -> None:
    with runtime.transaction() as session:
        fill(session)
        for document in documents:
            save(session, document, now=NOW - days * DAY)
    lived, found = live(runtime, slots=slots, every=every)

    with runtime.transaction() as session:
        replayed = {
            document.name: backtest(session, document, days=days, actor=ROOT, now=NOW) for document in documents
        }

    for name, result in replayed.items():
        theirs = {(key(each.labels), each.started_at): each for each in found if each.rule_name == name}
        episodes = {(key(each.labels), each.start): each for each in result.episodes}
        assert episodes.keys() == theirs.keys(), name
        assert result.firings == sum(each.reopen_count + 1 for each in theirs.values()), name
        for place, episode in episodes.items():
            alert, was = theirs[place], lived[theirs[place].id]
            assert (episode.end, episode.reason, episode.firings) == (
                alert.resolved_at,
                alert.resolve_reason,
                alert.reopen_count + 1,
            ), name
            assert episode.severity == Severity.of_rank(was.worst), name
            furthest = min if alert.operator == "<" else max
            assert episode.peak == (pytest.approx(furthest(was.values)) if was.values else None), name
    assert [name for name, result in replayed.items() if not result.episodes] == []


def key(labels: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))


def test_a_replay_writes_nothing(session: Session) -> None:
    save(session)
    make_measurements(session, values=[95], start=NOW - HOUR / 2)

    hourly = cpu_rule(interval_seconds=3600, parameters={"high": 80, "window_minutes": 60})
    result = backtest(session, hourly, days=1, actor=ROOT, now=NOW)

    assert result.firings == 1
    assert alerts(session) == []


def test_the_last_day_of_a_quick_rule_is_judged_by_the_minute(session: Session) -> None:
    quick = cpu_rule(interval_seconds=15, for_seconds=180)
    make_measurements(session, values=[95] * 2 + [20] * 5 + [95] * 6 + [20] * 3, start=NOW - 30 * MINUTE)

    result = backtest(session, quick, days=1, actor=ROOT, now=NOW)

    (episode,) = result.episodes
    assert (result.step_seconds, result.slots) == (60, 1440)
    assert (episode.start, episode.end) == (NOW - 19 * MINUTE, NOW - 16 * MINUTE)
    assert result.notes == ("Judged every 1 min, not every 15 s; a shorter “for” counts as met.",)


def test_a_long_replay_of_a_quick_rule_says_that_it_judges_by_the_hour(session: Session) -> None:
    make_measurements(session, values=[95] * 60, start=NOW - 5 * HOUR)

    result = backtest(session, cpu_rule(interval_seconds=15, for_seconds=300), days=30, actor=ROOT, now=NOW)

    (episode,) = result.episodes
    assert (result.step_seconds, result.slots, result.series_count) == (3600, 720, 1)
    assert (episode.start, episode.subject, episode.peak_text) == (NOW - 4 * HOUR, "api-1", "95.0%")
    assert result.notes == (
        "Judged every 1 h, not every 15 s; a shorter “for” counts as met.",
        "Older counts are kept by the hour: its window of 1 min is judged as 1 h.",
    )


def test_what_is_drawn_is_what_fired_most(session: Session) -> None:
    for place in range(7):
        values = [95.0 if hour % 24 < place else 10.0 for hour in range(48)]
        for hour, value in enumerate(values):
            make_measurements(session, values=[value], instance=f"api-{place}", start=NOW - hour * HOUR - HOUR / 2)

    result = backtest(session, cpu_rule(interval_seconds=3600), days=7, actor=ROOT, now=NOW)

    assert result.series_count == 7
    assert len(result.drawn) == 5
    assert result.drawn[0].points[-1].threshold == 90
    assert {each.subject for each in result.drawn} == {f"api-{place}" for place in (1, 2, 3, 4, 5)}


@pytest.mark.parametrize(("role", "metric"), [(Role.ONCALL, "cpu"), (Role.DEVOPS, "net_benefit")])
def test_who_may_not_write_rules_or_see_money_replays_none(session: Session, role: Role, metric: str) -> None:
    with pytest.raises(ForbiddenError):
        backtest(session, rule("r", metric, parameters={"high": 1}), days=1, actor=make_actor(role), now=NOW)


@pytest.mark.parametrize("days", [0, 91])
def test_only_so_many_days_are_replayed(session: Session, days: int) -> None:
    with pytest.raises(InvalidInputError, match="from 1 to 90 days"):
        backtest(session, cpu_rule(), days=days, actor=ROOT, now=NOW)
