"""Settings come from MC_* variables and files, say what is wrong in a sentence, and never show a secret."""

import threading
from pathlib import Path

import pytest

from webapp.core.errors import UserError
from webapp.settings import Settings, secret_names

LONG = "0123456789abcdef0123456789abcdef"


def test_nothing_set_is_a_complete_set_up() -> None:
    settings = Settings.from_environment({})

    assert settings == Settings()
    assert (settings.public_url, settings.is_https, settings.sources) == ("http://127.0.0.1:8050", False, {})


def test_each_value_has_its_kind_and_its_source() -> None:
    environment = {
        "MC_PORT": "9000",
        "MC_DEMO": "yes",
        "MC_SCHEDULER": "off",
        "MC_MINIMUM_COVERAGE": "0.75",
        "MC_DATA_DIR": "/srv/mc",
        "MC_BASE_URL": "https://mc.example.com/",
        "MC_HOST": "",
    }

    settings = Settings.from_environment(environment)

    assert (settings.port, settings.demo, settings.scheduler, settings.minimum_coverage) == (9000, True, False, 0.75)
    assert (settings.data_dir, settings.host) == (Path("/srv/mc"), "127.0.0.1")
    assert (settings.public_url, settings.is_https) == ("https://mc.example.com", True)
    assert settings.sources["port"] == "MC_PORT"
    assert "host" not in settings.sources


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{LONG}\n")

    settings = Settings.from_environment({"MC_SECRET_KEY_FILE": str(file)})

    assert settings.secret_key == LONG
    assert settings.sources == {"secret_key": "MC_SECRET_KEY_FILE"}


def test_the_variable_itself_goes_before_its_file(tmp_path: Path) -> None:
    settings = Settings.from_environment({"MC_PORT": "1", "MC_PORT_FILE": str(tmp_path / "missing")})

    assert settings.port == 1


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"MC_PORT": "web"}, "MC_PORT is 'web'; it must be a whole number."),
        ({"MC_PORT": "80.5"}, "MC_PORT is '80.5'; it must be a whole number."),
        ({"MC_DEMO": "perhaps"}, "MC_DEMO is 'perhaps'; it must be on or off."),
        ({"MC_MINIMUM_COVERAGE": "most"}, "MC_MINIMUM_COVERAGE is 'most'; it must be a number."),
        ({"MC_SECRET_KEY_FILE": "/no/such/file"}, "No such file"),
        ({"MC_SECRET_KEY_FILE": "/"}, "Is a directory"),
    ],
)
def test_a_wrong_value_is_a_sentence(environment: dict[str, str], words: str) -> None:
    with pytest.raises(UserError) as caught:
        Settings.from_environment(environment)

    assert words in caught.value.message


def test_a_file_that_is_no_text_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(UserError, match="not text"):
        Settings.from_environment({"MC_SECRET_KEY_FILE": str(file)})


def test_a_secret_is_never_shown() -> None:
    settings = Settings(database_url="postgresql://mc:hunter2@db/mc", secret_key=LONG)

    assert secret_names() == {"database_url", "secret_key", "former_secret_key"}
    for shown in (repr(settings), str(settings), f"{settings}"):
        assert not any(secret in shown for secret in ("hunter2", LONG))


@pytest.mark.parametrize("key", ["short", "changeme", "x" * 31])
def test_a_weak_secret_key_does_not_start(key: str) -> None:
    with pytest.raises(UserError, match="too short"):
        Settings(secret_key=key).with_secret_key()


def test_a_database_of_ones_own_needs_a_key_of_ones_own() -> None:
    with pytest.raises(UserError, match="MC_SECRET_KEY is not set"):
        Settings(database_url="postgresql://db/mc").with_secret_key()


def test_without_a_database_the_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    made: list[str] = []

    def start() -> None:
        made.append(Settings(data_dir=tmp_path / "data").with_secret_key().secret_key)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 8
    assert len(set(made)) == 1
    assert len(made[0]) >= 32
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o077 == 0
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["secret_key"]


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("MC_PORT", "99999", "from 1 to 65,535"),
        ("MC_WEB_THREADS", "0", "from 2 to 256"),
        ("MC_RETENTION_EVENTS_DAYS", "-5", "from 7 to 36,500"),
        ("MC_MINIMUM_COVERAGE", "nan", "from 0 to 1"),
        ("MC_TRUSTED_PROXIES", "-1", "from 0 to 10"),
        ("MC_TIMEZONE", "Mars/Olympus", "Europe/Paris"),
        ("MC_BASE_URL", "mc.example.com", "https://mc.example.com"),
    ],
)
def test_a_value_out_of_its_bounds_does_not_start(name: str, value: str, remedy: str) -> None:
    with pytest.raises(UserError) as refused:
        Settings.from_environment({name: value})

    assert name in refused.value.message
    assert remedy in refused.value.message
