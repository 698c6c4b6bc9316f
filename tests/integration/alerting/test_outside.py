"""Alerts from outside: sent twice, late, in another order or by several at once, they end in the right state."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import permutations
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.factories import NOW, ROOT, make_actor, make_model
from tests.integration.alerting.helpers import alerts, only_alert
from tests.integration.alerting.outside_helpers import FIRING, RESOLVED, hear, make_source, message, sent
from webapp.accounts.permissions import Role
from webapp.alerting import bulk, lifecycle, queries, undo
from webapp.alerting.deeds import Resolve
from webapp.alerting.outside import receiving, sources
from webapp.alerting.outside.receiving import Parcel
from webapp.alerting.outside.source_format import OutsideAlert
from webapp.alerting.outside.sources import NewSecret
from webapp.alerting.queries import InboxFilters
from webapp.alerting.severity import Severity
from webapp.alerting.tables import AlertEntryRow
from webapp.alerting.types import AlertType, EntryKind, ResolveReason, Signal, Status
from webapp.core.errors import ConflictError, NotFoundError
from webapp.runtime import Runtime
from webapp.telemetry.wire import Receipt

MINUTE = timedelta(minutes=1)
OMAR = make_actor(Role.ONCALL, name="omar")


@pytest.fixture
def source(session: Session) -> NewSecret:
    return make_source(session)


def kinds(session: Session) -> Sequence[str]:
    return session.scalars(select(AlertEntryRow.kind).order_by(AlertEntryRow.id)).all()


def counts(receipt: Receipt) -> tuple[int, int, int]:
    return receipt.accepted, receipt.duplicates, len(receipt.rejected)


def test_a_firing_alert_is_in_the_inbox_with_its_words(session: Session, source: NewSecret) -> None:
    told = message(severity="critical", url="https://prom/graph", value=1.25, labels={"model": "churn", "team": "ml"})

    assert counts(hear(session, source, told, now=NOW + MINUTE)) == (1, 0, 0)

    (row,) = queries.inbox(session, InboxFilters(tab="open", text="api-1 PROD")).rows
    assert row.title == "HighLatency: churn api-1"
    assert (row.severity, row.status, row.signal) == (Severity.CRITICAL, Status.OPEN, Signal.FIRING)
    assert (row.rule_id, row.rule_name, row.source_name) == (None, "HighLatency", "prod")
    assert row.type is AlertType.SYSTEM_FAILURE
    assert row.value_text == "1.25"
    shown = queries.alert(session, row.id, now=NOW)
    assert shown.summary == "It is slow"
    assert shown.source_url == "https://prom/graph"
    assert shown.active_at == NOW
    assert shown.labels["team"] == "ml"
    assert shown.evidence == ()


def test_the_same_message_again_changes_nothing(session: Session, source: NewSecret) -> None:
    hear(session, source, message())

    assert counts(hear(session, source, message(), message(), now=NOW + MINUTE)) == (0, 2, 0)
    assert kinds(session) == ["fired"]


def test_it_is_resolved_by_its_source(session: Session, source: NewSecret) -> None:
    hear(session, source, message())

    assert counts(hear(session, source, message(RESOLVED), now=NOW + MINUTE)) == (1, 0, 0)

    alert = only_alert(session)
    assert (alert.status, alert.resolve_reason, alert.resolved_by) == ("resolved", "resolved_by_its_source", "system")
    assert alert.summary == "It is slow"
    assert counts(hear(session, source, message(RESOLVED), now=NOW + 2 * MINUTE)) == (0, 1, 0)
    assert kinds(session) == ["fired", "resolved"]


def test_a_late_firing_of_what_is_resolved_changes_nothing(session: Session, source: NewSecret) -> None:
    hear(session, source, message())
    hear(session, source, message(RESOLVED), now=NOW + MINUTE)

    assert counts(hear(session, source, message(severity="critical"), now=NOW + 2 * MINUTE)) == (0, 1, 0)

    assert only_alert(session).status == "resolved"


def test_an_end_that_comes_before_its_beginning_is_remembered(session: Session, source: NewSecret) -> None:
    assert counts(hear(session, source, message(RESOLVED))) == (1, 0, 0)
    assert counts(hear(session, source, message(FIRING), now=NOW + MINUTE)) == (0, 1, 0)

    assert only_alert(session).status == "resolved"
    assert kinds(session) == ["fired", "resolved"]


def test_a_new_firing_reopens_within_half_an_hour(session: Session, source: NewSecret) -> None:
    hear(session, source, message())
    hear(session, source, message(RESOLVED), now=NOW + MINUTE)
    hear(session, source, message(FIRING, NOW + 20 * MINUTE), now=NOW + 21 * MINUTE)

    alert = only_alert(session)
    assert (alert.status, alert.reopen_count, alert.active_at) == ("open", 1, NOW + 20 * MINUTE)


def test_a_new_firing_later_is_an_episode_that_follows(session: Session, source: NewSecret) -> None:
    hear(session, source, message())
    hear(session, source, message(RESOLVED), now=NOW + MINUTE)
    hear(session, source, message(FIRING, NOW + 40 * MINUTE), now=NOW + 41 * MINUTE)

    former, alert = alerts(session)
    assert (alert.previous_id, alert.status, alert.reopen_count) == (former.id, "open", 0)


def test_a_new_firing_of_what_is_active_goes_on_and_only_its_own_end_ends_it(
    session: Session, source: NewSecret
) -> None:
    hear(session, source, message())
    hear(session, source, message(FIRING, NOW + 5 * MINUTE), now=NOW + 6 * MINUTE)
    hear(session, source, message(RESOLVED, NOW), now=NOW + 7 * MINUTE)

    assert only_alert(session).status == "open"
    hear(session, source, message(RESOLVED, NOW + 5 * MINUTE), now=NOW + 8 * MINUTE)
    assert only_alert(session).status == "resolved"
    assert kinds(session) == ["fired", "resolved"]


STORY = (
    message(FIRING, NOW),
    message(RESOLVED, NOW),
    message(FIRING, NOW + 10 * MINUTE),
    message(RESOLVED, NOW + 10 * MINUTE),
)


@pytest.mark.parametrize("length", [2, 3, 4])
def test_in_whatever_order_the_story_comes_it_ends_the_same(session: Session, length: int) -> None:
    for place, order in enumerate(permutations(STORY[:length])):
        source = make_source(session, f"s{place}")
        for step, each in enumerate(order):
            hear(session, source, each, each, now=NOW + (11 + step) * MINUTE)
        hear(session, source, *order, now=NOW + 20 * MINUTE)
        newest = [row for row in alerts(session) if row.source_id == source.source.id][-1]

        assert (newest.status == "resolved") == (length != 3), order
        assert newest.active_at == (NOW + 10 * MINUTE if length > 2 else NOW), order


def test_a_whole_story_in_one_body_is_told_in_its_order(session: Session, source: NewSecret) -> None:
    assert counts(hear(session, source, *STORY, now=NOW + 20 * MINUTE)) == (4, 0, 0)

    assert kinds(session) == ["fired", "resolved", "reopened", "resolved", "flapping"]
    assert only_alert(session).status == "resolved"


def test_the_severity_rises_and_falls_as_that_of_a_rule(session: Session, source: NewSecret) -> None:
    hear(session, source, message())
    alert = only_alert(session)
    lifecycle.acknowledge(session, alert.id, actor=OMAR, now=NOW)

    hear(session, source, message(severity="critical"), now=NOW + MINUTE)
    alert = only_alert(session)
    assert (alert.severity, alert.status, alert.acknowledged_by) == (Severity.CRITICAL.rank, "open", None)

    hear(session, source, message(severity="info"), now=NOW + 2 * MINUTE)
    assert only_alert(session).severity == Severity.LOW.rank
    assert kinds(session) == ["fired", "acknowledged", "severity_raised", "severity_lowered"]


def test_what_people_did_is_left_alone_by_news(session: Session, source: NewSecret) -> None:
    hear(session, source, message())
    alert = only_alert(session)
    lifecycle.acknowledge(session, alert.id, actor=OMAR, now=NOW)

    hear(session, source, message(annotations={"summary": "It is slower"}, value=3.0), now=NOW + MINUTE)

    alert = only_alert(session)
    assert (alert.status, alert.acknowledged_by, alert.summary, alert.value) == (
        "acknowledged",
        "omar",
        "It is slower",
        3.0,
    )


def test_what_a_person_resolved_stays_so_while_the_same_firing_goes_on(session: Session, source: NewSecret) -> None:
    hear(session, source, message())
    alert = only_alert(session)
    lifecycle.resolve(session, alert.id, reason=ResolveReason.FIXED, actor=OMAR, now=NOW + MINUTE)

    for minutes in (2, 20, 300):
        assert counts(hear(session, source, message(), now=NOW + minutes * MINUTE)) == (0, 1, 0)
    assert only_alert(session).resolved_by == "omar"

    hear(session, source, message(FIRING, NOW + 301 * MINUTE), now=NOW + 301 * MINUTE)
    assert [row.status for row in alerts(session)] == ["resolved", "open"]


@pytest.mark.parametrize("ending", ["its end is heard", "its source is disabled"])
def test_a_resolution_is_not_taken_back_where_nobody_would_say_the_end_any_more(runtime: Runtime, ending: str) -> None:
    with runtime.transaction() as session:
        made = make_source(session)
        hear(session, made, message(fingerprint="over"), message(fingerprint="goes on"))
        ids = [alert.id for alert in alerts(session)]
    deed = bulk.carry_out(runtime.transaction, ids, Resolve(ResolveReason.FIXED), actor=OMAR, now=NOW)
    with runtime.transaction() as session:
        if ending == "its end is heard":
            hear(session, made, message(RESOLVED, fingerprint="over"), now=NOW + MINUTE / 4)
        else:
            sources.disable(session, made.source.id, actor=ROOT, now=NOW + MINUTE / 4)

    back = undo.take_back(runtime.transaction, deed.deed_id, actor=OMAR, now=NOW + MINUTE / 2)

    assert {row.detail for row in back.refused} == {undo.WELL_SINCE}
    assert len(back.refused) == (1 if ending == "its end is heard" else 2)


def test_a_firing_that_had_begun_when_a_person_resolved_it_is_the_one_they_resolved(
    session: Session, source: NewSecret
) -> None:
    hear(session, source, message())
    lifecycle.resolve(session, only_alert(session).id, reason=ResolveReason.FIXED, actor=OMAR, now=NOW + 5 * MINUTE)

    for minutes in (6, 30):
        hear(session, source, message(FIRING, NOW + 4 * MINUTE), now=NOW + minutes * MINUTE)

    assert only_alert(session).status == "resolved"


def test_going_back_and_forth_is_flapping(session: Session, source: NewSecret) -> None:
    for minute in range(4):
        begun = NOW + minute * MINUTE
        hear(session, source, message(FIRING, begun), now=begun)
        hear(session, source, message(RESOLVED, begun), now=begun + MINUTE / 2)

    alert = only_alert(session)
    assert alert.flapping_since is not None
    assert kinds(session).count("flapping") == 1
    held = session.scalars(select(AlertEntryRow.held).where(AlertEntryRow.kind == EntryKind.REOPENED)).all()
    assert held == [None, "flapping", "flapping"]


def test_a_sender_that_says_no_beginning_means_what_goes_on(session: Session, source: NewSecret) -> None:
    hear(session, source, message(FIRING, None))
    assert counts(hear(session, source, message(FIRING, None), now=NOW + MINUTE)) == (0, 1, 0)
    hear(session, source, message(RESOLVED, None), now=NOW + 2 * MINUTE)
    assert counts(hear(session, source, message(RESOLVED, None), now=NOW + 3 * MINUTE)) == (0, 1, 0)
    hear(session, source, message(FIRING, None), now=NOW + 4 * MINUTE)

    assert only_alert(session).status == "open"
    assert kinds(session) == ["fired", "resolved", "reopened"]


def test_two_sources_with_the_same_fingerprint_have_two_alerts(session: Session, source: NewSecret) -> None:
    other = make_source(session, "staging")

    hear(session, source, message())
    hear(session, other, message())

    assert {row.source_name for row in alerts(session)} == {"prod", "staging"}


def test_labels_mean_what_the_source_says(session: Session) -> None:
    make_model(session, "churn")
    source = make_source(
        session, severity_label="prio", severities={"P1": Severity.CRITICAL, "page": Severity.HIGH}, model_label="svc"
    )
    words = {"a": "P1", "b": "page", "c": "PAGE", "d": "error", "e": "whatever"}

    for each, word in words.items():
        named = {"prio": word, "svc": "churn", "type": "Data drift", "instance": each}
        hear(session, source, message(fingerprint=each, labels=named))

    found = sorted(alerts(session), key=lambda row: row.title)
    assert [Severity.of_rank(row.severity).value for row in found] == ["critical", "high", "high", "high", "medium"]
    assert {(row.model, row.type) for row in found} == {("churn", "data_drift")}


def test_a_metric_of_ours_is_shown_as_ours(session: Session, source: NewSecret) -> None:
    model = make_model(session, "churn")
    labels = {"model": model.name, "metric": "accuracy", "version": "none such", "segment": "plan=none"}

    hear(session, source, message(labels=labels, value=0.71))

    (row,) = queries.inbox(session, InboxFilters()).rows
    assert row.value_text == "71.0%"
    assert queries.alert(session, row.id, now=NOW).metric_label == "Accuracy"


def test_a_model_with_a_name_that_no_index_holds_is_cut(session: Session, source: NewSecret) -> None:
    endless = "".join(map(chr, range(0x20000, 0x203E8)))  # 4,000 bytes that nothing shortens

    assert hear(session, source, message(labels={"model": endless})).accepted == 1

    (row,) = queries.inbox(session, InboxFilters(tab="open")).rows
    assert row.model == f"{endless[:200]}… (800 characters more)"


def test_what_is_beyond_reason_is_rejected_and_said(session: Session, source: NewSecret) -> None:
    ahead = message(FIRING, NOW + timedelta(days=2), fingerprint="ahead")
    many = [message(FIRING, NOW + minute * MINUTE, fingerprint="many") for minute in range(25)]

    receipt = hear(session, source, ahead, *many)

    assert counts(receipt) == (20, 0, 6)
    assert receipt.rejected[0].field == "starts_at"
    known = sources.source(session, source.source.id)
    assert (known.accepted, known.refused) == (20, 6)
    assert known.refused_because == "starts_at is more than a day ahead; set the sender's clock; and 5 more."
    assert known.last_received_at == NOW


def test_what_the_sender_left_out_is_said(session: Session, source: NewSecret) -> None:
    receiving.receive(session, [Parcel(source.source.id, sent(message(), left_out=7))], now=NOW)

    known = sources.source(session, source.source.id)
    assert (known.accepted, known.refused) == (1, 7)
    assert "max_alerts" in (known.refused_because or "")


def test_several_requests_in_one_transaction_get_an_answer_each(session: Session, source: NewSecret) -> None:
    other, gone = make_source(session, "other"), make_source(session, "gone")
    sources.disable(session, other.source.id, actor=ROOT, now=NOW)
    sources.delete(session, gone.source.id, actor=ROOT, now=NOW)
    parcels = [Parcel(made.source.id, sent(message())) for made in (source, other, source, gone)]

    first, disabled, again, deleted = receiving.receive(session, parcels, now=NOW)

    assert isinstance(first, Receipt)
    assert counts(first) == (1, 0, 0)
    assert isinstance(disabled, ConflictError)
    assert isinstance(again, Receipt)
    assert counts(again) == (0, 1, 0)
    assert isinstance(deleted, NotFoundError)


def test_two_thousand_at_once_are_written_with_few_statements(session: Session, source: NewSecret) -> None:
    many = [message(fingerprint=str(number), labels={"instance": f"api-{number}"}) for number in range(2_000)]

    assert counts(hear(session, source, *many)) == (2_000, 0, 0)
    assert counts(hear(session, source, *many, now=NOW + MINUTE)) == (0, 2_000, 0)
    assert session.scalar(select(func.count()).select_from(AlertEntryRow)) == 2_000


def test_the_same_message_by_many_at_once_makes_one_alert_and_one_transition(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        source = make_source(session)
    stories = [message(), message(RESOLVED), message(FIRING, NOW + MINUTE), message(RESOLVED, NOW + MINUTE)]

    for place, told in enumerate(stories):
        receipts = _at_once(runtime, source, told, at=NOW + 2 * MINUTE, threads=8)
        assert sum(receipt.accepted for receipt in receipts) == 1, place
        assert sum(receipt.duplicates for receipt in receipts) == 7, place

    with runtime.transaction() as session:
        assert only_alert(session).status == "resolved"
        assert [kind for kind in kinds(session) if kind != "flapping"] == ["fired", "resolved", "reopened", "resolved"]
        assert sources.source(session, source.source.id).accepted == 4


def test_a_beginning_and_its_end_at_once_end_resolved(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        source = make_source(session)

    for number in range(10):
        begun = NOW + number * MINUTE
        both = [message(FIRING, begun, fingerprint=str(number)), message(RESOLVED, begun, fingerprint=str(number))]
        _at_once(runtime, source, *both, at=begun, threads=6)

    with runtime.transaction() as session:
        assert {row.status for row in alerts(session)} == {"resolved"}
        assert len(alerts(session)) == 10


def _at_once(
    runtime: Runtime, source: NewSecret, *stories: OutsideAlert, at: datetime, threads: int
) -> Sequence[Receipt]:
    barrier = Barrier(threads)

    def tell(number: int) -> Receipt:
        barrier.wait(10)
        with runtime.ingest_transaction() as session:
            return hear(session, source, stories[number % len(stories)], now=at)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(tell, range(threads)))
