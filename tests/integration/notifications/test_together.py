"""Several processes tell at once: everything is told, and nothing twice."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.factories import NOW
from tests.integration.notifications.stage import Stage
from tests.integration.waiting import wait_for_a_lock
from webapp.alerting.grouping import Policy
from webapp.alerting.tables import AlertRow
from webapp.notifications.tables import GroupRow, MemberRow, NotificationRow, OutboxRow, ToldRow
from webapp.notifications.telling import tell

POLICY = Policy(("rule",), timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=12))
TELLERS, RULES, EACH = 4, 12, 5


def test_four_who_tell_at_once_tell_each_alert_once(runtime):
    with runtime.transaction() as session:
        stage = Stage(session, POLICY)
        for rule in range(RULES):
            for name in range(EACH):
                stage.fire(f"{rule}-{name}", 0, rule=f"rule {rule}")
    together = Barrier(TELLERS)

    def one() -> None:
        for second in (0, 1, 2, 3):
            together.wait(timeout=30)
            with runtime.job_transaction() as session:
                tell(session, POLICY, now=NOW + timedelta(seconds=second))

    with ThreadPoolExecutor(TELLERS) as pool:
        for done in [pool.submit(one) for _ in range(TELLERS)]:
            done.result()

    with runtime.transaction() as session:
        per_alert = select(func.count(ToldRow.id)).group_by(ToldRow.alert_id)
        assert session.scalars(per_alert).all() == [1] * (RULES * EACH)
        assert session.scalar(select(func.count()).select_from(NotificationRow)) == RULES
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == 0


def test_who_dies_in_the_middle_leaves_everything_to_be_told(runtime):
    with runtime.transaction() as session:
        Stage(session, POLICY).fire("A", 0)
    with Session(runtime.job_engine) as session:  # The work of a process that is gone: never committed.
        tell(session, POLICY, now=NOW)
        tell(session, POLICY, now=NOW + timedelta(seconds=2))

    with runtime.job_transaction() as session:
        tell(session, POLICY, now=NOW + timedelta(seconds=3))
        tell(session, POLICY, now=NOW + timedelta(seconds=5))

    with runtime.transaction() as session:
        assert session.scalars(select(ToldRow.state)).all() == ["firing"]


def test_what_fires_while_its_empty_group_goes_away_is_told_in_a_new_one(runtime):
    with runtime.transaction() as session:
        Stage(session, POLICY).fire("A", 0)
        tell(session, POLICY, now=NOW)
        Stage(session, POLICY).end("A", 1)
        tell(session, POLICY, now=NOW + timedelta(seconds=3))  # of nothing any more: its only alert leaves the group
    with runtime.transaction() as session:
        Stage(session, POLICY).fire("B", 4)

    def tell_of_b() -> None:
        with runtime.job_transaction() as session:
            tell(session, POLICY, now=NOW + timedelta(seconds=5))

    with ThreadPoolExecutor(1) as pool:
        with runtime.transaction() as session:
            empty = session.scalars(select(GroupRow).with_for_update()).one()  # as who looks at it does
            waiting = pool.submit(tell_of_b)
            wait_for_a_lock(runtime)
            session.delete(empty)
        waiting.result()

    with runtime.transaction() as session:
        b = session.scalar(select(AlertRow.id).where(AlertRow.status == "open"))
        assert session.scalars(select(MemberRow.alert_id)).all() == [b]
