"""For a WSGI server of your own: `application`, with the worker's ticks beside it. Migrate first."""

from webapp.app import create_app
from webapp.runtime import Runtime
from webapp.settings import Settings
from webapp.worker import scheduler

runtime = Runtime.build(Settings.from_environment().with_secret_key())
application = create_app(runtime)
if runtime.settings.scheduler:
    scheduler.start(runtime)
