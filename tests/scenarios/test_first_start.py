"""Four processes are started at once on a database that has nothing in it, as the command starts them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Databases
from tests.scenarios.hands import ROOT, end, scalar, wait_for
from webapp.runtime import Runtime
from webapp.settings import Settings


@pytest.mark.timeout(120)
def test_four_processes_set_an_empty_database_up_once_and_evaluate(databases: Databases, tmp_path: Path) -> None:
    url = databases.named("empty_at_first")
    databases.run("CREATE DATABASE empty_at_first")
    environment = {**os.environ, "MC_DATABASE_URL": url, "MC_DATA_DIR": str(tmp_path), "MC_SECRET_KEY": "x" * 48}
    logs = [(tmp_path / f"log-{number}").open("w+") for number in range(4)]
    command = [sys.executable, "-m", "webapp.cli.main", "worker"]
    running = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, text=True) for log in logs]
    runtime = Runtime.build(Settings(database_url=url, secret_key="x" * 48))
    try:
        wait_for(lambda: all("is running" in Path(log.name).read_text() for log in logs))
        wait_for(lambda: scalar(runtime, "SELECT max(rule_count) FROM rule_schedule"))
        assert all(process.poll() is None for process in running)
        assert scalar(runtime, "SELECT count(*) FROM alembic_version") == 1
        assert scalar(runtime, "SELECT count(*) - count(DISTINCT pack_key) FROM rule") == 0
        assert scalar(runtime, "SELECT count(*) FROM job_lease WHERE outcome = 'failed'") == 0
    finally:
        for process in running:
            end(process)
        runtime.dispose()
        databases.drop(url)
        for log in logs:
            log.close()
    said = "".join(Path(log.name).read_text() for log in logs)
    assert not re.search("Traceback|ERROR", said), said[-3000:]
