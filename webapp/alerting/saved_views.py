"""Views of the inbox that people keep under a name: their own, those that are shared, and the one they begin with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from webapp.accounts import audit
from webapp.accounts.actor import Actor, ActorKind
from webapp.accounts.permissions import Permission
from webapp.accounts.tables import UserRow
from webapp.alerting.tables import DefaultViewRow, SavedViewRow
from webapp.core.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from webapp.core.ids import uuid7
from webapp.db.unique import only_once

MOST = 50  # views of one person
LONGEST_NAME, LONGEST_QUERY = 60, 2_000


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view as somebody is offered it. `query` is that of the inbox's address."""

    id: UUID
    name: str
    query: str
    is_shared: bool
    author: str
    is_mine: bool
    may_change: bool
    is_default: bool


def views(session: Session, *, actor: Actor) -> Sequence[SavedView]:
    """Return what somebody may choose from: their own views and the shared ones, each by name."""
    own = SavedViewRow.user_id == actor.id
    query = (
        select(SavedViewRow, UserRow.name, DefaultViewRow.view_id)
        .join(UserRow, UserRow.id == SavedViewRow.user_id)
        .outerjoin(DefaultViewRow, (DefaultViewRow.view_id == SavedViewRow.id) & (DefaultViewRow.user_id == actor.id))
        .where(or_(own, SavedViewRow.is_shared))
        .order_by(own.desc(), func.lower(SavedViewRow.name), SavedViewRow.id)
    )
    return tuple(_view(row, author, default is not None, actor) for row, author, default in session.execute(query))


def default_query(session: Session, *, actor: Actor) -> str | None:
    """Return the query with which somebody's inbox opens; a view that is not shared any more opens nothing."""
    query = (
        select(SavedViewRow.query)
        .join(DefaultViewRow, DefaultViewRow.view_id == SavedViewRow.id)
        .where(DefaultViewRow.user_id == actor.id, or_(SavedViewRow.user_id == actor.id, SavedViewRow.is_shared))
    )
    return session.scalar(query)


def save(session: Session, *, name: str, query: str, is_shared: bool, actor: Actor, now: datetime) -> UUID:
    """Keep a view under a name; a name that the person has already gets the new view."""
    user_id, called = _person(actor), _name(name)
    if len(query) > LONGEST_QUERY:
        raise InvalidInputError("This view asks for too much to be kept; narrow it by fewer things.")
    known = session.scalar(
        select(SavedViewRow).where(SavedViewRow.user_id == user_id, SavedViewRow.name == called).with_for_update()
    )
    if known is not None:
        known.query, known.is_shared, known.updated_at = query, is_shared, now
        _audit(session, "changed", known, actor=actor, now=now)
        return known.id
    if (session.scalar(select(func.count()).where(SavedViewRow.user_id == user_id)) or 0) >= MOST:
        raise ConflictError(f"You have {MOST} views already; delete one that you do not need.")
    row = SavedViewRow(
        id=uuid7(now),
        user_id=user_id,
        name=called,
        query=query,
        is_shared=is_shared,
        created_at=now,
        updated_at=now,
    )
    with only_once(session, f"You have just saved a view '{called}'; save it once more to replace that one."):
        session.add(row)
    _audit(session, "saved", row, actor=actor, now=now)
    return row.id


def rename(session: Session, view_id: UUID, *, name: str, actor: Actor, now: datetime) -> None:
    row, called = _own(session, view_id, actor), _name(name)
    taken = select(SavedViewRow.id).where(SavedViewRow.user_id == row.user_id, SavedViewRow.name == called)
    sentence = f"There is another view '{called}'; choose another name."
    if session.scalar(taken.where(SavedViewRow.id != view_id)) is not None:
        raise ConflictError(sentence)
    with only_once(session, sentence):
        row.name, row.updated_at = called, now
    _audit(session, "changed", row, actor=actor, now=now)


def share(session: Session, view_id: UUID, *, is_shared: bool, actor: Actor, now: datetime) -> None:
    """Offer a view to everybody, or to nobody else any more: then whoever began with it begins with the plain inbox."""
    row = _own(session, view_id, actor)
    row.is_shared, row.updated_at = is_shared, now
    _audit(session, "changed", row, actor=actor, now=now)


def remove(session: Session, view_id: UUID, *, actor: Actor, now: datetime) -> None:
    row = _own(session, view_id, actor)
    session.execute(delete(DefaultViewRow).where(DefaultViewRow.view_id == view_id))
    _audit(session, "deleted", row, actor=actor, now=now)
    session.delete(row)
    session.flush()


def begin_with(session: Session, view_id: UUID | None, *, actor: Actor) -> None:
    """Let somebody's inbox open with a view, or (None) as it is."""
    user_id = _person(actor)
    if view_id is None:
        session.execute(delete(DefaultViewRow).where(DefaultViewRow.user_id == user_id))
        return
    row = _found(session, view_id)
    if row.user_id != user_id and not row.is_shared:
        raise NotFoundError("This view is not there any more.")
    chosen = insert(DefaultViewRow).values(user_id=user_id, view_id=view_id)
    session.execute(chosen.on_conflict_do_update(index_elements=["user_id"], set_={"view_id": view_id}))


def _view(row: SavedViewRow, author: str, is_default: bool, actor: Actor) -> SavedView:
    is_mine = row.user_id == actor.id
    return SavedView(
        id=row.id,
        name=row.name,
        query=row.query,
        is_shared=row.is_shared,
        author=author,
        is_mine=is_mine,
        may_change=is_mine or actor.may(Permission.VIEWS_MANAGE),
        is_default=is_default,
    )


def _own(session: Session, view_id: UUID, actor: Actor) -> SavedViewRow:
    """Return a view that this person may change: their own, or a shared one as an administrator."""
    user_id, row = _person(actor), _found(session, view_id)
    if row.user_id == user_id or (row.is_shared and actor.may(Permission.VIEWS_MANAGE)):
        return row
    if row.is_shared:
        raise ForbiddenError(f"The view '{row.name}' belongs to somebody else; save one of your own.")
    raise NotFoundError("This view is not there any more.")


def _found(session: Session, view_id: UUID) -> SavedViewRow:
    row = session.scalar(select(SavedViewRow).where(SavedViewRow.id == view_id).with_for_update())
    if row is None:
        raise NotFoundError("This view is not there any more.")
    return row


def _person(actor: Actor) -> UUID:
    if actor.kind is not ActorKind.USER or actor.id is None:
        raise ForbiddenError("Views belong to people; sign in as one.")
    return actor.id


def _name(text: str) -> str:
    called = " ".join(text.replace("\x00", "").split())
    if not called:
        raise InvalidInputError("Give the view a name.")
    if len(called) > LONGEST_NAME:
        raise InvalidInputError(f"The name is longer than {LONGEST_NAME} characters; shorten it.")
    return called


def _audit(session: Session, what: str, row: SavedViewRow, *, actor: Actor, now: datetime) -> None:
    kept = {"name": row.name, "query": row.query, "shared": row.is_shared}
    audit.record(session, f"saved_view.{what}", actor=actor, subject=f"saved_view:{row.id}", now=now, after=kept)
