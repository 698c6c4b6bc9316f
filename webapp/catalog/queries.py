"""Questions about what is monitored, answered with plain values."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from sqlalchemy import Engine, Row, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from webapp.catalog import targets
from webapp.catalog.binning import Binning, BinningDocument
from webapp.catalog.models import Business, Costs, Deployment, Model, Segment, Target, Task, Version
from webapp.catalog.tables import (
    BinningRow,
    BusinessRow,
    DeploymentRow,
    FeatureValueRow,
    ModelRow,
    SegmentRow,
    VersionRow,
)
from webapp.core.errors import NotFoundError
from webapp.core.periods import Window


def models(session: Session, *, retired: bool = False) -> Sequence[Model]:
    """Return the models by title; retired ones only when asked for."""
    query = select(*ModelRow.__table__.columns).order_by(ModelRow.title)
    rows = session.execute(query if retired else query.where(ModelRow.status != "retired"))
    return [as_model(row) for row in rows]


def model_names(session: Session, *, retired: bool = False) -> Set[str]:
    """Return what the models are called; retired ones only when asked for."""
    query = select(ModelRow.name)
    return set(session.scalars(query if retired else query.where(ModelRow.status != "retired")))


def models_of(session: Session, ids: Sequence[int]) -> Sequence[Model]:
    """Return the models by number."""
    query = select(ModelRow).where(ModelRow.id.in_(ids)).order_by(ModelRow.id)
    return [as_model(row) for row in session.scalars(query)]


def model_named(session: Session, name: str) -> Model:
    row = session.scalar(select(ModelRow).where(ModelRow.name == name))
    if row is None:
        raise NotFoundError(f"There is no model named '{name}'.")
    return as_model(row)


def versions(session: Session, model_id: int, *, environment: str | None = None) -> Sequence[Version]:
    """Return the model's versions, the newest first."""
    query = select(VersionRow).where(VersionRow.model_id == model_id).order_by(VersionRow.id.desc())
    if environment is not None:
        query = query.where(VersionRow.environment == environment)
    return [Version(row.id, row.model_id, row.name, row.environment, row.created_at) for row in session.scalars(query)]


def version_ids(session: Session, model_ids: Sequence[int]) -> Mapping[int, tuple[int, ...]]:
    """Return the version numbers of each model: what its rollups are kept under."""
    found: dict[int, list[int]] = {model_id: [] for model_id in model_ids}
    query = select(VersionRow.model_id, VersionRow.id).where(VersionRow.model_id.in_(model_ids))
    for model_id, version_id in session.execute(query):
        found[model_id].append(version_id)
    return {model_id: tuple(ids) for model_id, ids in found.items()}


def segments(session: Session, model_ids: Sequence[int]) -> Mapping[int, Sequence[Segment]]:
    """Return the segments of each model that were ever counted apart, by key and value."""
    found: dict[int, list[Segment]] = {model_id: [] for model_id in model_ids}
    query = select(SegmentRow).where(SegmentRow.model_id.in_(model_ids)).order_by(SegmentRow.key, SegmentRow.value)
    for row in session.scalars(query):
        found[row.model_id].append(Segment(row.id, row.key, row.value))
    return found


def deployments(session: Session, model_id: int, window: Window) -> Sequence[Deployment]:
    """Return the deployments in the window, the newest first."""
    query = (
        select(DeploymentRow.at, VersionRow.name, DeploymentRow.note)
        .join(VersionRow, VersionRow.id == DeploymentRow.version_id)
        .where(DeploymentRow.model_id == model_id, DeploymentRow.at >= window.start, DeploymentRow.at < window.end)
        .order_by(DeploymentRow.at.desc())
        .limit(200)
    )
    return [Deployment(at, name, note) for at, name, note in session.execute(query)]


def live_versions(session: Session, model_ids: Sequence[int], *, since: datetime) -> Mapping[int, str]:
    """Return of each model the version that was deployed last since the instant, else the one that appeared last."""
    newest = (
        select(VersionRow.model_id, VersionRow.name)
        .where(VersionRow.model_id.in_(model_ids))
        .ext(distinct_on(VersionRow.model_id))
        .order_by(VersionRow.model_id, VersionRow.id.desc())
    )
    deployed = (
        select(DeploymentRow.model_id, VersionRow.name)
        .join(VersionRow, VersionRow.id == DeploymentRow.version_id)
        .where(DeploymentRow.model_id.in_(model_ids), DeploymentRow.at >= since)
        .ext(distinct_on(DeploymentRow.model_id))
        .order_by(DeploymentRow.model_id, DeploymentRow.at.desc())
    )
    return {model_id: name for query in (newest, deployed) for model_id, name in session.execute(query)}


def business(session: Session, model_ids: Sequence[int]) -> Mapping[int, Sequence[Business]]:
    """Return each model's money parameters, the oldest first."""
    found: dict[int, list[Business]] = {model_id: [] for model_id in model_ids}
    query = select(BusinessRow).where(BusinessRow.model_id.in_(model_ids)).order_by(BusinessRow.valid_from)
    for row in session.scalars(query):
        found[row.model_id].append(_as_business(row))
    return found


def binnings(session: Session, ids: Sequence[int]) -> Mapping[int, Binning]:
    """Return the binnings by number. They never change, so each is read and prepared once a process."""
    prepared = _BINNINGS.setdefault(session.get_bind().engine, {})
    missing = [number for number in set(ids) if number not in prepared]
    if missing:
        for row in session.scalars(select(BinningRow).where(BinningRow.id.in_(missing))):
            prepared[row.id] = Binning(row.id, msgspec.msgpack.decode(row.document, type=BinningDocument))
    return {number: prepared[number] for number in set(ids)}


def current_binning(session: Session, model_id: int) -> Binning | None:
    """Return the newest binning of the model: the one that new events are counted in."""
    number = session.scalar(
        select(BinningRow.id).where(BinningRow.model_id == model_id).order_by(BinningRow.id.desc()).limit(1)
    )
    return None if number is None else binnings(session, [number])[number]


def texts(session: Session, model_id: int, feature: str) -> Mapping[float, str]:
    """Return what the codes of a feature stand for, as far as they were kept."""
    query = select(FeatureValueRow.code, FeatureValueRow.value).where(
        FeatureValueRow.model_id == model_id, FeatureValueRow.feature == feature
    )
    return {float(code): value for code, value in session.execute(query)}


def as_model(row: ModelRow | Row[Any]) -> Model:
    own = {name: Target(**bounds) for name, bounds in row.targets.items()}
    return Model(
        id=row.id,
        name=row.name,
        title=row.title,
        task=Task(row.task),
        status=row.status,
        positive_class=row.positive_class,
        threshold=row.threshold,
        targets={**targets.defaults(Task(row.task)), **own},
        owners=tuple(row.owners),
        drift_method=row.drift_method,
        created_at=row.created_at,
        segment_keys=tuple(row.segment_keys),
        importances=row.importances,
    )


def _as_business(row: BusinessRow) -> Business:
    return Business(
        valid_from=row.valid_from,
        customer_value=row.customer_value,
        contact_cost=row.contact_cost,
        save_rate=row.save_rate,
        running_cost_monthly=row.running_cost_monthly,
        horizon_months=row.horizon_months,
        currency=row.currency,
        costs=Costs(**row.costs),
    )


_BINNINGS: WeakKeyDictionary[Engine, dict[int, Binning]] = WeakKeyDictionary()
