"""Silences as people keep them: made, changed, ended, asked about first, and remembered."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from tests.factories import NOW, ROOT, make_actor
from tests.integration.alerting.muted import HOUR, alert, labelled, refresh, silence
from webapp.accounts.permissions import Role
from webapp.accounts.tables import AuditRow
from webapp.alerting import queries
from webapp.alerting.muting import silence_queries, silences
from webapp.alerting.muting.matchers import labels_of, matches, parse
from webapp.alerting.muting.recurrence import Recurrence
from webapp.alerting.muting.silences import ConfirmationNeededError, Plan
from webapp.alerting.queries import InboxFilters
from webapp.alerting.severity import Severity
from webapp.core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from webapp.core.ids import uuid7
from webapp.core.periods import Window

OMAR = make_actor(Role.ONCALL, name="omar")
NIGHTS = Recurrence(frozenset(range(7)), time(22), "Europe/Berlin", date(2026, 3, 1), end=time(2))
MATCHERS = (
    "model=churn",
    "model!=churn, rule=~.+",
    'model=~"ch.*"',
    'severity=~"high|critical"',
    "severity!=high, rule=~.+",
    "region=eu",
    "region!=eu, rule=~.+",
    "source=probe",
    "version=v2",
    'version="", region=~e.',
    "type=data_drift, model=fraud",
    "rule=~.*CPU, severity=low",
)


def plan(matchers: str = "model=churn", **fields) -> Plan:
    return Plan(**{"matchers": parse(matchers), "comment": "Deployment", "ends_at": NOW + 2 * HOUR, **fields})


def states(session, now=NOW):
    return [(each.state.value, each.comment) for each in silence_queries.silences(session, now=now)]


@pytest.fixture
def several(session):
    return [
        alert(session, "churn", model="churn"),
        alert(session, "fraud", model="fraud", version="v2", severity=Severity.CRITICAL, type="data_drift"),
        alert(session, "eu", **labelled(region="eu", model="churn", version="v2"), severity=Severity.LOW),
        alert(session, "probe", source_name="probe", labels={"model": "by its label", "severity": "page"}),
    ]


@pytest.mark.parametrize("text", MATCHERS)
def test_the_database_and_the_matchers_agree_on_what_is_affected(session, several, text):
    expected = set()
    for name, labels in {
        "churn": labels_of({}, model="churn", version="", rule="High CPU", severity=3, type="resource_exhaustion"),
        "fraud": labels_of({}, model="fraud", version="v2", rule="High CPU", severity=4, type="data_drift"),
        "eu": labels_of(
            {"region": "eu", "version": "v2"},
            model="churn",
            version="",
            rule="High CPU",
            severity=1,
            type="resource_exhaustion",
        ),
        "probe": labels_of(
            {"model": "by its label"},
            model="",
            version="",
            rule="High CPU",
            severity=3,
            type="resource_exhaustion",
            source="probe",
        ),
    }.items():
        if matches(parse(text), labels):
            expected.add(name)

    found = silences.affects(session, parse(text), now=NOW)

    assert (set(found.titles), found.count, found.active) == (expected, len(expected), 4)


def test_one_that_mutes_nothing_or_more_than_half_is_asked_about(session, several):
    for matchers, said in {
        "model=nobody": "None of the 4 active alerts fits, so it mutes nothing now.",
        'severity=~"high|low"': "It mutes 3 of 4 active alerts, more than half.",
        "rule=~.*": None,
        'rule="High CPU"': "It mutes all 4 active alerts.",
    }.items():
        if said is not None:
            with pytest.raises(ConfirmationNeededError) as asked:
                silences.create(session, plan(matchers), actor=OMAR, now=NOW)
            assert asked.value.message.startswith(said)
    assert silences.create(session, plan("severity=critical"), actor=OMAR, now=NOW)
    assert silences.create(session, plan("model=nobody"), actor=OMAR, now=NOW, confirmed=True)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"comment": "  "}, "Write why it is silent"),
        ({"comment": "x" * 1001}, "longer than 1,000"),
        ({"ends_at": None}, "Say until when"),
        ({"ends_at": NOW - HOUR}, "would end in the past"),
        ({"starts_at": NOW + 3 * HOUR}, "would end before it begins"),
        ({"ends_at": NOW + timedelta(days=400)}, "366 days at most"),
        ({"recurrence": NIGHTS}, "either a start and an end"),
    ],
)
def test_what_is_refused(session, fields, said):
    with pytest.raises(InvalidInputError) as refused:
        silences.create(session, plan(**fields), actor=OMAR, now=NOW, confirmed=True)

    assert said in refused.value.message


def test_only_those_who_may_and_every_deed_is_written_down(session):
    with pytest.raises(ForbiddenError):
        silences.create(session, plan(), actor=make_actor(Role.ANALYST), now=NOW, confirmed=True)
    made = silences.create(session, plan(), actor=OMAR, now=NOW, confirmed=True)
    silences.edit(session, made, plan(comment="Longer", ends_at=NOW + 3 * HOUR), actor=ROOT, now=NOW)
    silences.end(session, made, actor=OMAR, now=NOW + HOUR)

    written = session.scalars(select(AuditRow).where(AuditRow.subject == f"silence:{made}").order_by(AuditRow.id)).all()
    assert [(each.action, each.actor_name) for each in written] == [
        ("silence.created", "omar"),
        ("silence.edited", "root"),
        ("silence.ended", "omar"),
    ]
    assert (written[1].before or {})["comment"] == "Deployment"


def test_an_end_and_a_comment_change_in_place(session):
    made = silences.create(session, plan(), actor=OMAR, now=NOW, confirmed=True)

    assert silences.edit(session, made, plan(comment="Longer", ends_at=NOW + 9 * HOUR), actor=ROOT, now=NOW) == made
    found = silence_queries.silence(session, made, now=NOW)
    assert (found.comment, found.ends_at, found.author, found.updated_by) == (
        "Longer",
        NOW + 9 * HOUR,
        "omar",
        "root",
    )


def test_one_that_has_begun_and_means_others_now_is_ended_and_has_an_heir(session):
    alert(session, model="fraud")
    made = silence(session, "model=churn")
    refresh(session)
    later = NOW + HOUR
    heir = silences.edit(session, made, plan("model=fraud"), actor=OMAR, now=later, confirmed=True)
    refresh(session, now=later)

    assert heir != made
    assert [(each.id, each.state.value) for each in silence_queries.silences(session, now=later)] == [
        (heir, "active"),
        (made, "ended"),
    ]
    assert silence_queries.silence(session, heir, now=later).muted_count == 1
    assert sorted(
        (matchers[0].value, times.was_on(NOW), times.was_on(later))
        for matchers, times in silence_queries.history(session, Window(NOW, NOW + 2 * HOUR))
    ) == [("churn", True, False), ("fraud", False, True)]


def test_one_to_come_changes_in_place(session):
    made = silences.create(session, plan(starts_at=NOW + HOUR), actor=OMAR, now=NOW, confirmed=True)
    given = plan("model=fraud", starts_at=NOW + HOUR / 2)

    assert silences.edit(session, made, given, actor=OMAR, now=NOW, confirmed=True) == made
    assert silence_queries.silence(session, made, now=NOW).starts_at == NOW + HOUR / 2


def test_what_is_over_stays_and_cannot_be_changed(session):
    made = silences.create(session, plan(), actor=OMAR, now=NOW, confirmed=True)
    silences.end(session, made, actor=ROOT, now=NOW + HOUR)

    for deed in (
        lambda: silences.end(session, made, actor=OMAR, now=NOW + HOUR),
        lambda: silences.edit(session, made, plan(), actor=OMAR, now=NOW + HOUR),
    ):
        with pytest.raises(ConflictError, match="root ended this silence at"):
            deed()
    with pytest.raises(NotFoundError):
        silences.end(session, uuid7(NOW), actor=OMAR, now=NOW)
    assert states(session, NOW + HOUR) == [("ended", "Deployment")]


def test_windows_that_come_again_mute_while_they_are_on(session):
    alert(session, model="churn")
    night = NOW + 9 * HOUR  # 22:00 in Berlin
    made = silences.create(
        session, plan(ends_at=None, recurrence=NIGHTS, comment="Nightly"), actor=OMAR, now=NOW, confirmed=True
    )
    found = silence_queries.silence(session, made, now=NOW)

    assert (found.state.value, found.until, found.upcoming[0]) == ("pending", None, Window(night, night + 4 * HOUR))
    assert refresh(session) == 0
    assert [refresh(session, now=night + hours * HOUR) for hours in (0, 3.9, 4, 5, 24)] == [1, 0, 1, 0, 1]
    assert silence_queries.silence(session, made, now=night + HOUR).until == night + 4 * HOUR
    silences.end(session, made, actor=OMAR, now=night + 25 * HOUR)
    assert refresh(session, now=night + 25 * HOUR) == 1
    assert silence_queries.silence(session, made, now=night + 48 * HOUR).upcoming == ()


def test_they_stand_in_the_order_in_which_they_matter(session):
    for comment, starts, ends in (("later", 5, 10), ("long", 0, 8), ("soon", 2, 9), ("short", 0, 1)):
        given = plan(starts_at=NOW + starts * HOUR, ends_at=NOW + ends * HOUR, comment=comment)
        silences.create(session, given, actor=OMAR, now=NOW, confirmed=True)

    assert states(session) == [("active", "short"), ("active", "long"), ("pending", "soon"), ("pending", "later")]
    assert states(session, NOW + 8 * HOUR) == [
        ("active", "soon"),
        ("active", "later"),
        ("ended", "long"),
        ("ended", "short"),
    ]


def test_what_is_muted_stands_in_its_tab_and_is_counted_nowhere_else(session, several):
    silence(session, "severity=critical")
    refresh(session)
    counts = queries.counts(session, InboxFilters())
    summary = queries.open_summary(session)

    assert {tab: counts[tab] for tab in ("open", "silenced", "all_open")} == {"open": 3, "silenced": 1, "all_open": 4}
    assert (summary.total, summary.waiting, summary.worst) == (3, 3, Severity.HIGH)
    assert [row.title for row in queries.inbox(session, InboxFilters(tab="silenced")).rows] == ["fraud"]
    told_of = queries.inbox(session, InboxFilters(tab="all_open", not_muted=True)).rows
    assert {row.title for row in told_of} == {"churn", "eu", "probe"}
