"""The audit log only grows: the database itself refuses to change or remove what was written."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from tests.factories import NOW, ROOT
from webapp.accounts import audit


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor_name = 'nobody'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "INSERT INTO audit_event (id, at, actor_kind, actor_name, address, action, subject)"
        " VALUES (1, now(), 'user', 'x', '', 'x', 'x')",
    ],
)
def test_nobody_changes_or_removes_what_was_written(session: Session, statement: str) -> None:
    audit.record(session, "rule.changed", actor=ROOT, subject="rule:7", now=NOW, before={"a": 1}, after={"a": 2})
    session.flush()

    with pytest.raises(ProgrammingError), session.begin_nested():
        session.execute(text(statement))

    assert [each.action for each in audit.events(session)] == ["rule.changed"]


def test_the_right_that_was_taken_back_does_not_help_the_owner(session: Session) -> None:
    audit.record(session, "rule.changed", actor=ROOT, subject="rule:7", now=NOW)
    session.flush()
    session.execute(text("GRANT ALL ON audit_event TO CURRENT_USER"))

    with pytest.raises(ProgrammingError, match="only grows"), session.begin_nested():
        session.execute(text("DELETE FROM audit_event"))


def test_any_subject_can_be_written_down(session: Session) -> None:
    audit.record(session, "access.denied", actor=ROOT, subject="endpoint:/a\x00b" + "x" * 500, now=NOW)
    session.flush()

    (written,) = audit.events(session)
    assert written.subject.startswith("endpoint:/abx")
    assert len(written.subject) == 300
    assert (written.before, written.after) == (None, None)


def test_the_deed_and_its_entry_are_undone_together(session: Session) -> None:
    with session.begin_nested() as part:
        audit.record(session, "rule.changed", actor=ROOT, subject="rule:7", now=NOW)
        session.flush()
        part.rollback()

    assert audit.events(session) == []
