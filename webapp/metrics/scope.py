"""Which versions a question about a model is about: those in production, unless there are none, or one by its name."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.catalog.models import Model
from webapp.catalog.tables import VersionRow
from webapp.core.errors import NotFoundError

PRODUCTION = "production"


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
    found: dict[int, dict[int, str]] = {}
    for model in models:
        own = [row for row in rows if row.model_id == model.id]
        live = [row for row in own if row.environment == PRODUCTION]
        found[model.id] = {row.id: row.name for row in live or own}
    return found
