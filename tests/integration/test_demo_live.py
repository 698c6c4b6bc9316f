"""The demo's live traffic: what happens is sent once, by one process, and an incident begins while somebody watches."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from webapp.alerting.evaluate import evaluate_due
from webapp.alerting.queries import InboxFilters, inbox
from webapp.alerting.rules import ensure_rule_pack
from webapp.core.clock import StandingClock
from webapp.core.errors import ConflictError
from webapp.core.periods import MINUTE, Window
from webapp.demo.company import Company, Stream
from webapp.demo.live import LOCK, Live, Sender
from webapp.demo.prepare import prepare
from webapp.demo.script import microseconds
from webapp.runtime import Runtime
from webapp.settings import Settings
from webapp.telemetry.ingest import accept_predictions
from webapp.telemetry.wire import Prediction

OPENING = datetime(2026, 3, 10, 12, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def opened(databases, tmp_path_factory) -> Iterator[Runtime]:
    """A demo of three days, opened once for this file."""
    url, folder = databases.fresh(), tmp_path_factory.mktemp("demo")
    settings = Settings(database_url=url, secret_key="x" * 40, data_dir=folder, demo=True)
    runtime = Runtime.build(settings, clock=StandingClock(OPENING))
    prepare(runtime, days=3, now=OPENING, base_url="http://127.0.0.1:8065", report=lambda _: None)
    yield runtime
    runtime.dispose()
    databases.drop(url)


def count(runtime: Runtime, condition: str, **values: object) -> int:
    with runtime.transaction() as session:
        return session.scalar(text(f"SELECT count(*) FROM prediction WHERE {condition}"), values)


def test_what_happens_is_sent_once_and_slow_payments_raise_an_alert(opened):
    sender = Sender(opened, Company(OPENING), OPENING)
    with opened.job_transaction() as session:
        ensure_rule_pack(session, now=OPENING)

    sent = 0
    for second in range(5, 7 * 60, 5):
        now = OPENING + timedelta(seconds=second)
        sent += sender.tick(now)
        if second % 15 == 0:
            with opened.job_transaction() as session:
                evaluate_due(session, now=now)

    company, window = Company(OPENING), Window(OPENING, sender.sent.predictions)
    expected = sum(len(company.between(name, window, stream=stream)) for name in company.worlds for stream in Stream)
    assert sent == expected > 60
    assert count(opened, "at >= :since", since=OPENING) == sent
    with opened.transaction() as session:
        active = inbox(session, InboxFilters(tab="all_open")).rows
    fired = [row for row in active if row.title == "High response time: card-fraud"]
    assert len(fired) == 1
    assert OPENING + 2 * MINUTE < fired[0].started_at < OPENING + 6 * MINUTE
    assert not [row for row in active if row.type == "service_unavailable"]


def test_outcomes_are_told_when_they_are_due(opened):
    company, start = Company(OPENING), OPENING + timedelta(hours=30)
    sender, end = Sender(opened, company, start), start + 30 * MINUTE
    history = Window(OPENING - timedelta(days=3), OPENING)
    due = sum(
        int(microseconds(start) <= told < microseconds(end))
        for name in company.worlds
        for told in company.between(name, history).told_at
    )

    for minute in range(1, 32):
        sender.tick(start + minute * MINUTE)

    with opened.transaction() as session:
        query = text("SELECT count(*) FROM outcome WHERE at >= :start AND at < :end")
        told = session.scalar(query, {"start": start, "end": end})
        waiting = session.scalar(
            text("SELECT count(*) FROM outcome o WHERE NOT EXISTS (SELECT FROM prediction p WHERE p.key = o.key)")
        )
    assert told >= due > 0
    assert waiting == 0


def test_after_a_long_sleep_it_goes_on_from_now(opened):
    sender = Sender(opened, Company(OPENING), OPENING + timedelta(hours=40))

    sent = sender.tick(OPENING + timedelta(hours=43))

    assert sent < 20


def test_only_one_process_sends(opened):
    with opened.engine.connect() as other:
        other.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        before = count(opened, "true")

        Live(opened)._send_while_alone()

        assert count(opened, "true") == before
        other.invalidate()


def test_it_starts_sends_and_stops(opened):
    clock = StandingClock(OPENING + timedelta(hours=60))
    runtime = replace(opened, clock=clock)
    before = count(opened, "true")
    live = Live(runtime).start()
    waiting = threading.Event()

    for _ in range(150):
        clock.at += timedelta(seconds=4)
        waiting.wait(0.2)
        if count(opened, "true") > before:
            break
    live.stop()

    assert count(opened, "true") > before
    assert not [thread for thread in threading.enumerate() if thread.name == "demo-live"]


def test_without_the_setting_nothing_is_sent(opened):
    live = Live(replace(opened, settings=replace(opened.settings, demo=False))).start()

    assert not [thread for thread in threading.enumerate() if thread.name == "demo-live"]
    live.stop()


def test_a_model_of_somebody_elses_with_the_same_name_is_left_alone(runtime, tmp_path):
    with runtime.ingest_transaction() as session:
        mine = Prediction(model="churn", prediction_id="mine", at=OPENING, score=0.5)
        accept_predictions(session, [mine], now=OPENING)
    demo = replace(runtime, settings=replace(runtime.settings, data_dir=tmp_path))

    with pytest.raises(ConflictError, match="has a model 'churn' that is not the demo's"):
        prepare(demo, days=7, now=OPENING, base_url="http://localhost", report=lambda _: None)

    assert count(runtime, "true") == 1
