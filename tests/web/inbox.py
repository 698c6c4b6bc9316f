"""The inbox over its callbacks: what its page carries, a deed as the browser asks for it, what is said of it."""

from typing import Any
from uuid import UUID

from tests.web.firing import changed, fire, texts
from webapp.alerting import queries
from webapp.alerting.types import Status


def page_of(client: Any, address: str) -> Any:
    """Return the page as the first layout carries it."""
    return client.get("/_dash-layout", headers={"Referer": f"http://localhost{address}"}).get_json()


def props_of(component: Any, component_id: str) -> Any:
    """Return the properties of the component with the id, or None."""
    if isinstance(component, dict):
        if component.get("props", {}).get("id") == component_id:
            return component["props"]
        component = list(component.get("props", {}).values())
    if isinstance(component, list):
        return next((found for each in component if (found := props_of(each, component_id)) is not None), None)
    return None


def shown_on(client: Any, search: str = "") -> dict[str, Any]:
    """Return the view and the list as the browser holds them after opening the inbox."""
    page = page_of(client, f"/alerts{search}")
    return {
        "location": None,
        "inbox_shown": props_of(page, "inbox-shown")["data"],
    }


def do(client: Any, deed: str, ids: list[UUID], **more: Any) -> Any:
    wanted = {"deed": deed, "ids": [str(each) for each in ids], **more}
    return fire(client, "inbox-acknowledge.data", inbox_acknowledge=wanted, **shown_on(client))


def said(answer: Any) -> str:
    return texts(changed(answer)["inbox-said"])


def status_of(runtime: Any, alert_id: UUID) -> Status:
    with runtime.transaction() as session:
        return queries.alert(session, alert_id, is_brief=True).status
