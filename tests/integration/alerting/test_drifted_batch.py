"""The main job of the machine: a drifted batch comes in and an alert stands there within two intervals."""

import random
from datetime import timedelta

from sqlalchemy.orm import Session

from tests.factories import NOW, fold_all, make_model, make_predictions, prediction
from webapp.alerting import evaluate, queries, rules
from webapp.alerting.severity import Severity
from webapp.alerting.types import AlertType
from webapp.telemetry.baselines import ensure_provisional


def test_a_drifted_batch_is_an_alert_within_two_intervals(session: Session) -> None:
    rules.ensure_rule_pack(session, now=NOW)
    make_model(session, "churn", now=NOW)
    send(session, "calm", mean=65, count=1500, before=timedelta(hours=30))
    fold_all(session)
    assert ensure_provisional(session, now=NOW) == 1
    assert evaluate.evaluate_due(session, now=NOW).fired == 0

    send(session, "moved", mean=140, count=1000, before=timedelta(minutes=5))
    cycles = [evaluate.evaluate_due(session, now=NOW + timedelta(seconds=15 * n)) for n in (1, 2)]

    assert sum(cycle.fired for cycle in cycles) == 1
    (row,) = queries.inbox(session, queries.InboxFilters(types=(AlertType.DATA_DRIFT,))).rows
    assert row.severity >= Severity.MEDIUM
    detail = queries.alert(session, row.id, now=NOW + timedelta(minutes=1))
    assert "monthly_charges" in detail.summary
    assert any("monthly_charges" in cause for cause in detail.causes)
    assert detail.runbook


def send(session: Session, prefix: str, *, mean: float, count: int, before: timedelta) -> None:
    rng = random.Random(count)
    sent = [
        prediction(
            f"{prefix}-{number}",
            at=NOW - before,
            features={"monthly_charges": rng.gauss(mean, 15), "tenure": rng.randrange(1, 73)},
            score=rng.random(),
        )
        for number in range(count)
    ]
    make_predictions(session, sent[:1000], now=NOW)
    if sent[1000:]:
        make_predictions(session, sent[1000:], now=NOW)
