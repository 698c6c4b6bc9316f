"""Two people give the same name at the same moment: one has it, the other is told so in a sentence."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from tests.factories import NOW, make_actor, make_user
from tests.integration.alerting.outside_helpers import make_source
from tests.integration.waiting import wait_for_a_lock
from webapp.accounts.actor import Actor
from webapp.accounts.permissions import Role
from webapp.alerting import saved_views
from webapp.core.errors import ConflictError
from webapp.runtime import Runtime


def save_view(session: Session, omar: Actor) -> None:
    saved_views.save(session, name="Mine", query="", is_shared=False, actor=omar, now=NOW)


def rename_view(session: Session, omar: Actor) -> None:
    (other,) = [view.id for view in saved_views.views(session, actor=omar) if view.name == "Other"]
    saved_views.rename(session, other, name="Mine", actor=omar, now=NOW)


def add_source(session: Session, _omar: Actor) -> None:
    make_source(session, "prod")


@pytest.mark.parametrize(
    ("first", "second"), [(save_view, save_view), (save_view, rename_view), (add_source, add_source)]
)
def test_of_two_who_give_the_same_name_at_once_one_is_told_so(
    runtime: Runtime, first: Callable[[Session, Actor], None], second: Callable[[Session, Actor], None]
) -> None:
    with runtime.transaction() as session:
        omar = replace(make_actor(Role.ONCALL, name="omar"), id=make_user(session, "omar").id)
        saved_views.save(session, name="Other", query="", is_shared=False, actor=omar, now=NOW)

    def slower() -> None:
        with runtime.transaction() as session:
            second(session, omar)

    with ThreadPoolExecutor(1) as pool:
        with runtime.transaction() as session:
            first(session, omar)
            session.flush()
            waiting = pool.submit(slower)
            wait_for_a_lock(runtime)
        with pytest.raises(ConflictError, match=r"'(prod|Mine)'"):
            waiting.result()
