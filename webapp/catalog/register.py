"""Putting models, versions, deployments and money parameters on record."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from webapp.catalog.binning import CLASSES
from webapp.catalog.models import Business, Costs, Model, Target, Task
from webapp.catalog.queries import as_model
from webapp.catalog.tables import BinningRow, BusinessRow, DeploymentRow, ModelRow, VersionRow
from webapp.catalog.targets import DEFAULTS
from webapp.core.errors import ConflictError, InvalidInputError, NotFoundError
from webapp.core.ids import uuid7

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
SEGMENT_KEYS = 5


def ensure_model(session: Session, name: str, *, now: datetime, task: Task = Task.BINARY) -> Model:
    """Return the model; one that nobody registered becomes 'unconfirmed', for a data scientist to complete.

    So does one that was retired, since it is in use again. `task` is what an unknown model seems to do.
    """
    check_name(name)
    found = session.scalar(select(ModelRow).where(ModelRow.name == name))
    if found is None:
        session.execute(
            insert(ModelRow)
            .values(
                name=name,
                title=_title(name),
                task=task,
                status="unconfirmed",
                created_at=now,
                targets={},
                owners=[],
            )
            .on_conflict_do_nothing()
        )
        found = session.scalars(select(ModelRow).where(ModelRow.name == name)).one()
    if found.status == "retired":
        found.status = "unconfirmed"
    return as_model(found)


def put_model(
    session: Session,
    name: str,
    *,
    now: datetime,
    title: str | None = None,
    task: Task | None = None,
    positive_class: str | None = None,
    threshold: float | None = None,
    targets: Mapping[str, Target] | None = None,
    owners: Sequence[str] | None = None,
    importances: Mapping[str, float] | None = None,
) -> Model:
    """Register the model or change what is given of it; either way somebody has now confirmed it."""
    if threshold is not None and not 0 < threshold < 1:
        raise InvalidInputError(f"The threshold {threshold} is not between 0 and 1.")
    ensure_model(session, name, now=now)
    # "key_share": new versions and outcomes, which refer to the model, do not wait for us.
    query = select(ModelRow).where(ModelRow.name == name).with_for_update(key_share=True)
    row = session.scalars(query.execution_options(populate_existing=True)).one()
    row.status = "active"
    if task is not None and task != row.task:
        _change_task(session, row, task)
    row.title = title or row.title
    row.positive_class = positive_class or row.positive_class
    row.threshold = threshold or row.threshold
    if targets is not None:
        row.targets = {metric: asdict(target) for metric, target in targets.items() if DEFAULTS.get(metric) != target}
    if owners is not None:
        row.owners = list(owners)
    if importances is not None:
        row.importances = _checked_importances(importances)
    session.flush()
    return as_model(row)


def retire_model(session: Session, name: str) -> None:
    """Take the model off the screens; its history stays, and new events bring it back as unconfirmed."""
    row = session.scalar(select(ModelRow).where(ModelRow.name == name))
    if row is None:
        raise NotFoundError(f"There is no model named '{name}'.")
    row.status = "retired"


def ensure_version(
    session: Session, model_id: int, name: str, *, now: datetime, environment: str = "production"
) -> int:
    """Return the number of the version, new or known."""
    query = select(VersionRow.id).where(
        VersionRow.model_id == model_id, VersionRow.name == name, VersionRow.environment == environment
    )
    found = session.scalar(query)
    if found is None:
        values = {"model_id": model_id, "name": name, "environment": environment, "created_at": now}
        session.execute(insert(VersionRow).values(**values).on_conflict_do_nothing())
        found = session.scalars(query).one()
    return found


def record_deployment(
    session: Session,
    model_id: int,
    version: str,
    *,
    at: datetime,
    note: str,
    now: datetime,
    environment: str = "production",
) -> bool:
    """Record that a version went live; return False where that was known already."""
    version_id = ensure_version(session, model_id, version, now=now, environment=environment)
    statement = (
        insert(DeploymentRow)
        .values(id=uuid7(now), model_id=model_id, version_id=version_id, at=at, note=note)
        .on_conflict_do_nothing()
        .returning(DeploymentRow.id)
    )
    return session.execute(statement).first() is not None


def set_business(session: Session, model_id: int, business: Business, *, now: datetime) -> None:
    """Set the money parameters from their date on; the same date again replaces them."""
    if not 0 <= business.save_rate <= 1:
        raise InvalidInputError(f"The save rate {business.save_rate} is not a share from 0 to 1.")
    for amount in (business.customer_value, business.contact_cost, business.running_cost_monthly):
        if amount < 0:
            raise InvalidInputError(f"{amount} is negative; values and costs are amounts from 0 up.")
    _check_costs(business.costs)
    values = asdict(business)
    values["costs"] = {name: cost for name, cost in values["costs"].items() if cost is not None and cost != {}}
    changes = {name: value for name, value in values.items() if name != "valid_from"}
    statement = insert(BusinessRow).values(id=uuid7(now), model_id=model_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["model_id", "valid_from"], set_=changes))


def _check_costs(costs: Costs) -> None:
    for word, cost in (("over", costs.over), ("under", costs.under)):
        if cost is not None and not 0 <= cost < math.inf:
            raise InvalidInputError(f"The cost of {word}-forecasting is {cost}; it is an amount from 0 up.")
    pairs = [worth for row in costs.matrix.values() for worth in row.values()]
    if len(pairs) > CLASSES**2:
        raise InvalidInputError(f"There are {len(pairs):,} pairs of classes; at most {CLASSES**2:,} can be valued.")
    if not all(math.isfinite(worth) for worth in (*pairs, costs.right or 0.0, costs.wrong or 0.0)):
        raise InvalidInputError("The worth of an answer is not a finite number.")


def _change_task(session: Session, row: ModelRow, task: Task) -> None:
    """Change what the model does, as long as nothing was counted that would mean something else then."""
    if session.scalar(select(BinningRow.id).where(BinningRow.model_id == row.id).limit(1)) is not None:
        raise ConflictError(
            f"'{row.name}' already has events, which were counted as those of a {row.task} model;"
            f" register the {task} model under another name."
        )
    row.task = task


def _checked_importances(importances: Mapping[str, float]) -> dict[str, float]:
    for feature, weight in importances.items():
        if not (math.isfinite(weight) and weight >= 0):
            raise InvalidInputError(f"The importance of '{feature[:64]}' is {weight}; it must be a number from 0 up.")
    return dict(importances)


def check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise InvalidInputError(
            f"'{name[:80]}' cannot be a model's name: use 1 to 64 letters, digits, dots, dashes or underscores."
        )


def _title(name: str) -> str:
    return name.replace("-", " ").replace("_", " ").strip().capitalize() or name
