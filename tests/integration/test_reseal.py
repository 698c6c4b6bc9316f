"""`mission-control reseal`: another secret key, and every sealed secret goes on being known."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner

from tests.factories import NOW, ROOT
from webapp.alerting.outside import sources
from webapp.alerting.outside.sources import SourceSettings
from webapp.cli import reseal
from webapp.core.errors import ConflictError, UserError
from webapp.core.secrets import Vault
from webapp.runtime import Runtime

FORMER, NEW = "f" * 48, "n" * 48
Run = Callable[[], str]


@pytest.fixture
def run(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("MC_DATABASE_URL", str(runtime.settings.database_url))
    monkeypatch.setenv("MC_SECRET_KEY", NEW)
    monkeypatch.setenv("MC_FORMER_SECRET_KEY", FORMER)
    return lambda: CliRunner().invoke(reseal.COMMAND, [], catch_exceptions=False).output


def secrets_of(runtime: Runtime, name: str, *keys: str) -> tuple[str, ...]:
    with runtime.transaction() as session:
        found = sources.sender(session, name, vault=Vault(*keys), now=NOW)
    assert found is not None
    return found.keys.secrets


def test_secrets_sealed_with_the_former_key_are_known_before_and_after(runtime: Runtime, run: Run) -> None:
    with runtime.transaction() as session:
        signing, former = SourceSettings("signing", "generic"), Vault(FORMER)
        first = sources.add(session, signing, vault=former, actor=ROOT, now=NOW)
        second = sources.rotate(session, first.source.id, vault=former, actor=ROOT, now=NOW)
        sources.add(session, SourceSettings("bearer", "alertmanager"), vault=former, actor=ROOT, now=NOW)
    both = (second.text, first.text)
    assert secrets_of(runtime, "signing", NEW, FORMER) == both

    said = run()

    assert said.startswith("The secrets of 1 source are sealed with MC_SECRET_KEY")
    assert secrets_of(runtime, "signing", NEW) == both
    with pytest.raises(UserError, match="MC_FORMER_SECRET_KEY"):
        secrets_of(runtime, "signing", FORMER)
    assert run() == said  # once more changes nothing


def test_a_secret_that_neither_key_opens_is_named_and_nothing_is_written(runtime: Runtime, run: Run) -> None:
    with runtime.transaction() as session:
        for name, key in (("known", FORMER), ("lost", "x" * 48)):
            sources.add(session, SourceSettings(name, "generic"), vault=Vault(key), actor=ROOT, now=NOW)

    with pytest.raises(ConflictError, match="Source 'lost'"):
        run()

    assert secrets_of(runtime, "known", FORMER)
