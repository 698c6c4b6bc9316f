"""Many rows are written and read with one statement each, whatever they have in common."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.factories import NOW
from webapp.alerting.records import Record, append_all, delete_all, put_all, read_all, update_all
from webapp.alerting.tables import InhibitionRow, SilenceRow

FIRST, SECOND, THIRD = (UUID(int=number) for number in range(1, 4))


class Found(Struct):
    id: UUID
    name: str
    is_due: bool
    equal: list[str]
    deleted_by: str | None


@pytest.mark.parametrize("ids", [[FIRST], [FIRST, SECOND], [FIRST, SECOND, THIRD]])
def test_what_rows_have_in_common_is_written_like_what_differs(session: Session, ids: Sequence[UUID]) -> None:
    append_all(session, InhibitionRow, [_row(each) for each in ids])

    assert _found(session) == [Found(each, f"inhibition {each.int}", True, ["model"], None) for each in ids]


def test_rows_with_the_same_key_are_replaced_by_what_differs_and_by_what_does_not(session: Session) -> None:
    put_all(session, InhibitionRow, [_row(FIRST), _row(SECOND)])

    put_all(session, InhibitionRow, [_row(SECOND, is_due=False), _row(THIRD, is_due=False)])

    assert [(each.id, each.is_due) for each in _found(session)] == [(FIRST, True), (SECOND, False), (THIRD, False)]


def test_an_update_sets_common_and_different_values(session: Session) -> None:
    append_all(session, InhibitionRow, [_row(FIRST), _row(SECOND), _row(THIRD)])

    rows: list[Record] = [
        {"id": FIRST, "name": "one", "deleted_by": "ada", "equal": ["a"]},
        {"id": SECOND, "name": "two", "deleted_by": "ada", "equal": ["a"]},
    ]
    update_all(session, InhibitionRow, rows)

    told = [(each.name, each.deleted_by, each.equal) for each in _found(session)]
    assert told == [("one", "ada", ["a"]), ("two", "ada", ["a"]), ("inhibition 3", None, ["model"])]


def test_no_document_is_nothing_where_all_rows_have_none(session: Session) -> None:
    written = {"created_at": NOW, "updated_at": NOW, "updated_by": "ada", "starts_at": NOW, "recurrence": None}
    rows = [{"id": each, "matchers": [], "comment": "", "author": "ada", **written} for each in (FIRST, SECOND)]

    append_all(session, SilenceRow, rows)

    assert len(session.scalars(select(SilenceRow.id).where(SilenceRow.recurrence.is_(None))).all()) == len(rows)


def test_nothing_to_write_or_found_is_no_fault(session: Session) -> None:
    append_all(session, InhibitionRow, [])
    delete_all(session, InhibitionRow, [])

    assert _found(session) == []


def _row(identifier: UUID, *, is_due: bool = True) -> Record:
    return {
        "id": identifier,
        "name": f"inhibition {identifier.int}",
        "source": [],
        "target": [],
        "equal": ["model"],
        "created_at": NOW,
        "created_by": "ada",
        "updated_at": NOW,
        "updated_by": "ada",
        "deleted_by": None,
        "is_due": is_due,
    }


def _found(session: Session) -> list[Found]:
    columns = [getattr(InhibitionRow, name) for name in Found.__struct_fields__]
    return read_all(session, select(*columns).order_by(InhibitionRow.id), Found)
