"""The demo company in a real database: loaded through the door, complete, and the same at a second start."""

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from webapp.accounts import tokens
from webapp.accounts.passwords import is_password
from webapp.accounts.permissions import Role
from webapp.accounts.users import by_email
from webapp.alerting.muting import inhibition, silence_queries
from webapp.alerting.outside import sources
from webapp.alerting.queries import InboxFilters, inbox
from webapp.alerting.tables import AlertRow
from webapp.catalog import queries as catalog
from webapp.catalog.binning import ABOVE
from webapp.catalog.models import Model, Task
from webapp.core.clock import StandingClock
from webapp.core.periods import DAY, HOUR, Window
from webapp.demo import people
from webapp.demo.company import Company
from webapp.demo.people import Credentials
from webapp.demo.prepare import prepare
from webapp.demo.script import microseconds
from webapp.metrics import queries as metrics
from webapp.metrics.metric import Value
from webapp.runtime import Runtime
from webapp.settings import Settings
from webapp.telemetry import baselines
from webapp.telemetry.queries import totals

DAYS = 16
OPENING = datetime(2026, 3, 10, 12, 20, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)
ORIGIN = OPENING.replace(hour=0, minute=0) - DAYS * DAY


@pytest.fixture(scope="module")
def demo(databases, tmp_path_factory) -> Iterator[tuple[Runtime, Credentials, list[str]]]:
    """A demo of sixteen days, opened once for this file."""
    url, folder, said = databases.fresh(), tmp_path_factory.mktemp("demo"), []
    settings = Settings(database_url=url, secret_key="x" * 40, data_dir=folder, demo=True)
    runtime = Runtime.build(settings, clock=StandingClock(OPENING))
    credentials = prepare(runtime, days=DAYS, now=OPENING, base_url="http://127.0.0.1:8065", report=said.append)
    yield runtime, credentials, said
    runtime.dispose()
    databases.drop(url)


@pytest.fixture
def session(demo) -> Iterator[Session]:
    with demo[0].transaction() as opened:
        yield opened


def counted(session: Session, name: str, window: Window, *parts: str, version: str | None = None):
    model = catalog.model_named(session, name)
    ids = [each.id for each in catalog.versions(session, model.id) if version in {None, each.name}]
    return totals(session, {1: ids}, window, parts=frozenset(parts), now=OPENING)[1]


def drift_score(session: Session, model: Model, window: Window) -> Value:
    return metrics.values(session, [model], ["drift_score"], window, now=OPENING)["churn"]["drift_score"]


def test_everything_that_was_generated_is_counted(session, demo):
    company = Company(OPENING)
    for name in company.worlds:
        traffic = company.between(name, Window(ORIGIN, OPENING))
        told = traffic.told_at <= microseconds(OPENING)

        tally = counted(session, name, Window(ORIGIN, OPENING + HOUR)).tally

        assert tally.predictions == len(traffic)
        assert tally.known == told.sum()
        assert tally.errors == (traffic.errors != "").sum()
        well = told & (traffic.errors == "")
        match company.worlds[name].task:
            case Task.BINARY:
                positive = traffic.scores >= company.worlds[name].threshold
                assert tally.tp == (well & positive & (traffic.actual == 1)).sum()
                assert tally.fn == (well & ~positive & (traffic.actual == 1)).sum()
            case Task.MULTICLASS:
                assert tally.tp == (well & (traffic.scores.argmax(axis=1) == traffic.actual)).sum()
            case Task.REGRESSION:
                errors = counted(session, name, Window(ORIGIN, OPENING + HOUR), "answers").errors
                assert errors.count == well.sum()
                assert errors.total == pytest.approx((traffic.scores.round(2) - traffic.actual)[well].sum(), abs=1e-6)
    assert "predictions" in demo[2][0]


def test_nothing_waits_to_be_folded_and_nothing_was_refused(session):
    assert session.scalar(text("SELECT count(*) FROM rollup_delta")) == 0
    assert session.scalar(text("SELECT count(*) FROM refusal")) == 0


def test_the_price_change_shows_as_drift_of_its_feature(session):
    model = catalog.model_named(session, "churn")

    calm = drift_score(session, model, Window(MIDNIGHT - 15 * DAY, MIDNIGHT - 13 * DAY))
    dear = drift_score(session, model, Window(MIDNIGHT - 12 * DAY, MIDNIGHT - 10 * DAY))

    assert calm.value < 0.2
    assert dear.value > 0.3
    assert "MonthlyCharges" in dear.note


def test_each_model_has_a_baseline_of_its_own(session):
    for name in Company(OPENING).worlds:
        model = catalog.model_named(session, name)

        (found,) = baselines.baselines(session, model.id)

        assert not found.provisional


def test_what_the_new_models_were_not_told_shows_and_somebody_was_alerted(session):
    demand = catalog.model_named(session, "demand-forecast")
    promotion = Window(MIDNIGHT - 11 * DAY, MIDNIGHT - 7 * DAY)
    everything = inbox(session, InboxFilters(tab="all_open")).rows + inbox(session, InboxFilters(tab="resolved")).rows

    found = metrics.values(session, [demand], ["bias", "forecast_cost"], promotion, now=OPENING)[demand.name]

    assert found["bias"].high < -3
    assert found["forecast_cost"].value > 0
    assert {"Forecasts explain less: demand-forecast", "Macro F1 drop: ticket-routing"} <= {
        row.title for row in everything
    }


def test_the_new_contract_is_named_as_a_category_never_seen(session):
    model = catalog.model_named(session, "churn")

    contracts = counted(session, "churn", Window(MIDNIGHT - 3 * DAY, MIDNIGHT), "features").features["Contract"]

    assert contracts.counts[ABOVE] > 0.08 * contracts.total
    assert "Three year" in catalog.texts(session, model.id, "Contract").values()


def test_the_slow_morning_shows_in_the_response_times(session):
    slow = counted(session, "card-fraud", Window(MIDNIGHT - 9 * DAY + 10 * HOUR, MIDNIGHT - 9 * DAY + 13 * HOUR)).tally
    usual = counted(session, "card-fraud", Window(MIDNIGHT - 8 * DAY, MIDNIGHT - 7 * DAY)).tally

    assert slow.latency_sum_ms / slow.latency_count > 1_000
    assert usual.latency_sum_ms / usual.latency_count < 100


def test_the_silent_service_sent_nothing_for_hours(session):
    silent = Window(MIDNIGHT - 5 * DAY + 9 * HOUR, MIDNIGHT - 5 * DAY + 14 * HOUR)

    assert counted(session, "churn", silent).tally.predictions == 0


def test_the_newest_predictions_have_no_outcomes_yet(session):
    assert counted(session, "churn", Window(OPENING - 2 * DAY, OPENING)).tally.known == 0


def test_deployments_are_on_record(session):
    model = catalog.model_named(session, "churn")

    made = catalog.deployments(session, model.id, Window(ORIGIN, OPENING))

    assert [each.version for each in made] == ["v14"]


def test_every_role_can_sign_in_and_every_token_works(session, demo):
    credentials = demo[1]

    assert set(credentials.users) == {role.value for role in Role}
    for role in Role:
        sign_in = credentials.users[role.value]
        user = by_email(session, sign_in.email)
        assert user.roles == [role.value]
        assert is_password(user.password_hash, sign_in.password)
    assert set(credentials.tokens) == {"ingest", "write", "alerts"}
    for token in credentials.tokens.values():
        assert tokens.actor_of(session, token, address="", now=OPENING) is not None


def test_the_file_keeps_exactly_what_was_promised(demo):
    path = demo[0].settings.data_dir / "credentials.json"

    written = json.loads(path.read_text())

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(written) == {"base_url", "users", "tokens"}
    assert written["users"]["executive"].keys() == {"email", "password"}


def test_the_past_has_left_alerts_behind_and_people_have_dealt_with_them(session):
    active = {row.title: row for row in inbox(session, InboxFilters(tab="all_open")).rows}
    resolved = {row.title: row for row in inbox(session, InboxFilters(tab="resolved")).rows}

    drifted, leaking = active["Data drift: churn"], active["High memory: api-3"]
    assert (drifted.status, drifted.acknowledged_by, drifted.comment_count) == ("acknowledged", "Ada", 2)
    assert leaking.status == "open"
    assert resolved["Low prediction volume: churn"].acknowledged_by == "Omar"
    slow = resolved["High response time: card-fraud"]
    assert slow.started_at.date() == (MIDNIGHT - 9 * DAY).date()
    assert slow.resolved_at - slow.started_at < 4 * HOUR
    assert not [title for title in (*active, *resolved) if "unavailable" in title]


def test_a_second_start_keeps_the_sign_ins_and_adds_only_what_happened_since(demo):
    runtime, credentials, _ = demo
    later, said = OPENING + 3 * HOUR, []

    again = prepare(runtime, days=DAYS, now=later, base_url="http://127.0.0.1:9000", report=said.append)

    assert again == Credentials("http://127.0.0.1:9000", credentials.users, credentials.tokens)
    company = Company(OPENING)
    with runtime.transaction() as session:
        for name in company.worlds:
            traffic = company.between(name, Window(ORIGIN, later))
            model = catalog.model_named(session, name)
            ids = [each.id for each in catalog.versions(session, model.id)]
            tally = totals(session, {1: ids}, Window(ORIGIN, later + HOUR), now=later)[1].tally
            assert tally.predictions == len(traffic)
            assert tally.known == (traffic.told_at <= microseconds(later)).sum()


def test_without_the_file_fresh_passwords_are_set(demo, tmp_path: Path):
    runtime, credentials, _ = demo
    elsewhere = replace(runtime, settings=replace(runtime.settings, data_dir=tmp_path))

    fresh = prepare(elsewhere, days=DAYS, now=OPENING + 3 * HOUR, base_url=credentials.base_url, report=lambda _: None)

    assert fresh.users["executive"].password != credentials.users["executive"].password
    with runtime.transaction() as session:
        user = by_email(session, fresh.users["executive"].email)
        assert is_password(user.password_hash, fresh.users["executive"].password)
    assert people.kept(tmp_path / "credentials.json") == fresh


def test_the_company_has_its_silence_its_inhibition_rule_and_a_prometheus_that_is_heard(session):
    (silence,) = silence_queries.silences(session, now=OPENING)
    (rule,) = inhibition.inhibitions(session)
    (source,) = sources.sources(session)
    heard = session.execute(
        select(AlertRow.rule_name, AlertRow.status).where(AlertRow.source_id == source.id).order_by(AlertRow.id)
    ).all()

    assert silence.comment == "Machines are updated on Sunday nights"
    assert rule.name == "An outage says it all"
    assert [tuple(each) for each in heard] == [
        ("NodeDiskPressure", "resolved"),
        ("PodCrashLooping", "resolved"),
        ("CertificateExpiresSoon", "open"),
    ]
