"""Making a report: ask, build, draw, store. One at a time for a month and model; who comes meanwhile gets the same."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import structs
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from webapp.accounts import audit
from webapp.accounts.actor import Actor
from webapp.catalog import queries as catalog
from webapp.catalog.models import Model
from webapp.core.errors import UnavailableError
from webapp.core.ids import digest, uuid7
from webapp.reporting import queries
from webapp.reporting.build import build
from webapp.reporting.document import Document, Level, as_plain, changes_between, content_hash, from_plain
from webapp.reporting.gather import gather
from webapp.reporting.html import html
from webapp.reporting.pdf import Pdf, pdf
from webapp.reporting.period import ReportPeriod, period_of
from webapp.reporting.queries import ALL_MODELS, ALL_WORD, Report
from webapp.reporting.tables import ReportRow
from webapp.settings import Settings

# A large report may take longer to count than a screen may, and another one's drawing longer to wait for than a lock.
PATIENCE = "SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '30s'"

# In a month that is not over every moment has figures of its own; nobody who clicks twice asks for two revisions.
FRESH = timedelta(minutes=5)


def generate(session: Session, model: str, month: str, *, actor: Actor, settings: Settings, now: datetime) -> Report:
    """Make a new revision; where somebody is making the same one right now, wait for that and return it."""
    return _made(session, model, month, actor=actor, settings=settings, now=now, reuse=False)


def current(session: Session, model: str, month: str, *, actor: Actor, settings: Settings, now: datetime) -> Report:
    """Return the newest revision where it still says what the data says, else make a new one.

    In a month that is not over, one that was just made says enough, as long as nobody has changed a model since.
    """
    return _made(session, model, month, actor=actor, settings=settings, now=now, reuse=True)


def scope_of(model: str) -> str:
    """Return the scope that a model's name, or the word for all of them, asks for."""
    return ALL_MODELS if model in {ALL_WORD, ALL_MODELS, ""} else model


def _made(
    session: Session, model: str, month: str, *, actor: Actor, settings: Settings, now: datetime, reuse: bool
) -> Report:
    scope, period = scope_of(model), period_of(month, now=now, zone=settings.timezone)
    models = catalog.models(session) if scope == ALL_MODELS else [catalog.model_named(session, scope)]
    session.execute(text(PATIENCE))
    joined = _alone(session, scope, period)
    if joined is not None:
        return joined
    former = queries.newest(session, scope, period.key)
    if reuse and former is not None and _is_fresh(session, former, period, now=now):
        return former
    document = _document(session, models, period, scope, actor=actor, settings=settings, now=now)
    if reuse and former is not None and former.content_hash == content_hash(document):
        return former
    return _stored(session, scope, models, period, _as_revision(session, document, former), actor=actor, now=now)


def _alone(session: Session, scope: str, period: ReportPeriod) -> Report | None:
    """Be the only one who makes this report until the transaction ends; return what somebody else just made, if so."""
    before = queries.newest(session, scope, period.key)
    key = int.from_bytes(digest("report", scope, period.key)[:8], signed=True)
    if session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}):
        return None
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
    after = queries.newest(session, scope, period.key)
    return after if after is not None and (before is None or after.id != before.id) else None


def _is_fresh(session: Session, former: Report, period: ReportPeriod, *, now: datetime) -> bool:
    """Say whether the report of a month in progress was just made, of data, and of models as they are now."""
    if period.is_final or former.status == Level.UNKNOWN or now - former.created_at >= FRESH:
        return False
    changed = audit.subjects_since(session, former.created_at)
    if former.scope == ALL_MODELS:
        return not any(subject.startswith("model:") for subject in changed)
    return f"model:{former.scope}" not in changed


def _document(
    session: Session,
    models: Sequence[Model],
    period: ReportPeriod,
    scope: str,
    *,
    actor: Actor,
    settings: Settings,
    now: datetime,
) -> Document:
    facts = gather(
        session,
        models,
        period,
        is_portfolio=scope == ALL_MODELS,
        organisation=settings.organisation,
        minimum_coverage=settings.minimum_coverage,
        now=now,
    )
    return build(facts, created_at=now, created_by=actor.name)


def _as_revision(session: Session, document: Document, former: Report | None) -> Document:
    """Number the document, and list what reads differently from the revision before."""
    if former is None:
        return document
    before = from_plain(session.scalar(select(ReportRow.figures).where(ReportRow.id == former.id)))
    changes = changes_between(before, document)
    imprint = structs.replace(document.imprint, revision=former.revision + 1, changes=changes)
    return structs.replace(document, imprint=imprint)


def _stored(
    session: Session,
    scope: str,
    models: Sequence[Model],
    period: ReportPeriod,
    document: Document,
    *,
    actor: Actor,
    now: datetime,
) -> Report:
    page = html(document)
    paper, warnings = _paper(document)
    row = ReportRow(
        id=uuid7(now),
        kind="monthly",
        scope=scope,
        model_id=None if scope == ALL_MODELS else models[0].id,
        period=period.key,
        period_start=period.month.start,
        period_end=period.month.end,
        zone=period.zone,
        revision=document.imprint.revision,
        is_final=period.is_final,
        title=document.scope,
        status=document.status.level.value,
        status_word=document.status.word,
        created_at=now,
        created_by=actor.name,
        data_cutoff=period.window.end,
        template_version=document.imprint.template_version,
        content_hash=content_hash(document),
        warnings=list(warnings),
        pdf_standard=None if paper is None else paper.standard,
        figures=as_plain(document),
        html=page,
        html_size=len(page),
        pdf=None if paper is None else paper.body,
        pdf_size=None if paper is None else len(paper.body),
    )
    session.add(row)
    session.flush()
    after = {"model": scope, "period": period.key, "revision": row.revision}
    audit.record(session, "report.generated", actor=actor, subject=f"report:{row.id}", now=now, after=after)
    return queries.report(session, row.id)


def _paper(document: Document) -> tuple[Pdf | None, tuple[str, ...]]:
    """Return the PDF with its warnings; where none can be made the report still has its HTML, and says why."""
    try:
        made = pdf(document)
    except UnavailableError as error:
        return None, (error.message,)
    return made, made.warnings
