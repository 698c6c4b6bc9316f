"""What the verbs share: a runtime on the named database, or on the embedded one, migrated."""

import dataclasses
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from webapp.db import embedded, migrate
from webapp.observability.logs import install
from webapp.runtime import Runtime
from webapp.settings import Settings


@contextmanager
def opened(settings: Settings | None = None) -> Iterator[Runtime]:
    """Yield a runtime; an embedded server that was started for it is stopped at the end."""
    settings = settings or Settings.from_environment()
    install(sys.stderr, level=logging.INFO)
    settings = settings.with_secret_key()
    server = None if settings.database_url else embedded.start(settings.data_dir)
    try:
        url = settings.database_url or (server.url if server else "")
        migrate.upgrade(url)
        runtime = Runtime.build(dataclasses.replace(settings, database_url=url))
        try:
            yield runtime
        finally:
            runtime.dispose()
    finally:
        if server is not None:
            server.stop()
