"""Plug-ins are found by the constant they export; errors carry what their reader needs."""

from tests.factories import NOW
from webapp.core.clock import StandingClock, SystemClock
from webapp.core.errors import FieldError, InvalidInputError, ThrottledError, UnavailableError, UserError
from webapp.core.registry import discover
from webapp.web import blueprints


def test_every_module_with_the_constant_is_found_by_its_name() -> None:
    found = discover(blueprints, "BLUEPRINT")

    assert {"auth", "health", "ingest"} <= found.keys()
    assert list(found) == sorted(found)
    assert discover(blueprints, "NO_SUCH_CONSTANT") == {}


def test_errors_are_sentences_with_a_status() -> None:
    fault = InvalidInputError("No.", errors=(FieldError("/score", "must be a number"),))

    assert (fault.status, fault.message, fault.errors[0].at) == (422, "No.", "/score")
    assert ThrottledError("Wait.", retry_after_seconds=7).retry_after_seconds == 7
    assert UnavailableError("Later.").retry_after_seconds > 0
    assert all(issubclass(kind, UserError) and 400 <= kind.status < 600 for kind in UserError.__subclasses__())


def test_a_clock_stands_until_it_is_moved() -> None:
    clock = StandingClock(NOW)

    assert clock.now() == clock.now() == NOW
    assert SystemClock().now().tzinfo is not None
