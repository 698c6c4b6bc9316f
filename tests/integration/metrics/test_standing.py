"""How models stand is kept ready for a moment, and never older than it says."""

from datetime import timedelta

from sqlalchemy.orm import Session

from tests.factories import NOW, make_model, make_outcomes, make_predictions, outcome, prediction
from webapp.catalog.models import Model
from webapp.core.periods import HOUR, Window
from webapp.metrics import queries
from webapp.metrics.courses import courses
from webapp.metrics.health import HealthState, health
from webapp.metrics.standing import FRESH, keep_standings, standings


def right(session: Session, name: str, count: int, *, share: float) -> Model:
    """Store that many positive decisions, well ranked, of which the share is right."""
    model = make_model(session, name, now=NOW)
    scores = [0.9 if n < share * count else 0.8 for n in range(count)]
    make_predictions(session, [prediction(f"{name}-{n}", model=name, score=score) for n, score in enumerate(scores)])
    make_outcomes(session, [outcome(f"{name}-{n}", n < share * count, model=name) for n in range(count)])
    return model


def test_what_is_kept_is_what_health_says(session: Session) -> None:
    models = [right(session, "churn", 60, share=0.9), right(session, "fraud", 60, share=0.5)]

    judged = standings(session, models, now=NOW)
    keep_standings(session, models, now=NOW)
    kept = standings(session, models, now=NOW + FRESH)

    assert kept == judged
    assert {name: found.health for name, found in kept.items()} == health(session, models, now=NOW)
    assert kept["fraud"].health.state is HealthState.CRITICAL


def test_what_is_older_than_it_may_be_is_judged_again(session: Session) -> None:
    model = right(session, "churn", 60, share=0.9)
    keep_standings(session, [model], now=NOW)
    make_outcomes(session, [outcome(f"churn-{n}", False) for n in range(60)])

    at_once = standings(session, [model], now=NOW + timedelta(seconds=30))["churn"]
    later = standings(session, [model], now=NOW + FRESH + timedelta(seconds=1))["churn"]

    assert at_once.health.state is HealthState.HEALTHY
    assert later.health.state is HealthState.CRITICAL


def test_a_model_that_is_gone_is_forgotten_and_a_new_one_judged_on_the_spot(session: Session) -> None:
    first = right(session, "churn", 60, share=0.9)
    keep_standings(session, [first], now=NOW)
    second = right(session, "fraud", 60, share=0.5)

    both = standings(session, [first, second], now=NOW)
    keep_standings(session, [second], now=NOW)

    assert both["fraud"].health.state is HealthState.CRITICAL
    assert standings(session, [first], now=NOW)["churn"].health == both["churn"].health


def test_series_read_together_are_those_read_one_by_one(session: Session) -> None:
    models = [right(session, "churn", 60, share=0.9), right(session, "fraud", 40, share=0.5)]
    window, names = Window(NOW - 6 * HOUR, NOW), ["accuracy", "prediction_count", "roc_auc"]

    together = queries.series_of_each(session, models, names, window, HOUR, now=NOW)

    for model in models:
        assert together[model.name] == queries.series(session, model, names, window, HOUR, now=NOW)


def test_pooled_ratios_weigh_models_by_what_they_counted(session: Session) -> None:
    models = [right(session, "churn", 60, share=0.9), right(session, "fraud", 40, share=0.5)]
    window = Window(NOW - 6 * HOUR, NOW)

    found = courses(session, models, ["accuracy", "prediction_count"], window, HOUR, now=NOW)

    assert sum(point.value.value or 0 for point in found.pooled["prediction_count"].points) == 100
    (point,) = [point for point in found.pooled["accuracy"].points if point.value.value is not None]
    assert (point.value.value, point.value.sample_count) == (74 / 100, 100)


def test_the_volume_of_each_model_is_its_own_series(session: Session) -> None:
    models = [right(session, "churn", 60, share=0.9), right(session, "fraud", 40, share=0.5)]
    window, later = Window(NOW - 6 * HOUR, NOW), NOW + HOUR / 2

    found = courses(session, models, ["prediction_count"], window, HOUR, now=NOW)
    with_a_step_begun = courses(session, models, [], Window(window.start, later), HOUR, now=later)

    for model in models:
        alone = queries.series(session, model, ["prediction_count"], window, HOUR, now=NOW)["prediction_count"]
        assert list(found.volumes[model.name]) == [point.value.value for point in alone.points]
    assert with_a_step_begun.volumes == found.volumes
