"""What people wait for when a year and ten million events lie behind a model: questions, screens, the report."""

from collections.abc import Callable
from datetime import UTC, datetime

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.bench.run import median_ms, scratch_runtime, show
from tests.bench.year import load
from webapp.accounts import users
from webapp.accounts.actor import SYSTEM
from webapp.accounts.permissions import Role
from webapp.accounts.sessions import actor_of_user, open_session
from webapp.app import create_app
from webapp.catalog.models import Model
from webapp.catalog.queries import models
from webapp.cli.serving import keep_what_is_loaded
from webapp.core.periods import DAY, Window, floor_to
from webapp.metrics import queries
from webapp.metrics.drift import drift
from webapp.metrics.performance import performance
from webapp.metrics.standing import keep_standings
from webapp.reporting.generate import generate
from webapp.runtime import Runtime

KPIS = ("accuracy", "precision", "recall", "roc_auc", "revenue_protected", "roi", "response_time_p95", "error_rate")
SCREENS = (
    "/",
    "/executive",
    "/technical/performance",
    "/technical/data",
    "/technical/health",
    "/technical/predictions",
    "/technical/versions",
    "/models/bench",
)


def run() -> None:
    now = datetime.now(UTC)
    with scratch_runtime() as runtime:
        model = load(runtime, now=now)
        _questions(runtime, model, now)
        _screens(runtime)
        _report(runtime, model, now)


def _questions(runtime: Runtime, model: Model, now: datetime) -> None:
    year = Window(floor_to(now - DAY * 365, DAY), now)
    questions: dict[str, Callable[[Session], object]] = {
        "eight KPIs over a year": lambda s: queries.values(s, [model], KPIS, year, now=now),
        "ROC, AUC, confusion, calibration over a year": lambda s: performance(s, model, year, now=now),
        "drift of 20 features over a year": lambda s: drift(s, model, year, now=now),
        "accuracy, precision, recall by day over a year": lambda s: queries.series(
            s, model, KPIS[:3], year, DAY, now=now
        ),
    }
    for what, question in questions.items():

        def asked(question: Callable[[Session], object] = question) -> None:
            with runtime.transaction() as session:
                question(session)

        show(what, f"{median_ms(asked):.1f} ms", "≤ 20 ms")


def _screens(runtime: Runtime) -> None:
    client, now = _signed_in(runtime), datetime.now(UTC)
    keep_what_is_loaded()
    year = f"from={(now - DAY * 364):%Y-%m-%d}&to={now:%Y-%m-%d}"
    for path in SCREENS:
        with runtime.job_transaction() as session:  # as the job does twice a minute
            keep_standings(session, models(session), now=datetime.now(UTC))
        for words, chosen in (("30 days", "range=30d"), ("a year", year)):

            def rendered(query: str = f"{path}?model=bench&{chosen}") -> None:
                answer = client.get("/_dash-layout", headers={"Referer": f"http://127.0.0.1:8050{query}"})
                assert answer.status_code == 200

            promise = "≤ 150 ms" if path == "/executive" else "≤ 100 ms"
            show(f"screen {path}, {words}, server time", f"{median_ms(rendered, times=9):.0f} ms", promise)


def _report(runtime: Runtime, model: Model, now: datetime) -> None:
    month = f"{(now.replace(day=1) - DAY):%Y-%m}"
    with runtime.transaction() as session:
        actor = actor_of_user(_administrator(session, now))

    def made() -> None:
        with runtime.transaction() as session:
            generate(session, model.name, month, actor=actor, settings=runtime.settings, now=datetime.now(UTC))

    show("monthly report: figures, HTML and PDF", f"{median_ms(made, times=5) / 1000:.2f} s", "≤ 1.5 s")


def _signed_in(runtime: Runtime) -> FlaskClient:
    app, now = create_app(runtime), datetime.now(UTC)
    with runtime.transaction() as session:
        user = _administrator(session, now)
        key = open_session(session, user.id, address="127.0.0.1", user_agent="bench", now=now)
    client = app.test_client()
    client.set_cookie("mc_session", key)
    return client


def _administrator(session: Session, now: datetime):  # type: ignore[no-untyped-def]
    known = users.by_email(session, "root@example.com")
    return known or users.create(
        session, email="root@example.com", name="Root", roles=[Role.ADMIN], actor=SYSTEM, now=now
    )
