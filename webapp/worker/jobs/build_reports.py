"""Once a month is over, make its report about each model and one about all of them: once, however often it runs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from webapp.accounts.actor import SYSTEM
from webapp.catalog import queries as catalog
from webapp.metrics import queries as metrics
from webapp.reporting import queries
from webapp.reporting.generate import generate
from webapp.reporting.period import month_of, period_of
from webapp.reporting.queries import ALL_MODELS
from webapp.runtime import Runtime
from webapp.worker.job import Job

FIRST_HOUR = 6  # On the first of a month late events still arrive in the night; who reads reports sleeps anyway.


def run(runtime: Runtime, now: datetime) -> str:
    """Make what is missing of last month; return what was done in words, nothing where nothing was due."""
    zone = runtime.settings.timezone
    local = now.astimezone(ZoneInfo(zone))
    if local.day == 1 and local.hour < FIRST_HOUR:
        return ""
    month = month_of(local.replace(day=1) - timedelta(days=1), zone)
    made = [scope for scope in _missing(runtime, month, now) if _make(runtime, scope, month, now)]
    return f"{len(made)} reports for {month}" if made else ""


def _missing(runtime: Runtime, month: str, now: datetime) -> Sequence[str]:
    """Return whom there is data but no final report about: models, and all of them where there are several."""
    window = period_of(month, now=now, zone=runtime.settings.timezone).window
    with runtime.job_transaction() as session:
        models = catalog.models(session)
        counts = metrics.values(session, models, ["prediction_count"], window, now=now)
        active = [model.name for model in models if counts[model.name]["prediction_count"].value]
        scopes = [*active, ALL_MODELS] if len(active) > 1 else active
        return [scope for scope in scopes if not queries.has_final(session, scope, month)]


def _make(runtime: Runtime, scope: str, month: str, now: datetime) -> bool:
    with runtime.job_transaction() as session:
        if queries.has_final(session, scope, month):
            return False
        generate(session, scope, month, actor=SYSTEM, settings=runtime.settings, now=now)
    return True


JOB = Job(name="build_reports", every=timedelta(hours=1), run=run)
