"""Taking in deployments: a version of a model went live."""

from datetime import datetime

from sqlalchemy.orm import Session

from webapp.catalog.register import ensure_model, record_deployment
from webapp.core.errors import ForbiddenError, InvalidInputError
from webapp.telemetry.predictions import Limits
from webapp.telemetry.refusals import ModelCheck, time_fault
from webapp.telemetry.wire import Deployment


def accept_deployment(
    session: Session,
    deployment: Deployment,
    *,
    now: datetime,
    limits: Limits | None = None,
    check_model: ModelCheck | None = None,
) -> bool:
    """Record the deployment; return False where it was known already."""
    fault = check_model(deployment.model) if check_model else None
    if fault:
        raise ForbiddenError(fault)
    limits = limits or Limits()
    timing = time_fault(deployment.at, now=now, oldest=now - limits.retention)
    if timing is not None:
        raise InvalidInputError(f"The field 'at' {timing[1]}.")
    model = ensure_model(session, deployment.model, now=now)
    return record_deployment(
        session,
        model.id,
        deployment.version,
        at=deployment.at,
        note=deployment.note,
        now=now,
        environment=deployment.environment,
    )
