"""Changes of a model, from a screen or over the API: each is written down with who made it, in the same transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from webapp.accounts import audit
from webapp.catalog import queries as catalog
from webapp.catalog import register
from webapp.catalog.models import Business, Model, Target, Task
from webapp.core.errors import NotFoundError
from webapp.core.periods import Window, utc_instant
from webapp.telemetry import baseline_file, baselines, segments
from webapp.telemetry.baseline_file import Given
from webapp.telemetry.baselines import BaselineInfo
from webapp.telemetry.bins import Columns
from webapp.web.session import actor, now

LONGEST_HORIZON_MONTHS = 120


@dataclass(frozen=True, slots=True)
class ModelChange:
    """What somebody says about a model; what is None stays as it is."""

    title: str | None = None
    task: Task | None = None
    positive_class: str | None = None
    threshold: float | None = None
    targets: Mapping[str, Target] | None = None
    owners: Sequence[str] | None = None
    importances: Mapping[str, float] | None = None
    segment_keys: Sequence[str] | None = None

    @property
    def given(self) -> frozenset[str]:
        return frozenset(entry.name for entry in fields(self) if getattr(self, entry.name) is not None)


def save(session: Session, name: str, change: ModelChange) -> Model:
    """Register the model or change what is given of it."""
    former = _known(session, name)
    of_record = {each: getattr(change, each) for each in change.given - {"segment_keys"}}
    saved = register.put_model(session, name, now=now(), **of_record)
    if change.segment_keys is not None:
        saved = segments.declare(session, saved, change.segment_keys, now=now())
    if change.given or saved != former:
        before = None if former is None else _only(change.given, former)
        _record(session, "model.saved", saved, before=before, after=_only(change.given, change))
    return saved


def set_business(session: Session, model: Model, business: Business) -> None:
    """Put money parameters in force from their day on."""
    business = replace(business, valid_from=utc_instant(business.valid_from, "The first day"))
    entries = catalog.business(session, [model.id])[model.id]
    in_force = [entry for entry in entries if entry.valid_from <= business.valid_from]
    register.set_business(session, model.id, business, now=now())
    before = asdict(in_force[-1]) if in_force else None
    _record(session, "model.business_set", model, before=before, after=asdict(business))


def retire(session: Session, name: str) -> None:
    """Take the model off the screens."""
    former = catalog.model_named(session, name)
    register.retire_model(session, name)
    _record(session, "model.retired", former, before={"status": former.status}, after={"status": "retired"})


def make_baseline(
    session: Session, model: Model, window: Window, *, valid_from: datetime | None = None
) -> BaselineInfo:
    """Make a baseline of the predictions in the window."""
    made = baselines.create_from_window(session, model, window, by=actor().name, now=now(), valid_from=valid_from)
    return _made(session, model, made)


def make_baseline_of_file(
    session: Session, model: Model, what: Given, *, source: str, valid_from: datetime | None = None
) -> BaselineInfo:
    """Make a baseline of what a file gives: features, and scores and outcomes where it has them."""
    made = baseline_file.create(session, model, what, source=source, by=actor().name, now=now(), valid_from=valid_from)
    return _made(session, model, made)


def make_baseline_of_columns(
    session: Session, model: Model, columns: Columns, *, scores: Sequence[float] | None, source: str
) -> BaselineInfo:
    """Make a baseline of a file's columns."""
    made = baselines.create_from_columns(
        session, model, columns, scores=scores, source=source, by=actor().name, now=now()
    )
    return _made(session, model, made)


def _made(session: Session, model: Model, made: BaselineInfo) -> BaselineInfo:
    after = {"number": made.number, "source": made.source, "row_count": made.row_count}
    _record(session, "baseline.made", model, before=None, after=after)
    return made


def _only(names: frozenset[str], value: Model | ModelChange) -> dict[str, Any]:
    return {name: each for name, each in asdict(value).items() if name in names}


def _known(session: Session, name: str) -> Model | None:
    try:
        return catalog.model_named(session, name)
    except NotFoundError:
        return None


def _record(
    session: Session, action: str, model: Model, *, before: Mapping[str, Any] | None, after: Mapping[str, Any]
) -> None:
    audit.record(session, action, actor=actor(), subject=f"model:{model.name}", now=now(), before=before, after=after)
