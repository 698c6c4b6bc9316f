"""Everything that can be set from outside: read once from MC_* variables, frozen, each with its source."""

import contextlib
import dataclasses
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from webapp.core.errors import UserError
from webapp.core.secrets import Vault

MINIMUM_COVERAGE = "minimum coverage"  # the key under which a database session carries that setting to its readers
KNOWN_SECRETS = frozenset({"changeme", "secret", "dev", "development", "mission-control", "please-change-me"})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings by their names: `data_dir` is MC_DATA_DIR. Units are in the names."""

    database_url: str | None = field(default=None, repr=False, metadata={"secret": True})
    data_dir: Path = Path(".data")
    host: str = "127.0.0.1"
    port: int = field(default=8050, metadata={"bounds": (1, 65_535)})
    secret_key: str = field(default="", repr=False, metadata={"secret": True})
    former_secret_key: str = field(default="", repr=False, metadata={"secret": True})
    base_url: str = ""
    demo: bool = False
    scheduler: bool = True
    trusted_proxies: int = field(default=0, metadata={"bounds": (0, 10)})
    organisation: str = "Mission Control"
    timezone: str = "UTC"
    web_threads: int = field(default=16, metadata={"bounds": (2, 256)})
    outcome_window_days: int = field(default=90, metadata={"bounds": (1, 3650)})
    minimum_coverage: float = field(default=0.6, metadata={"bounds": (0, 1)})
    retention_events_days: int = field(default=400, metadata={"bounds": (7, 36_500)})
    acknowledged_low_minutes: int = field(default=0, metadata={"bounds": (0, 43_200)})
    acknowledged_medium_minutes: int = field(default=0, metadata={"bounds": (0, 43_200)})
    acknowledged_high_minutes: int = field(default=0, metadata={"bounds": (0, 43_200)})
    acknowledged_critical_minutes: int = field(default=0, metadata={"bounds": (0, 43_200)})
    group_by: str = "rule"
    group_wait_seconds: int = field(default=30, metadata={"bounds": (0, 3_600)})
    group_interval_seconds: int = field(default=300, metadata={"bounds": (1, 86_400)})
    repeat_interval_seconds: int = field(default=14_400, metadata={"bounds": (60, 2_592_000)})
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings; a value of the wrong kind, or a file that cannot be read, is a sentence."""
        environment = os.environ if environment is None else environment
        values: dict[str, object] = {}
        sources: dict[str, str] = {}
        for entry in dataclasses.fields(cls):
            if entry.name == "sources":
                continue
            name = f"MC_{entry.name.upper()}"
            raw, source = _read(environment, name)
            if raw is not None:
                values[entry.name] = _convert(name, raw, entry.default, entry.metadata.get("bounds"))
                sources[entry.name] = source
        return cls(**values, sources=sources)._sound()  # type: ignore[arg-type]

    @property
    def public_url(self) -> str:
        """Where people reach us: MC_BASE_URL, or the address that is listened on."""
        return self.base_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def vault(self) -> Vault:
        """Return what seals the secrets that have to be known again, and opens those sealed with the former key too."""
        return Vault(*filter(None, (self.secret_key, self.former_secret_key)))

    @property
    def acknowledged_for(self) -> Mapping[str, timedelta]:
        """Return how long an acknowledgement holds, by severity; 0 is until the alert ends."""
        return {
            "low": timedelta(minutes=self.acknowledged_low_minutes),
            "medium": timedelta(minutes=self.acknowledged_medium_minutes),
            "high": timedelta(minutes=self.acknowledged_high_minutes),
            "critical": timedelta(minutes=self.acknowledged_critical_minutes),
        }

    def with_secret_key(self) -> "Settings":
        """Return the settings with a usable secret: checked when given, else made once and kept in the data folder."""
        if self.secret_key:
            return self._checked()
        if self.database_url and not self.demo:
            raise UserError(
                "MC_SECRET_KEY is not set. Set it to at least 32 random characters, for example from"
                " `python -c 'import secrets; print(secrets.token_urlsafe(48))'`."
            )
        return dataclasses.replace(self, secret_key=_kept_secret(self.data_dir / "secret_key"))

    def _sound(self) -> "Settings":
        """Refuse at the start what would otherwise fail in a report or a link."""
        if self.timezone not in available_timezones():
            raise UserError(f"MC_TIMEZONE is {self.timezone!r}; it must be a zone such as Europe/Paris.")
        parts = urlsplit(self.public_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise UserError(f"MC_BASE_URL is {self.base_url!r}; it must be an address such as https://mc.example.com.")
        return self

    def _checked(self) -> "Settings":
        if len(self.secret_key) < 32 or self.secret_key.lower() in KNOWN_SECRETS:
            raise UserError("MC_SECRET_KEY is too short or well known; set it to at least 32 random characters.")
        return self


def secret_names() -> frozenset[str]:
    return frozenset(entry.name for entry in dataclasses.fields(Settings) if entry.metadata.get("secret"))


def _read(environment: Mapping[str, str], name: str) -> tuple[str | None, str]:
    if environment.get(name):
        return environment[name], name
    file = environment.get(f"{name}_FILE")
    if not file:
        return None, "default"
    try:
        return Path(file).read_text(encoding="utf-8").strip(), f"{name}_FILE"
    except OSError as error:
        raise UserError(f"{name}_FILE names {file}, which cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{name}_FILE names {file}, which is not text.") from error


def _convert(name: str, raw: str, default: object, bounds: tuple[float, float] | None) -> object:
    try:
        if isinstance(default, bool):
            return _flag(raw)
        if isinstance(default, int | float):
            return _within(name, type(default)(raw), bounds)
    except ValueError:
        raise UserError(f"{name} is {raw!r}; it must be {_kind(default)}.") from None
    return Path(raw) if isinstance(default, Path) else raw


def _within(name: str, value: float, bounds: tuple[float, float] | None) -> float:
    if bounds is not None and not bounds[0] <= value <= bounds[1]:
        raise UserError(f"{name} is {value}; it must be from {bounds[0]:,} to {bounds[1]:,}.")
    return value


def _flag(raw: str) -> bool:
    word = raw.strip().lower()
    if word in {"1", "true", "yes", "on"}:
        return True
    if word in {"0", "false", "no", "off"}:
        return False
    raise ValueError(raw)


def _kind(default: object) -> str:
    return {bool: "on or off", int: "a whole number", float: "a number"}[type(default)]


def _kept_secret(path: Path) -> str:
    """Return the secret in the file; of several processes that start at once, one makes it for all."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # unlike renaming, it never replaces what another process has made
        draft.unlink()
    return path.read_text(encoding="utf-8").strip()
