"""What people were told over HTTP: the messages, and for one alert who was told, who was not and why."""

from flask import Blueprint, Response, request

from webapp.accounts.permissions import Permission
from webapp.alerting import queries as alerting
from webapp.notifications import queries
from webapp.web import api
from webapp.web.gate import requires
from webapp.web.session import runtime

BLUEPRINT = Blueprint("notifications_api", __name__, url_prefix=api.PREFIX)


@BLUEPRINT.get("/notifications")
@requires(Permission.ALERTS_READ)
def find() -> Response:
    """Return messages, the newest first; `before` is the `next` of the page before."""
    before = request.args.get("before")
    limit = api.integer_arg("limit", 50, largest=500)
    with runtime().transaction() as session:
        number = None if before is None else api.uuid_of(before, "notification")
        found, following = queries.notifications(session, before=number, limit=limit)
    return api.answer({"notifications": found, "next": following})


@BLUEPRINT.get("/alerts/<alert_id>/notifications")
@requires(Permission.ALERTS_READ)
def of_alert(alert_id: str) -> Response:
    number = api.uuid_of(alert_id, "alert")
    with runtime().transaction() as session:
        alerting.alert(session, number, is_brief=True)
        found = queries.standing(session, number)
    return api.answer(found)
