"""Opening the demo company: models, people and 90 days of history, once; later starts add what is missing since."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from webapp.alerting.queries import last_evaluation
from webapp.catalog import queries as catalog
from webapp.catalog import targets
from webapp.catalog.models import Task
from webapp.catalog.register import put_model, set_business
from webapp.catalog.tables import ModelRow
from webapp.core.errors import ConflictError
from webapp.core.periods import DAY, Window, floor_to
from webapp.db.locks import AdvisoryLock
from webapp.demo import history, people, replay, surroundings
from webapp.demo.company import Company, all_worlds
from webapp.demo.history import Span
from webapp.demo.people import Credentials
from webapp.demo.world import World
from webapp.runtime import Runtime
from webapp.telemetry import baselines, segments

LOCK = AdvisoryLock.PREPARING_DEMO
BASELINE_DAYS = timedelta(days=14)
Report = Callable[[str], None]


def prepare(runtime: Runtime, *, days: int, now: datetime, base_url: str, report: Report) -> Credentials:
    """Make the demo company complete until now and return how its people sign in."""
    with _alone(runtime):
        began = time.monotonic()
        company, origin = _opened(runtime, days=days, now=now)
        credentials = _credentials(runtime, base_url=base_url, now=now)
        span = Span(origin, now, replay.by_minute(company))
        loaded = history.load(runtime, company, span)
        _set_baselines(runtime, company, origin=origin)
        _count_segments(runtime, company)
        if loaded.predictions or loaded.outcomes:
            report(
                f"Loaded {loaded.predictions:,} predictions, {loaded.outcomes:,} outcomes and"
                f" {loaded.measurements:,} measurements in {time.monotonic() - began:.1f} s."
            )
        _replay_once(runtime, company, origin=origin, now=now, report=report)
        return credentials


def company_of(session: Session) -> Company | None:
    """Return the company as it was opened in this database; None before."""
    opening = session.scalar(select(ModelRow.created_at).where(ModelRow.name == all_worlds()[0].name))
    return None if opening is None else Company(opening)


def _opened(runtime: Runtime, *, days: int, now: datetime) -> tuple[Company, datetime]:
    """Return the company and where its history begins; the first time, register its models with their baselines."""
    with runtime.job_transaction() as session:
        _refuse_foreign_models(session)
        company = company_of(session) or Company(now)
        origin = floor_to(company.opening - timedelta(days=days), DAY)
        for world in company.worlds.values():
            _register(session, company, world, origin=origin)
        people.move_in(session, now=company.opening)
    return company, origin


def _refuse_foreign_models(session: Session) -> None:
    """Leave a model alone that has a name of ours but was not made by us."""
    names = [world.name for world in all_worlds()]
    taken = session.scalars(select(ModelRow.name).where(ModelRow.name.in_(names)).order_by(ModelRow.name)).all()
    if taken and not people.live_here(session):
        raise ConflictError(
            f"This database has a model '{taken[0]}' that is not the demo's."
            " Open the demo in another one: set MC_DATA_DIR or MC_DATABASE_URL."
        )


def _register(session: Session, company: Company, world: World, *, origin: datetime) -> None:
    if session.scalar(select(ModelRow.id).where(ModelRow.name == world.name)) is None:
        model = put_model(
            session,
            world.name,
            now=company.opening,
            title=world.title,
            task=world.task,
            threshold=world.threshold,
            owners=world.owners,
            targets=None if world.targets is None else {**targets.defaults(world.task), **world.targets},
            importances=company.importances(world.name) if world.tells_importances else None,
        )
        if world.business is not None:
            set_business(session, model.id, replace(world.business, valid_from=origin), now=company.opening)
        if world.task is Task.MULTICLASS:
            return  # Its classes are counted with its predictions: the baseline is made of the first of them.
        frame, scores, actual = company.training_frame(world.name)
        source = f"{len(scores):,} rows from before {world.releases[0].version} went live"
        columns = {name: values.tolist() for name, values in frame.items()}
        baselines.create_from_columns(
            session,
            model,
            columns,
            scores=scores.tolist(),
            outcomes=actual.tolist() if world.task is Task.BINARY else None,
            source=source,
            by="Ada",
            now=origin,
        )


def _set_baselines(runtime: Runtime, company: Company, *, origin: datetime) -> None:
    """Give those models that have none a baseline of their first days."""
    for world in company.worlds.values():
        with runtime.job_transaction() as session:
            model = catalog.model_named(session, world.name)
            if not baselines.baselines(session, model.id):
                days = Window(origin, origin + BASELINE_DAYS)
                baselines.create_from_window(session, model, days, by="Ada", now=origin)


def _count_segments(runtime: Runtime, company: Company) -> None:
    """Count each model's segments apart, once its history is there: all at once is faster than batch by batch."""
    for world in company.worlds.values():
        with runtime.job_transaction() as session:
            model = catalog.model_named(session, world.name)
            segments.declare(session, model, list(world.segments), now=company.opening)


def _credentials(runtime: Runtime, *, base_url: str, now: datetime) -> Credentials:
    path = runtime.settings.data_dir / people.FILE
    with runtime.job_transaction() as session:
        made = people.sign_ins(session, people.kept(path), base_url=base_url, now=now)
    made.write(path)
    return made


def _replay_once(runtime: Runtime, company: Company, *, origin: datetime, now: datetime, report: Report) -> None:
    """Bring the alerts of the past about, unless rules have been evaluated before."""
    with runtime.job_transaction() as session:
        if last_evaluation(session) is not None:
            return
    began = time.monotonic()
    with runtime.job_transaction() as session:
        surroundings.settle(session, vault=runtime.settings.vault, opening=origin)
    count = replay.replay(runtime, company, origin=origin, now=now)
    with runtime.job_transaction() as session:
        surroundings.hear(session, now=now)
    report(f"Evaluated the rules at {count} moments of the past in {time.monotonic() - began:.1f} s.")


@contextmanager
def _alone(runtime: Runtime) -> Iterator[None]:
    """Wait until nobody else prepares, and keep others waiting meanwhile."""
    with runtime.job_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET lock_timeout = 0"))
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        try:
            yield
        finally:
            connection.invalidate()  # closing the connection gives the lock back, and its settings with it
