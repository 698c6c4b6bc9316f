"""What tests of several processes share: to go on only when somebody waits for a lock."""

from time import sleep

from sqlalchemy import text

from webapp.runtime import Runtime

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def wait_for_a_lock(runtime: Runtime) -> None:
    """Wait until somebody waits for what somebody else holds."""
    for _ in range(100):
        with runtime.transaction() as session:
            if session.scalar(text(WAITING)):
                return
        sleep(0.02)
    raise AssertionError("nobody waits")
