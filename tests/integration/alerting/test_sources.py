"""Sources: who may change them, what is kept of their secrets, and what becomes of their alerts."""

from dataclasses import asdict
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.factories import NOW, ROOT, make_actor
from tests.integration.alerting.helpers import only_alert
from tests.integration.alerting.outside_helpers import VAULT, hear, make_source, message
from webapp.accounts import audit
from webapp.accounts.permissions import Role
from webapp.alerting.outside import receiving, sources
from webapp.alerting.outside.source_format import hash_of
from webapp.alerting.outside.sources import SourceSettings
from webapp.alerting.severity import Severity
from webapp.alerting.tables import AlertEntryRow
from webapp.core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError, UserError
from webapp.core.secrets import Vault

DAY = timedelta(days=1)


def sender(session: Session, name: str = "prod", now=NOW):
    return sources.sender(session, name, vault=VAULT, now=now)


@pytest.mark.parametrize("form", sources.formats())
def test_a_secret_is_known_once_and_proves_its_sender(session: Session, form: str) -> None:
    made = make_source(session, form=form)

    found = sender(session)
    assert found is not None
    assert found.keys.hashes == (hash_of(made.text),)
    assert found.keys.secrets == ((made.text,) if sources.formats()[form].signs else ())


@pytest.mark.parametrize("form", sources.formats())
def test_no_secret_stands_in_the_database_or_in_the_audit_log(session: Session, form: str) -> None:
    made = make_source(session, form=form)
    second = sources.rotate(session, made.source.id, vault=VAULT, actor=ROOT, now=NOW)
    session.flush()

    for table in ("alert_source", "audit_event"):
        for row in session.scalars(text(f"SELECT to_jsonb({table})::text FROM {table}")):
            for secret in (made.text, second.text):
                assert secret not in row
                assert secret.encode().hex() not in row
    assert made.text not in repr(made)
    assert made.text not in str(asdict(made.source))


def test_a_former_secret_works_for_a_day_or_until_somebody_ends_it(session: Session) -> None:
    made = make_source(session, form="generic")
    new = sources.rotate(session, made.source.id, vault=VAULT, actor=ROOT, now=NOW)

    during, after = sender(session), sender(session, now=NOW + DAY)
    assert during is not None
    assert after is not None
    assert during.keys.secrets == (new.text, made.text)
    assert after.keys.secrets == (new.text,)

    sources.end_former_secret(session, made.source.id, actor=ROOT, now=NOW)
    ended = sender(session)
    assert ended is not None
    assert ended.keys.hashes == (hash_of(new.text),)


def test_another_secret_key_is_a_sentence(session: Session) -> None:
    make_source(session, form="grafana")

    with pytest.raises(UserError, match="MC_SECRET_KEY"):
        sources.sender(session, "prod", vault=Vault("o" * 48), now=NOW)


@pytest.mark.parametrize("name", ["", "Prod", "a b", "-a", "a-", "a" * 64, "a/b", "ä"])
def test_a_name_is_part_of_an_address(session: Session, name: str) -> None:
    with pytest.raises(InvalidInputError, match="small letters"):
        make_source(session, name)


def test_a_name_is_given_once_until_its_source_is_deleted(session: Session) -> None:
    made = make_source(session)
    with pytest.raises(ConflictError, match="already"):
        make_source(session)

    sources.delete(session, made.source.id, actor=ROOT, now=NOW)
    assert sender(session) is None
    again = make_source(session)

    assert [each.id for each in sources.sources(session)] == [again.source.id]
    with pytest.raises(NotFoundError):
        sources.source(session, made.source.id)


def test_what_labels_mean_can_be_changed_and_the_format_cannot(session: Session) -> None:
    made = make_source(session)
    given = SourceSettings("prod", "alertmanager", "prio", {"P1": Severity.CRITICAL}, "svc")

    changed = sources.change(session, made.source.id, given, actor=ROOT, now=NOW)

    assert (changed.severity_label, changed.severities, changed.model_label) == (
        "prio",
        {"P1": Severity.CRITICAL},
        "svc",
    )
    with pytest.raises(InvalidInputError, match="do not change"):
        sources.change(session, made.source.id, SourceSettings("prod", "grafana"), actor=ROOT, now=NOW)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", "nagios"),
        ("severity_label", ""),
        ("model_label", "\x00"),
        ("timestamp_header", "X Y"),
        ("severities", {"": Severity.LOW}),
        ("severities", {str(number): Severity.LOW for number in range(51)}),
    ],
)
def test_settings_that_make_no_sense_name_their_field(session: Session, field: str, value: object) -> None:
    given = {"name": "prod", "format": "grafana", field: value}

    with pytest.raises(InvalidInputError) as caught:
        sources.add(session, SourceSettings(**given), vault=VAULT, actor=ROOT, now=NOW)  # type: ignore[arg-type]

    assert caught.value.errors[0].at == f"/{field}"


@pytest.mark.parametrize(("verb", "reason"), [(sources.disable, "source_disabled"), (sources.delete, "source_deleted")])
def test_what_is_active_ends_with_its_source(session: Session, verb, reason: str) -> None:
    made = make_source(session)
    hear(session, made, message())

    verb(session, made.source.id, actor=ROOT, now=NOW)

    alert = only_alert(session)
    assert (alert.status, alert.resolve_reason) == ("resolved", reason)
    entry = session.scalars(select(AlertEntryRow.text).order_by(AlertEntryRow.id.desc()).limit(1)).one()
    assert entry.startswith("Resolved by itself: source d")


def test_a_disabled_source_is_heard_again_when_it_is_enabled(session: Session) -> None:
    made = make_source(session)
    sources.disable(session, made.source.id, actor=ROOT, now=NOW)
    with pytest.raises(ConflictError, match="disabled"):
        hear(session, made, message())

    sources.enable(session, made.source.id, actor=ROOT, now=NOW)

    assert hear(session, made, message()).accepted == 1


def test_a_refusal_is_counted_with_its_reason(session: Session) -> None:
    made = make_source(session)

    receiving.refuse(session, made.source.id, "the header Authorization is missing", count=3, now=NOW)

    known = sources.source(session, made.source.id)
    assert (known.refused, known.refused_at, known.refused_because) == (3, NOW, "the header Authorization is missing")


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ONCALL, Role.DATA_SCIENTIST])
def test_only_who_may_changes_sources(session: Session, role: Role) -> None:
    made, who = make_source(session), make_actor(role)

    for verb in (sources.disable, sources.enable, sources.delete, sources.end_former_secret):
        with pytest.raises(ForbiddenError):
            verb(session, made.source.id, actor=who, now=NOW)
    with pytest.raises(ForbiddenError):
        sources.rotate(session, made.source.id, vault=VAULT, actor=who, now=NOW)
    with pytest.raises(ForbiddenError):
        sources.add(session, SourceSettings("x", "generic"), vault=VAULT, actor=who, now=NOW)


def test_every_deed_is_audited(session: Session) -> None:
    made = make_source(session)
    number = made.source.id
    sources.change(session, number, SourceSettings("prod", "alertmanager", "prio"), actor=ROOT, now=NOW)
    sources.rotate(session, number, vault=VAULT, actor=ROOT, now=NOW)
    sources.end_former_secret(session, number, actor=ROOT, now=NOW)
    sources.disable(session, number, actor=ROOT, now=NOW)
    sources.enable(session, number, actor=ROOT, now=NOW)
    sources.delete(session, number, actor=ROOT, now=NOW)
    session.flush()

    deeds = [event.action for event in audit.events(session) if event.subject == "source:prod"]
    assert deeds == [
        f"source.{deed}"
        for deed in ("deleted", "enabled", "disabled", "former_secret_ended", "secret_rotated", "changed", "added")
    ]
