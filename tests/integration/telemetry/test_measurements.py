"""Measurements: each instant of a series once, and gauges that say what a recount of the values says."""

import random
from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.factories import HOUR_AGO, NOW, make_measurements, make_model
from webapp.core.periods import DAY, HOUR, MINUTE, Window
from webapp.telemetry.fold import expire_minutes
from webapp.telemetry.gauges import instances, steps, steps_by_instance, totals
from webapp.telemetry.ingest import accept_deployment, accept_measurements
from webapp.telemetry.tiles import snap
from webapp.telemetry.wire import Deployment, Measurement

AGES = st.one_of(
    st.timedeltas(timedelta(), timedelta(days=40)),
    st.timedeltas(timedelta(), timedelta(hours=3)),
    st.sampled_from([timedelta(), HOUR, DAY, timedelta(hours=48)]),
)
WINDOWS = st.tuples(AGES, AGES).map(lambda ages: Window(NOW - max(ages), NOW - min(ages)))
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def gauge(value: float = 67.0, more: Mapping[str, str] | None = None, **labels: str) -> Measurement:
    return Measurement(name="cpu_percent", value=value, at=HOUR_AGO, labels=labels | dict(more or {}))


@pytest.fixture
def measured(session: Session) -> list[Measurement]:
    """Store gauges of a month, out of order and in several batches."""
    rng = random.Random(7)
    sent = [
        Measurement(
            name="cpu_percent",
            value=round(rng.uniform(0, 100), 2),
            at=NOW - rng.choice((timedelta(days=rng.uniform(0, 40)), timedelta(hours=rng.uniform(0, 50)))),
            labels={"instance": rng.choice(("api-1", "api-2"))},
        )
        for _ in range(400)
    ]
    for first in range(0, 400, 90):
        accept_measurements(session, sent[first : first + 90], now=NOW)
    expire_minutes(session, now=NOW)
    return sent


@QUICK
@given(window=WINDOWS)
def test_a_gauge_over_any_window_is_exact(session: Session, measured: list[Measurement], window: Window) -> None:
    values = [each.value for each in measured if each.at in snap(window, now=NOW)]

    found = totals(session, ["cpu_percent"], None, window, now=NOW).get("cpu_percent")

    if not values:
        assert found is None
    else:
        assert found is not None
        assert (found.sample_count, found.smallest, found.largest) == (len(values), min(values), max(values))
        assert found.total == pytest.approx(sum(values))


@QUICK
@given(window=WINDOWS, step=st.sampled_from([HOUR, DAY, HOUR * 6]))
def test_steps_of_a_gauge_are_exact(
    session: Session, measured: list[Measurement], window: Window, step: timedelta
) -> None:
    parts = list(snap(window, now=NOW).steps(step))
    expected = {part.start: [each.value for each in measured if each.at in part] for part in parts}

    found = steps(session, ["cpu_percent"], None, window, step, now=NOW).get("cpu_percent", [])

    assert {each.at: each.gauge.sample_count for each in found} == {
        at: len(values) for at, values in expected.items() if values
    }


def test_instances_are_told_apart(session: Session, measured: list[Measurement]) -> None:
    found = steps_by_instance(session, "cpu_percent", None, Window(NOW - DAY, NOW), HOUR, now=NOW)

    assert list(found) == ["api-1", "api-2"]
    assert [each.labels["instance"] for each in instances(session, ["cpu_percent"])] == ["api-1", "api-2"]


def test_the_same_instant_of_a_series_is_taken_once(session: Session) -> None:
    first = make_measurements(session, values=[1, 2, 3])
    again = make_measurements(session, values=[1, 2, 3, 4])

    assert (first.accepted, again.accepted, again.duplicates) == (3, 1, 3)
    found = totals(session, ["cpu_percent"], None, Window(NOW - DAY, NOW), now=NOW)["cpu_percent"]
    assert (found.sample_count, found.total, found.mean) == (4, 10, 2.5)


def test_a_measurement_of_a_model_is_not_one_of_another(session: Session) -> None:
    churn, fraud = make_model(session), make_model(session, "fraud")
    make_measurements(session, values=[10], model="churn")
    make_measurements(session, values=[30])

    window = Window(NOW - DAY, NOW)
    assert totals(session, ["cpu_percent"], churn.id, window, now=NOW)["cpu_percent"].sample_count == 2
    assert totals(session, ["cpu_percent"], fraud.id, window, now=NOW)["cpu_percent"].sample_count == 1


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (gauge(float("nan")), "value"),
        (gauge(model="no spaces"), "labels/model"),
        (gauge(model=""), "labels/model"),
        (gauge(model="*"), "labels/model"),
        (gauge(instance="a\x00"), "labels"),
        (gauge(more={"a\x00": "b"}), "labels"),
        (gauge(instance="x" * 201), "labels"),
        (gauge(more={f"label{number}": "x" for number in range(21)}), "labels"),
        (Measurement(name="cpu_percent", value=1, at=NOW + timedelta(minutes=6)), "at"),
    ],
)
def test_what_cannot_be_a_measurement_is_refused_alone(session: Session, item: Measurement, field: str) -> None:
    answered = accept_measurements(session, [item, gauge()], now=NOW)

    assert answered.accepted == 1
    assert [(each.index, each.field) for each in answered.rejected] == [(0, field)]


def test_values_as_large_as_allowed_can_be_summed(session: Session) -> None:
    make_measurements(session, values=[1e100] * 50)

    assert make_measurements(session, values=[1e100] * 50, instance="api-2").accepted == 50


def test_labels_that_look_alike_when_joined_are_different_series(session: Session) -> None:
    accept_measurements(session, [gauge(a="b\x1fc\x1fd"), gauge(a="b", c="d")], now=NOW)

    assert session.scalars(text("SELECT count(*) FROM measurement_series")).one() == 2


def test_a_service_that_may_write_one_model_does_not_measure_all(session: Session) -> None:
    make_model(session)

    def check(name: str) -> str | None:
        return None if name == "churn" else "is not yours"

    answered = accept_measurements(session, [gauge(), gauge(model="churn")], now=NOW, check_model=check)

    assert answered.accepted == 1
    assert [each.index for each in answered.rejected] == [0]


def test_a_deployment_belongs_to_its_environment_and_counts_once(session: Session) -> None:
    sent = Deployment(model="churn", version="v13", at=HOUR_AGO, environment="staging")

    assert accept_deployment(session, sent, now=NOW) is True
    assert accept_deployment(session, sent, now=NOW) is False

    query = text("SELECT v.environment FROM deployment d JOIN model_version v ON v.id = d.version_id")
    assert session.scalars(query).all() == ["staging"]
    assert session.scalars(text("SELECT count(*) FROM model_version")).one() == 1


def test_every_minute_of_an_hour_has_its_step(session: Session) -> None:
    make_measurements(session, values=[float(minute) for minute in range(60)])

    found = steps(session, ["cpu_percent"], None, Window(HOUR_AGO, NOW), MINUTE, now=NOW)["cpu_percent"]

    assert [each.gauge.mean for each in found] == [float(minute) for minute in range(60)]
