"""What tests are given: people, models and events, made by the application's own verbs, and everything by name.

Each factory has defaults for all that a test does not care about; what it cares about stands in its call.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from webapp.accounts import sessions, tokens, users
from webapp.accounts.actor import Actor, ActorKind
from webapp.accounts.permissions import Role, permissions_of
from webapp.accounts.tables import UserRow
from webapp.accounts.tokens import NewToken
from webapp.catalog import register
from webapp.catalog.models import Business, Model, Target
from webapp.core.ids import uuid7
from webapp.telemetry.fold import fold
from webapp.telemetry.ingest import accept_deployment, accept_measurements, accept_outcomes, accept_predictions
from webapp.telemetry.wire import Deployment, FeatureValue, Measurement, Outcome, Prediction, Receipt

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)  # where the standing clock stands
PASSWORD = "seven-otters-juggle-quietly"
HOUR_AGO = NOW - timedelta(hours=1)
CAST: Mapping[str, Role] = {
    "ada": Role.DATA_SCIENTIST,
    "omar": Role.ONCALL,
    "erin": Role.EXECUTIVE,
    "dev": Role.DEVOPS,
    "bea": Role.ANALYST,
    "root": Role.ADMIN,
}


# --- people -----------------------------------------------------------------------------------------------------------


def make_actor(*roles: Role, name: str = "ada", address: str = "127.0.0.1") -> Actor:
    """Return somebody who acts, known to no database; a data scientist unless roles are given."""
    held = roles or (Role.DATA_SCIENTIST,)
    return Actor(
        kind=ActorKind.USER,
        id=uuid7(NOW),
        name=name,
        email=f"{name}@example.com",
        roles=held,
        permissions=permissions_of(held),
        session_id=uuid7(NOW),
        address=address,
    )


ROOT = make_actor(Role.ADMIN, name="root")


def make_user(
    session: Session,
    name: str = "ada",
    *,
    roles: Iterable[Role] | None = None,
    password: str | None = None,
    now: datetime = NOW,
) -> UserRow:
    """Store a person of the cast with their role; with a password they can sign in (it takes a tenth of a second)."""
    chosen = [CAST.get(name, Role.DATA_SCIENTIST)] if roles is None else list(roles)
    return users.create(
        session, email=f"{name}@example.com", name=name, roles=chosen, password=password, actor=ROOT, now=now
    )


def make_session(session: Session, user: UserRow, *, now: datetime = NOW) -> str:
    """Open a browser session of the user and return the key of its cookie."""
    key = sessions.open_session(session, user.id, address="127.0.0.1", user_agent="tests", now=now)
    session.flush()
    return key


def make_token(
    session: Session, *scopes: str, now: datetime = NOW, lifetime: timedelta = timedelta(days=90)
) -> NewToken:
    token = tokens.create(session, name="tests", scopes=scopes or ["read"], actor=ROOT, now=now, lifetime=lifetime)
    session.flush()
    return token


# --- what is monitored ------------------------------------------------------------------------------------------------


def make_model(
    session: Session,
    name: str = "churn",
    *,
    now: datetime = NOW,
    title: str | None = None,
    threshold: float | None = None,
    positive_class: str | None = None,
    targets: Mapping[str, Target] | None = None,
    owners: Sequence[str] | None = None,
) -> Model:
    """Register a binary model."""
    return register.put_model(
        session,
        name,
        now=now,
        title=title,
        threshold=threshold,
        positive_class=positive_class,
        targets=targets,
        owners=owners,
    )


def make_business(
    session: Session,
    model: Model,
    *,
    valid_from: datetime = NOW - timedelta(days=365),
    customer_value: float = 1200.0,
    contact_cost: float = 50.0,
    save_rate: float = 1.0,
    running_cost_monthly: float = 0.0,
    now: datetime = NOW,
) -> Business:
    """Give the model the money parameters of the worked example."""
    business = Business(valid_from, customer_value, contact_cost, save_rate, running_cost_monthly)
    register.set_business(session, model.id, business, now=now)
    return business


def make_deployment(
    session: Session, model: str = "churn", version: str = "v13", *, at: datetime = HOUR_AGO, note: str = ""
) -> bool:
    return accept_deployment(session, Deployment(model=model, version=version, at=at, note=note), now=max(at, NOW))


# --- what happens -----------------------------------------------------------------------------------------------------


def prediction(
    prediction_id: str = "c-1",
    *,
    model: str = "churn",
    version: str = "v12",
    at: datetime = HOUR_AGO,
    features: Mapping[str, FeatureValue] | None = None,
    score: float | None = 0.8,
    predicted: int | float | str | bool | None = None,
    latency_ms: float | None = 12.5,
    error: str | None = None,
    segments: Mapping[str, str] | None = None,
    environment: str = "production",
) -> Prediction:
    """Return one prediction as a client sends it; it is not stored."""
    return Prediction(
        model=model,
        prediction_id=prediction_id,
        at=at,
        version=version,
        features=dict({"tenure": 5, "contract": "One year"} if features is None else features),
        score=score,
        predicted=predicted,
        latency_ms=latency_ms,
        error=error,
        segments=dict(segments or {}),
        environment=environment,
    )


def predictions(
    count: int,
    *,
    model: str = "churn",
    version: str = "v12",
    start: datetime = NOW - timedelta(days=1),
    end: datetime = NOW,
    prefix: str = "c",
    seed: int = 7,
) -> list[Prediction]:
    """Return that many different predictions, evenly spread over the time, the same for the same seed."""
    rng = random.Random(seed)
    spacing = (end - start) / max(count, 1)
    return [
        prediction(
            f"{prefix}-{number}",
            model=model,
            version=version,
            at=start + number * spacing,
            features={
                "tenure": rng.randrange(1, 73),
                "monthly_charges": round(rng.gauss(65, 20), 2),
                "contract": rng.choice(("Month-to-month", "One year", "Two year")),
            },
            score=round(rng.betavariate(2, 4), 6),
            latency_ms=round(rng.lognormvariate(5, 0.4), 3),
        )
        for number in range(count)
    ]


def make_predictions(session: Session, sent: Sequence[Prediction] | int = 20, *, now: datetime = NOW) -> Receipt:
    """Store predictions: those that are given, or that many different ones of the model `churn`."""
    items = predictions(sent) if isinstance(sent, int) else sent
    return accept_predictions(session, items, now=now)


def outcome(
    prediction_id: str = "c-1", actual: float | str | bool = 1, *, model: str = "churn", at: datetime = HOUR_AGO
) -> Outcome:
    """Return one outcome as a client sends it; it is not stored."""
    return Outcome(model=model, prediction_id=prediction_id, actual=actual, at=at)


def make_outcomes(session: Session, sent: Sequence[Outcome], *, now: datetime = NOW) -> Receipt:
    return accept_outcomes(session, sent, now=now)


def make_measurements(
    session: Session,
    name: str = "cpu_percent",
    values: Sequence[float] = (67.0,),
    *,
    instance: str = "api-1",
    model: str | None = None,
    start: datetime = HOUR_AGO,
    every: timedelta = timedelta(minutes=1),
    now: datetime = NOW,
) -> Receipt:
    """Store one value after the other of a gauge."""
    labels = {"instance": instance} | ({} if model is None else {"model": model})
    sent = [
        Measurement(name=name, value=value, at=start + place * every, labels=labels)
        for place, value in enumerate(values)
    ]
    return accept_measurements(session, sent, now=now)


@dataclass(frozen=True, slots=True)
class Confusion:
    tp: int
    fp: int
    fn: int
    tn: int


WORKED_EXAMPLE = Confusion(tp=450, fp=180, fn=120, tn=1750)


def make_confusion(
    session: Session,
    counts: Confusion = WORKED_EXAMPLE,
    *,
    model: str = "churn",
    version: str = "v12",
    start: datetime = NOW - timedelta(days=9),
    end: datetime = NOW - timedelta(hours=1),
    prefix: str = "w",
    now: datetime = NOW,
    seed: int = 7,
) -> None:
    """Store predictions and their outcomes that come out as exactly these counts at the threshold one half."""
    rng = random.Random(seed)
    kinds = [(1, 1)] * counts.tp + [(1, 0)] * counts.fp + [(0, 1)] * counts.fn + [(0, 0)] * counts.tn
    rng.shuffle(kinds)
    spacing = (end - start) / max(len(kinds), 1)
    sent = [
        prediction(
            f"{prefix}-{number}",
            model=model,
            version=version,
            at=start + number * spacing,
            features={"tenure": rng.randrange(1, 73), "contract": rng.choice(("Month-to-month", "Two year"))},
            score=round(rng.uniform(0.5, 0.999) if flagged else rng.uniform(0.001, 0.499), 6),
            latency_ms=round(rng.lognormvariate(5, 0.4), 3),
        )
        for number, (flagged, _) in enumerate(kinds)
    ]
    told = [
        outcome(item.prediction_id, actual, model=model, at=item.at)
        for item, (_, actual) in zip(sent, kinds, strict=True)
    ]
    for first in range(0, len(sent), 1000):
        make_predictions(session, sent[first : first + 1000], now=now)
        make_outcomes(session, told[first : first + 1000], now=now)


def fold_all(session: Session, *, now: datetime = NOW) -> int:
    """Fold every pending delta, as the job does by and by; return how many there were."""
    folded = 0
    while count := fold(session, now=now):
        folded += count
    return folded
