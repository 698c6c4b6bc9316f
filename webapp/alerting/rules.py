"""Rules as people keep them: each save is a version with a name and a time, and a pack stands there from the start."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor
from webapp.alerting.document import RuleDocument, Scope

__all__ = ["RuleDocument", "Scope", "delete_rule", "ensure_rule_pack", "pause_rule", "resume_rule", "save_rule"]


def save_rule(
    session: Session, document: RuleDocument, *, rule_id: UUID | None = None, actor: Actor, now: datetime
) -> UUID:
    """Store a new rule, or a new version of the one that is named; return its id."""
    raise NotImplementedError


def pause_rule(session: Session, rule_id: UUID, *, actor: Actor, now: datetime) -> None:
    raise NotImplementedError


def resume_rule(session: Session, rule_id: UUID, *, actor: Actor, now: datetime) -> None:
    raise NotImplementedError


def delete_rule(session: Session, rule_id: UUID, *, actor: Actor, now: datetime) -> None:
    raise NotImplementedError


def ensure_rule_pack(session: Session, *, now: datetime) -> int:
    """Store the rules of the pack that were never there; return how many. Deleted ones stay deleted."""
    raise NotImplementedError
