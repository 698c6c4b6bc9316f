"""What it takes to make the rules here say what files say: planned in words first, then done in one go."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.accounts.actor import Actor
from webapp.alerting import rules
from webapp.alerting.document import RuleDocument
from webapp.alerting.rule_files import RuleFile
from webapp.alerting.tables import RuleRow
from webapp.alerting.versions import FieldChange, difference
from webapp.core.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Step:
    """One rule that differs. Without a file it stands only here, without an id only there."""

    name: str
    file: RuleFile | None
    rule_id: UUID | None
    changes: tuple[FieldChange, ...] = ()

    @property
    def lines(self) -> Sequence[str]:
        """Say what differs, first the rule, then a line a field."""
        if self.file is None:
            return [f"- {self.name}: stands here and in no file"]
        if self.rule_id is None:
            return [f"+ {self.name}: new, from {self.file.source}"]
        return [f"~ {self.name}: {self.file.source}", *(f"    {change.sentence}" for change in self.changes)]


@dataclass(frozen=True, slots=True)
class Plan:
    """Every rule that differs, and how many say the same here and there."""

    steps: tuple[Step, ...]
    same: int
    only_here: tuple[Step, ...]  # left alone, unless the plan is to take them away


def stored(session: Session) -> Sequence[RuleFile]:
    """Return the rules that are here as their files would say them, the oldest first."""
    rows = session.scalars(select(RuleRow).where(RuleRow.deleted_at.is_(None)).order_by(RuleRow.id))
    return [
        RuleFile("", msgspec.convert(row.document, type=RuleDocument), paused=row.paused_at is not None) for row in rows
    ]


def planned(session: Session, files: Sequence[RuleFile], *, prune: bool = False) -> Plan:
    """Compare files with the rules that are here; with `prune` what stands in no file is to go."""
    twice = [name for name, count in Counter(each.document.name for each in files).items() if count > 1]
    if twice:
        sources = ", ".join(each.source for each in files if each.document.name == twice[0])
        raise InvalidInputError(f"'{twice[0]}' stands in several files: {sources}. A rule is known by its name.")
    rows = session.scalars(select(RuleRow).where(RuleRow.deleted_at.is_(None)).order_by(RuleRow.name)).all()
    known = {row.name: row for row in rows}
    found = [_step(each, known.get(each.document.name)) for each in sorted(files, key=lambda each: each.document.name)]
    steps = [step for step in found if step.rule_id is None or step.changes]
    named = {each.document.name for each in files}
    only_here = tuple(Step(row.name, None, row.id) for row in rows if row.name not in named)
    return Plan((*steps, *(only_here if prune else ())), len(found) - len(steps), () if prune else only_here)


def apply(session: Session, plan: Plan, *, actor: Actor, now: datetime) -> None:
    """Do what was planned; each save, pause and deletion is in the audit log like one by hand."""
    for step in plan.steps:
        if step.file is None:
            assert step.rule_id is not None
            rules.delete_rule(session, step.rule_id, actor=actor, now=now)
            continue
        rule_id = rules.save_rule(session, step.file.document, rule_id=step.rule_id, actor=actor, now=now)
        if step.file.paused:
            rules.pause_rule(session, rule_id, actor=actor, now=now)
        elif step.file.paused is False:
            rules.resume_rule(session, rule_id, actor=actor, now=now)


def _step(file: RuleFile, row: RuleRow | None) -> Step:
    if row is None:
        return Step(file.document.name, file, None)
    changes = difference(row.document, msgspec.to_builtins(file.document))
    is_paused = row.paused_at is not None
    if file.paused is not None and file.paused is not is_paused:
        words = ("no", "yes")
        changes = (*changes, FieldChange("paused", "paused", words[is_paused], words[file.paused]))
    return Step(file.document.name, file, row.id, changes)
