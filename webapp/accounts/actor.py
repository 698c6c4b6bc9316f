"""Who acts: a person, a token or the system itself, with what they may do."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from webapp.accounts.permissions import INGEST_SCOPE, Permission, Role
from webapp.core.errors import ForbiddenError


class ActorKind(StrEnum):
    USER = "user"
    TOKEN = "token"  # noqa: S105 - the word, not a secret
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """A plain value: the verbs below the web layer take it, and never ask Flask who is there."""

    kind: ActorKind
    name: str
    permissions: frozenset[Permission]
    id: UUID | None = None
    email: str = ""
    roles: tuple[Role, ...] = ()
    scopes: frozenset[str] = frozenset()
    session_id: UUID | None = None
    address: str = ""
    timezone: str = "UTC"
    theme: str = "system"

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        if not self.may(permission):
            raise ForbiddenError(f"This needs the permission {permission}; an administrator can give it to you.")

    def may_ingest(self, model: str) -> bool:
        """Say whether events of the model may be written with this token."""
        return not self.scopes.isdisjoint({f"{INGEST_SCOPE}*", f"{INGEST_SCOPE}{model}"})

    @property
    def may_create_models(self) -> bool:
        """Only a token for every model may bring a model that nobody has registered."""
        return f"{INGEST_SCOPE}*" in self.scopes


SYSTEM = Actor(kind=ActorKind.SYSTEM, name="system", permissions=frozenset())
