"""What people do with silences from a screen; alerts are muted, or open again, before they see the answer."""

from typing import Any
from uuid import UUID

from webapp.alerting.muting import silence_queries, silences, watch
from webapp.alerting.muting.silences import Plan
from webapp.core.errors import InvalidInputError
from webapp.web.session import actor, now, runtime
from webapp.web.views.alert_view import uuid_or_none


def save(plan: Plan, silence_id: UUID | None, *, confirmed: bool) -> str:
    """Make or change a silence and return what came of it in a sentence."""
    with runtime().transaction() as session:
        if silence_id is None:
            saved = silences.create(session, plan, actor=actor(), now=now(), confirmed=confirmed)
        else:
            saved = silences.edit(session, silence_id, plan, actor=actor(), now=now(), confirmed=confirmed)
        watch.catch_up(session, now=now())
        made = silence_queries.silence(session, saved, now=now())
    if made.until is None:
        return "The silence is kept. It mutes nothing before its time."
    return f"Silent. {_alerts(made.muted_count)} muted now."


def end(asked: Any) -> str:
    """End a silence and return what came of it in a sentence."""
    silence_id = uuid_or_none(asked)
    if silence_id is None:
        raise InvalidInputError("This is not a silence; reload the page.")
    with runtime().transaction() as session:
        before = silence_queries.silence(session, silence_id, now=now()).muted_count
        silences.end(session, silence_id, actor=actor(), now=now())
        watch.catch_up(session, now=now())
        left = silence_queries.silence(session, silence_id, now=now()).muted_count
    freed = before - left
    return f"The silence is over. {_alerts(freed)} no longer under it." if freed else "The silence is over."


def _alerts(count: int) -> str:
    return "1 alert is" if count == 1 else f"{count:,} alerts are"
