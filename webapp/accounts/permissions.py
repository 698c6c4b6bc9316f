"""Who may do what: the one map from roles to permissions, and from a token's scopes to permissions."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Permission(StrEnum):
    """A word `resource:action` that every page, callback, route and command declares."""

    DASHBOARDS_OVERVIEW = "dashboards:overview"
    DASHBOARDS_EXECUTIVE = "dashboards:executive"
    DASHBOARDS_TECHNICAL = "dashboards:technical"
    IMPACT_READ = "impact:read"
    MODELS_READ = "models:read"
    MODELS_WRITE = "models:write"
    PREDICTIONS_READ = "predictions:read"
    EVENTS_WRITE = "events:write"
    ALERTS_READ = "alerts:read"
    ALERTS_ACKNOWLEDGE = "alerts:acknowledge"
    ALERTS_RESOLVE = "alerts:resolve"
    ALERTS_COMMENT = "alerts:comment"
    ALERTS_ASSIGN = "alerts:assign"
    VIEWS_MANAGE = "views:manage"  # shared views of the inbox that belong to others
    SILENCES_READ = "silences:read"
    SILENCES_WRITE = "silences:write"
    RULES_READ = "rules:read"
    RULES_WRITE = "rules:write"
    SOURCES_READ = "sources:read"
    SOURCES_WRITE = "sources:write"
    REPORTS_READ = "reports:read"
    REPORTS_DOWNLOAD = "reports:download"
    REPORTS_GENERATE = "reports:generate"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    TOKENS_READ = "tokens:read"
    TOKENS_WRITE = "tokens:write"
    AUDIT_READ = "audit:read"
    SETTINGS_READ = "settings:read"
    PROFILE_SELF = "profile:self"


class Role(StrEnum):
    EXECUTIVE = "executive"
    DATA_SCIENTIST = "data_scientist"
    DEVOPS = "devops"
    ANALYST = "analyst"
    ONCALL = "oncall"
    AUDITOR = "auditor"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        return ROLE_LABELS[self]


P = Permission

ROLE_LABELS: Mapping[Role, str] = MappingProxyType(
    {
        Role.EXECUTIVE: "Executive",
        Role.DATA_SCIENTIST: "Data scientist",
        Role.DEVOPS: "DevOps",
        Role.ANALYST: "Business analyst",
        Role.ONCALL: "On call",
        Role.AUDITOR: "Auditor",
        Role.ADMIN: "Administrator",
    }
)

_EVERYONE = frozenset({P.DASHBOARDS_OVERVIEW, P.MODELS_READ, P.ALERTS_READ, P.REPORTS_READ, P.PROFILE_SELF})
_BUSINESS = frozenset({P.DASHBOARDS_EXECUTIVE, P.IMPACT_READ, P.REPORTS_DOWNLOAD})
_TECHNICAL = frozenset({P.DASHBOARDS_TECHNICAL, P.PREDICTIONS_READ, P.RULES_READ, P.SILENCES_READ})
_RESPONDING = frozenset({P.ALERTS_ACKNOWLEDGE, P.ALERTS_RESOLVE, P.ALERTS_COMMENT, P.ALERTS_ASSIGN, P.SILENCES_WRITE})

_READING = frozenset(
    permission for permission in P if permission.endswith(":read") or permission.startswith("dashboards:")
) | {P.REPORTS_DOWNLOAD}

ROLES: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.EXECUTIVE: _EVERYONE | _BUSINESS,
        Role.DATA_SCIENTIST: _EVERYONE
        | _BUSINESS
        | _TECHNICAL
        | _RESPONDING
        | {P.MODELS_WRITE, P.RULES_WRITE, P.REPORTS_GENERATE},
        Role.DEVOPS: _EVERYONE
        | _TECHNICAL
        | _RESPONDING
        | {P.RULES_WRITE, P.SETTINGS_READ, P.SOURCES_READ, P.SOURCES_WRITE},
        Role.ANALYST: _EVERYONE | _BUSINESS | {P.REPORTS_GENERATE, P.ALERTS_COMMENT},
        Role.ONCALL: _EVERYONE | _TECHNICAL | _RESPONDING,
        Role.AUDITOR: _READING | {P.PROFILE_SELF},
        Role.ADMIN: frozenset(P) - {P.EVENTS_WRITE},  # events come from services, by token
    }
)

LANDING: Mapping[Role, str] = MappingProxyType(
    {
        Role.ONCALL: "/alerts",
        Role.EXECUTIVE: "/executive",
        Role.DATA_SCIENTIST: "/technical/performance",
        Role.DEVOPS: "/technical/health",
        Role.ANALYST: "/impact",
        Role.AUDITOR: "/administration/audit",
        Role.ADMIN: "/administration/users",
    }
)
"""Where each role begins; who has several begins with the first of this order."""

SCOPES: Mapping[str, frozenset[Permission]] = MappingProxyType(
    {
        "read": _READING - {P.USERS_READ, P.TOKENS_READ, P.AUDIT_READ, P.SETTINGS_READ},
        "alerts": _RESPONDING | {P.ALERTS_READ, P.SILENCES_READ},
        "write": (_READING - {P.USERS_READ, P.TOKENS_READ, P.AUDIT_READ, P.SETTINGS_READ})
        | {P.MODELS_WRITE, P.RULES_WRITE, P.REPORTS_GENERATE},
    }
)
"""What a token may do. `ingest:<model>` and `ingest:*` stand beside these and only write events."""

INGEST_SCOPE = "ingest:"


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Return everything that one of the roles may do."""
    return frozenset().union(*(ROLES[role] for role in roles))


def permissions_of_scopes(scopes: Iterable[str]) -> frozenset[Permission]:
    """Return everything that one of a token's scopes allows."""
    granted: frozenset[Permission] = frozenset()
    for scope in scopes:
        granted |= {P.EVENTS_WRITE} if scope.startswith(INGEST_SCOPE) else SCOPES[scope]
    return granted


def landing_page(roles: Iterable[Role]) -> str:
    """Return the path where someone with these roles begins."""
    held = frozenset(roles)
    return next((path for role, path in LANDING.items() if role in held), "/profile")


def roles_allowing(permission: Permission) -> tuple[Role, ...]:
    return tuple(role for role in Role if permission in ROLES[role])
