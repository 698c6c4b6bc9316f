"""Bringing a database to the schema of this version."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

import migrations
from webapp.core.errors import UserError
from webapp.db import migrate

SCRIPTS = Config()
SCRIPTS.set_main_option("script_location", str(Path(migrations.__file__).parent))


def test_files_are_named_by_their_revision_in_the_order_of_applying():
    scripts = list(ScriptDirectory.from_config(SCRIPTS).walk_revisions())

    assert tuple(reversed([script.revision for script in scripts])) == migrate._revisions()
    assert all(Path(script.path).stem == script.revision for script in scripts)


def test_a_schema_of_a_newer_version_is_refused(runtime):
    with runtime.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999_of_tomorrow'"))

    with pytest.raises(UserError, match="has the schema '9999_of_tomorrow', which this version does not know"):
        migrate.upgrade(runtime.settings.database_url)


def test_a_schema_that_is_current_needs_no_migrating(runtime):
    code = "import sys; from webapp.db import migrate; migrate.upgrade(sys.argv[1]); sys.exit('alembic' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code, runtime.settings.database_url], check=False).returncode == 0
