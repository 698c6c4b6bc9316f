"""Which predictions a question about a model is about: those of a version or of all in production, or a segment."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.catalog.models import Model, Segment
from webapp.catalog.queries import segments
from webapp.catalog.tables import VersionRow
from webapp.core.errors import NotFoundError

PRODUCTION = "production"
NOWHERE = -1  # the segment of a model that has no such segment: nothing is counted there


def versions_of(
    session: Session, models: Sequence[Model], *, version: str | None = None
) -> Mapping[int, Mapping[int, str]]:
    """Return each model's version numbers with their names; of the one version where it is named."""
    query = (
        select(VersionRow.model_id, VersionRow.id, VersionRow.name, VersionRow.environment)
        .where(VersionRow.model_id.in_([model.id for model in models]))
        .order_by(VersionRow.id)
    )
    rows = session.execute(query if version is None else query.where(VersionRow.name == version)).all()
    if version is not None and not rows and len(models) == 1:
        raise NotFoundError(f"The model '{models[0].name}' has no version '{version[:64]}'.")
    every: dict[int, dict[int, str]] = {model.id: {} for model in models}
    live: dict[int, dict[int, str]] = {model.id: {} for model in models}
    for model_id, number, name, environment in rows:
        every[model_id][number] = name
        if environment == PRODUCTION:
            live[model_id][number] = name
    return {model_id: live[model_id] or every[model_id] for model_id in every}


def segments_of(session: Session, models: Sequence[Model], *, segment: str | None = None) -> Mapping[int, int]:
    """Return the number of each model's segment that is named as "key=value"; nothing where none is named."""
    if segment is None:
        return {}
    found = segments(session, [model.id for model in models])
    numbers = {model.id: _numbered(found[model.id], segment) for model in models}
    if len(models) == 1 and NOWHERE in numbers.values():
        (model,) = models
        keys = ", ".join(model.segment_keys) or "none"
        raise NotFoundError(
            f"The model '{model.name}' has no segment '{segment[:120]}'; counted apart are the values of: {keys}."
        )
    return numbers


def part_of(
    session: Session, model: Model, *, version: str | None = None, segment: str | None = None
) -> tuple[Mapping[int, Sequence[int]], Mapping[int, int]]:
    """Return the version numbers of one model and its segment, each by the model's number, as `telemetry` asks."""
    versions = versions_of(session, [model], version=version)[model.id]
    return {model.id: list(versions)}, segments_of(session, [model], segment=segment)


def _numbered(known: Sequence[Segment], text: str) -> int:
    return next((segment.id for segment in known if str(segment) == text), NOWHERE)
