"""The one place that reads the environment and the configuration file.

Precedence: environment (`PLUGGABLY_…`, `__` goes into a section), then the TOML file, then the defaults. Every
value remembers where it came from; secrets may come from a file named by `…_FILE`.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

PREFIX = "PLUGGABLY_"
CONFIG_VARIABLE = "PLUGGABLY_CONFIG"
CONFIG_NAME = "pluggably.toml"


class ConfigurationError(Exception):
    """The configuration can't be used; the message names each variable or key that is wrong."""


def _split(separator: str) -> BeforeValidator:
    def split(value: Any) -> Any:
        if isinstance(value, str):
            return [part.strip() for part in value.split(separator) if part.strip()]
        return value

    return BeforeValidator(split)


def _from_json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


CommaList = Annotated[list[str], _split(",")]
Folders = Annotated[list[Path], _split(os.pathsep)]


class Section(BaseModel):
    """A part of the configuration; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class DefaultModels(Section):
    """What `auto` chooses, by modality; none: the first available."""

    text: str | None = None
    image: str | None = None
    mesh: str | None = Field(None, alias="3d")


class RuntimeSettings(Section):
    """Models that run on this machine."""

    pinned: CommaList = Field([], description="model ids loaded at start, never unloaded")
    fallbacks: Annotated[dict[str, list[str]], BeforeValidator(_from_json)] = Field(
        {}, description="model id → the ids to try in its place, in order (JSON)"
    )
    idle_timeout_s: float = Field(900, gt=0, description="seconds without a request before a model is unloaded")
    max_loaded: int = Field(3, ge=1, description="models loaded at once")
    max_memory_mb: int | None = Field(
        None, ge=64, description="memory for models, in MiB; none: 80 % of the machine's"
    )
    parallel: int | None = Field(None, ge=1, le=256, description="requests that one loaded model serves at once")
    max_queue: int = Field(256, ge=0, description="requests that may wait for one model, then queue_full")
    load_timeout_s: float = Field(300, gt=0, description="seconds that a model may take to load")
    context_tokens: int = Field(8192, ge=256, description="context of one request in tokens, at most the model's own")
    threads: int | None = Field(None, ge=1, description="threads of the engine; none: the machine's cores")
    scan_interval_s: float = Field(3, ge=0.1, description="seconds between two looks at the model folders")


class StorageSettings(Section):
    """Model files on disk."""

    max_model_gb: float | None = Field(None, gt=0, description="gigabytes that model files may take")
    retention_days: int | None = Field(None, ge=1, description="days that an unused model is kept")


class ArtifactSettings(Section):
    """Outputs that are too large to be sent inline."""

    url: str | None = Field(None, description="file:///… or s3://bucket/prefix; none: a folder of the data folder")
    inline_kb: int = Field(256, ge=0, description="kilobytes up to which an output is sent inline")
    ttl_s: int = Field(3600, ge=1, description="seconds that a signed URL lives")
    retention_days: int = Field(30, ge=1, description="days that an output is kept")


class OIDCSettings(Section):
    """An external issuer of JWTs."""

    issuer: str | None = None
    audience: str | None = None
    jwks_url: str | None = None
    create_users: bool = False


class TimeoutSettings(Section):
    """The four times that a provider may take, in seconds. They are never mixed into one number."""

    connect_s: float = Field(10, gt=0, description="to open the connection")
    first_token_s: float = Field(120, gt=0, description="from the request to the first byte of the answer's body")
    idle_s: float = Field(60, gt=0, description="between two pieces of a streamed answer")
    total_s: float = Field(1800, gt=0, description="for the whole answer")


class ProviderSettings(Section):
    """An operator's account with one provider, or the address of any OpenAI-compatible server."""

    api_key: SecretStr | None = None
    base_url: str | None = Field(None, pattern=r"^https?://[^\s?#]+$")
    models: CommaList = Field([], description="model names, where the provider has no list of its own")
    timeouts: TimeoutSettings | None = None


class Settings(Section):
    """Everything that an operator can set."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("pluggably")),
        description="database, secrets, artifacts, models",
    )
    database_url: SecretStr | None = Field(None, description="none: SQLite in the data folder")
    model_dirs: Folders = Field([], description="folders scanned for models; none: DATA_DIR/models")
    api_keys: Annotated[list[SecretStr], _split(",")] = Field([], description="operator keys")
    jwt_secret: SecretStr | None = Field(None, description="signs session JWTs; none: made and kept")
    oidc: OIDCSettings = OIDCSettings()
    local_only: bool = Field(False, description="local mode: no keys, this machine only")
    public_url: str | None = Field(None, pattern=r"^https?://", description="what signed URLs and links begin with")
    root_path: str = Field("", pattern=r"^(/[^?#]*[^/?#])?$", description="sub-path behind a proxy")
    tls_cert: Path | None = Field(None, description="certificate chain (PEM) for TLS by the server itself")
    tls_key: Path | None = Field(None, description="private key (PEM) of the certificate")
    invite_only: bool = Field(True, description="registration needs an invite")
    encryption_keys: Annotated[list[SecretStr], _split(",")] = Field([], description="newest first")
    default_models: DefaultModels = DefaultModels()
    runtime: RuntimeSettings = RuntimeSettings()
    storage: StorageSettings = StorageSettings()
    artifacts: ArtifactSettings = ArtifactSettings()
    timeouts: TimeoutSettings = TimeoutSettings()
    providers: dict[str, ProviderSettings] = Field({}, description="accounts with providers, by name")
    log_prompts: bool = Field(False, description="prompts in logs")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = Field("auto", description="auto: JSON unless on a terminal")
    metrics_open: bool = Field(False, description="/metrics needs no credential")
    cors_origins: CommaList = Field([], description="origins of a UI that is hosted elsewhere")
    allow_private_urls: Annotated[list[IPv4Network | IPv6Network], _split(",")] = Field(
        [], description="networks that URLs given by users may reach although they are not public"
    )
    max_body_mb: float = Field(32, gt=0, description="largest request body in MiB, then 413")
    shutdown_grace_s: float = Field(30, ge=0, description="seconds that running requests get at shutdown")

    @model_validator(mode="after")
    def _tls_needs_both(self) -> Settings:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("PLUGGABLY_TLS_CERT and PLUGGABLY_TLS_KEY are needed together")
        return self

    @property
    def model_folders(self) -> list[Path]:
        """The folders that are scanned for models; the first one takes downloads."""
        return self.model_dirs or [self.data_dir / "models"]

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database, with an async driver."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite+aiosqlite:///{self.data_dir / 'pluggably.db'}"


@dataclass(frozen=True)
class Loaded:
    """The settings in force, where each came from (`host` → `PLUGGABLY_HOST`), and what was not understood."""

    settings: Settings
    origins: dict[str, str]
    warnings: list[str]


def load(environ: Mapping[str, str] | None = None, config: Path | None = None, **overrides: Any) -> Loaded:
    """Read the configuration. `overrides` are command line options and go before everything.

    Raises `ConfigurationError` that names every variable or key that is wrong.
    """
    environ = os.environ if environ is None else environ
    origins: dict[str, str] = {}
    warnings: list[str] = []
    values: dict[str, Any] = {}
    path = config or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    if path is None and Path(CONFIG_NAME).is_file():
        path = Path(CONFIG_NAME)
    if path is not None:
        _merge(values, _read_toml(path), origins, str(path))
    for name, value in environ.items():
        _take_variable(name, value, environ, values, origins, warnings)
    for name, value in overrides.items():
        if value is not None:
            values[name] = value
            origins[name] = f"--{name.replace('_', '-')}"
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError(_explain(error, origins)) from error
    return Loaded(settings, origins, warnings)


def variable(path: str) -> str:
    """The environment variable of a setting: `runtime.max_loaded` → `PLUGGABLY_RUNTIME__MAX_LOADED`."""
    return PREFIX + path.upper().replace(".", "__")


def flatten(section: BaseModel, prefix: str = "") -> dict[str, Any]:
    """Every setting by its dotted path, secrets still wrapped."""
    found: dict[str, Any] = {}
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        path = f"{prefix}{field.alias or name}"
        if isinstance(value, Section):
            found |= flatten(value, f"{path}.")
        elif isinstance(value, dict) and value and all(isinstance(item, Section) for item in value.values()):
            for key, item in value.items():
                found |= flatten(item, f"{path}.{key}.")
        else:
            found[path] = value
    return found


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        raise ConfigurationError(f"{path}: can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is not valid TOML: {error}") from error


def _merge(into: dict[str, Any], new: Mapping[str, Any], origins: dict[str, str], origin: str, at: str = "") -> None:
    for key, value in new.items():
        path = f"{at}{key}"
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value, origins, origin, f"{path}.")
        else:
            into[key] = value
            origins[path] = origin


def _take_variable(
    name: str,
    value: str,
    environ: Mapping[str, str],
    values: dict[str, Any],
    origins: dict[str, str],
    warnings: list[str],
) -> None:
    if not name.startswith(PREFIX) or name == CONFIG_VARIABLE or not value:
        return
    path = name.removeprefix(PREFIX).lower().split("__")
    if not _known(path) and path[-1].endswith("_file") and _known([*path[:-1], path[-1].removesuffix("_file")]):
        path[-1] = path[-1].removesuffix("_file")
        plain = name.removesuffix("_FILE")
        if environ.get(plain):
            raise ConfigurationError(f"{plain} and {name} are both set; keep one of them")
        try:
            value = Path(value).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{name}: {value} can't be read: {error}") from error
    if not _known(path):
        close = get_close_matches(name, _variables(), n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        warnings.append(f"{name} is no setting of Pluggably and was ignored{hint}")
        return
    section = values
    for part in path[:-1]:
        section = section.setdefault(part, {})
        if not isinstance(section, dict):
            raise ConfigurationError(f"{name}: {part} is a section, not a value")
    section[path[-1]] = value
    origins[".".join(path)] = name


def _known(path: list[str]) -> bool:
    section: Any = Settings
    for depth, part in enumerate(path):
        fields = {field.alias or name: field for name, field in section.model_fields.items()}
        if part not in fields:
            return False
        kind = fields[part].annotation
        rest = path[depth + 1 :]
        if part == "providers" and section is Settings:
            if len(rest) < 2:
                return False
            return _known_in(ProviderSettings, rest[1:])
        if isinstance(kind, type) and issubclass(kind, Section):
            section = kind
            continue
        return not rest
    return False


def _known_in(section: type[Section], path: list[str]) -> bool:
    if path[0] == "timeouts" and len(path) == 2:
        return path[1] in TimeoutSettings.model_fields
    return len(path) == 1 and path[0] in section.model_fields and path[0] != "timeouts"


def _variables() -> list[str]:
    return [variable(path) for path in flatten(Settings())]


def _explain(error: ValidationError, origins: Mapping[str, str]) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        where = [str(part) for part in problem["loc"]]
        origin = None
        for length in range(len(where), 0, -1):
            origin = origins.get(".".join(where[:length]))
            if origin:
                break
        path = ".".join(where)
        if not where:
            name = "configuration"
        elif origin is None or origin.startswith((PREFIX, "--")):
            name = origin or variable(path)
        else:
            name = f"{path} ({origin})"
        lines.append(f"{name}: {problem['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)
