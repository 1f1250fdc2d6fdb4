"""The one place that reads the environment and the configuration file.

Precedence: command line, then environment (`PLUGGABLY_…`, `__` goes into a section), then the TOML file, then the
defaults. Every value remembers where it came from. A secret may come from a file: `PLUGGABLY_JWT_SECRET_FILE` names
the file that holds `PLUGGABLY_JWT_SECRET`. No message and no representation made here holds a value.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

import platformdirs
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo

PREFIX = "PLUGGABLY_"
CONFIG_VARIABLE = "PLUGGABLY_CONFIG"
CONFIG_NAME = "pluggably.toml"
LOCAL_PROVIDER = "local"

# What Kubernetes sets in every pod for a service named `pluggably`.
_SERVICE_LINK = re.compile(
    r"PLUGGABLY_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)


class ConfigurationError(Exception):
    """The configuration can't be used; the message names each variable or key that is wrong, and no value."""


def _from_json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError("is not valid JSON") from None


def _split(separator: str) -> BeforeValidator:
    def split(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value.startswith("["):
            return _from_json(value)
        return [part.strip() for part in re.split(separator, value) if part.strip()]

    return BeforeValidator(split)


def _http_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or re.search(r"[\s?#\\]", value):
        raise ValueError("should be a URL such as https://example.org/path, without ? and #")
    if "@" in parts.netloc:
        raise ValueError("should hold no user name and no password: they would be shown")
    return value.rstrip("/")


def _issuer(value: str) -> str:
    _http_url(value)
    return value  # with its slash at the end, if it has one: it is compared letter by letter


def _origin(value: str) -> str:
    if _http_url(value) != value or urlsplit(value).path:
        raise ValueError("should be an origin such as https://ui.example.org, with no path")
    return value


def _network(value: Any) -> Any:
    try:
        return ip_network(value)
    except ValueError:
        raise ValueError("should be a network such as 10.1.0.0/16, with no bits set after its prefix") from None


def _expand(path: Path) -> Path:
    return Path(os.path.expanduser(path))  # unlike Path.expanduser, leaves a user whom nobody knows as it is


def _database_url(value: SecretStr) -> SecretStr:
    if not re.match(r"(sqlite|postgres(ql)?)(\+\w+)?://", value.get_secret_value()):
        raise ValueError("should begin with sqlite:/// or postgresql://")
    return value


def _artifact_url(value: str) -> str:
    if not re.fullmatch(r"file:///[^?#]+|s3://[a-z0-9][a-z0-9.-]+(/[^\s?#\\]*)?", value):
        raise ValueError("should be file:///folder or s3://bucket/prefix, with no user name and no password")
    return value.rstrip("/")


def _sub_path(value: str) -> str:
    if not re.fullmatch(r"(/[^\s?#]*)?", value):
        raise ValueError("should be a path such as /pluggably")
    return value.rstrip("/")


def _provider_name(value: str) -> str:
    if value == LOCAL_PROVIDER:
        raise ValueError(f"the name `{LOCAL_PROVIDER}` is taken: it stands for the models of this machine")
    if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", value):
        raise ValueError("a provider's name has small letters, digits and single _ between them")
    return value


LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"],
    BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value),
]
LocalPath = Annotated[Path, AfterValidator(_expand)]
Folders = Annotated[list[LocalPath], _split(re.escape(os.pathsep))]
CommaList = Annotated[list[str], _split(",")]
Secrets = Annotated[list[SecretStr], _split(r"[,\s]")]
Origins = Annotated[list[Annotated[str, AfterValidator(_origin)]], _split(",")]
Networks = Annotated[list[Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]], _split(",")]
SubPath = Annotated[str, AfterValidator(_sub_path)]
Issuer = Annotated[str, AfterValidator(_issuer)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
ArtifactUrl = Annotated[str, AfterValidator(_artifact_url)]
DatabaseUrl = Annotated[SecretStr, AfterValidator(_database_url)]
ProviderName = Annotated[str, AfterValidator(_provider_name)]


class Section(BaseModel):
    """A part of the configuration; unknown keys are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False, hide_input_in_errors=True
    )


class DefaultModels(Section):
    """What `auto` chooses, by modality."""

    text: str | None = Field(
        None, description="the text model that `auto` chooses, pinned if it is local; none: the first available"
    )
    image: str | None = Field(
        None, description="the image model that `auto` chooses, pinned if it is local; none: the first available"
    )
    mesh: str | None = Field(
        None,
        alias="3d",
        description="the 3D model that `auto` chooses, pinned if it is local; none: the first available",
    )


class RuntimeSettings(Section):
    """Models that run on this machine."""

    pinned: CommaList = Field(
        [], description="model ids loaded at start, never unloaded to make room or for being idle"
    )
    fallbacks: Annotated[dict[str, list[str]], BeforeValidator(_from_json)] = Field(
        {}, description="model id → the ids to try in its place, in order (JSON)"
    )
    idle_timeout_s: float = Field(
        900, gt=0, description="seconds without a request before a model is unloaded; pinned ones stay"
    )
    max_loaded: int = Field(
        3,
        ge=1,
        description="models loaded at once, built-in ones not counted; the one used longest ago makes room, never a "
        "busy or pinned one",
    )
    max_memory_mb: int | None = Field(
        None, ge=64, description="memory for models, in MiB; none: 80 % of the machine's or container's"
    )
    parallel: int | None = Field(
        None, ge=1, le=256, description="requests that one loaded model serves at once; none: the engine's default"
    )
    max_queue: int = Field(
        256, ge=0, description="requests that may wait for one model, users taking turns; then queue_full"
    )
    load_timeout_s: float = Field(300, gt=0, description="seconds that a model may take to load")
    context_tokens: int = Field(4096, ge=256, description="context of one request in tokens, at most the model's own")
    threads: int | None = Field(None, ge=1, description="threads of the engine; none: the machine's cores")
    result_ttl_s: float = Field(3600, gt=0, description="seconds that the result of a background request is kept")
    scan_interval_s: float = Field(3, ge=0.1, description="seconds between two looks at the model folders")


class StorageSettings(Section):
    """Model files on disk."""

    max_model_gb: float | None = Field(None, gt=0, description="gigabytes (10⁹ bytes) that model files may take")
    retention_days: float | None = Field(
        None, gt=0, description="days that the files of an unused model are kept; none: for ever"
    )
    evict: bool = Field(
        False,
        description="whether files of models make room for a download: those unused for longest go first, never "
        "those of a model that is pinned, a default, or in memory",
    )
    keep_free_gb: float = Field(
        1, ge=0, description="gigabytes of the disk that downloads leave free, whatever the limit"
    )
    downloads_at_once: int = Field(
        3, ge=1, le=64, description="downloads that run at once, of all gateways on one database; others wait"
    )


class HubSettings(Section):
    """The Hugging Face hub, where models are searched and come from."""

    endpoint: HttpUrl | None = Field(
        None, description="address of a hub or of a mirror; none: `HF_ENDPOINT`, else https://huggingface.co"
    )
    timeout_s: float = Field(10, gt=0, le=300, description="seconds that the hub may take to answer, in all")
    cache_s: float = Field(60, ge=0, description="seconds that results of a search are kept")
    enrich: bool = Field(
        True, description="models with a source on the hub get their description, licence and guidance from there"
    )


class ArtifactSettings(Section):
    """Outputs that are too large to be sent inline."""

    url: ArtifactUrl | None = Field(
        None, description="file:///… or s3://bucket/prefix; none: a folder of the data folder"
    )
    inline_kb: int = Field(256, ge=0, description="kilobytes up to which an output is sent inline")
    ttl_s: int = Field(3600, ge=1, description="seconds that a signed URL lives")
    retention_days: int = Field(30, ge=1, description="days that an output is kept")


class SessionSettings(Section):
    """Closed sessions."""

    retention_days: float | None = Field(
        None, gt=0, description="days that a closed session is kept; none: until it is erased"
    )
    state_tokens_days: float = Field(90, gt=0, description="days that a closed session's state tokens are kept")


class LimitSettings(Section):
    """What every user may use; an admin may set other limits for one. They don't hold for operator keys and local
    mode."""

    requests_per_minute: int | None = Field(None, ge=0, le=10**12, description="requests in any 60 seconds")
    tokens_per_minute: int | None = Field(
        None, ge=0, le=10**12, description="tokens of prompts and answers in any 60 seconds"
    )
    tokens_per_day: int | None = Field(None, ge=0, le=10**12, description="tokens in a day of UTC")
    tokens_per_month: int | None = Field(None, ge=0, le=10**12, description="tokens in a month of UTC")
    cost_usd_per_day: float | None = Field(
        None, ge=0, le=10**6, description="US dollars in a day of UTC; what has no known price costs nothing"
    )
    cost_usd_per_month: float | None = Field(None, ge=0, le=10**6, description="US dollars in a month of UTC")
    assumed_output_tokens: int = Field(
        4096, ge=1, description="tokens set aside for an answer whose request names no `max_tokens`"
    )


class CacheSettings(Section):
    """Answers to deterministic requests, kept for the user who was answered."""

    enabled: bool = Field(
        False, description="keep answers to requests with temperature 0 or a seed, each for its own user"
    )
    ttl_s: float = Field(3600, gt=0, description="seconds that an answer is kept")
    max_mb: int = Field(64, ge=1, description="memory for kept answers, in MiB; the one used longest ago makes room")


class OIDCSettings(Section):
    """An external issuer of JWTs."""

    issuer: Issuer | None = Field(
        None, description="`iss` of external JWTs that are accepted, letter by letter: a URL"
    )
    audience: str | None = Field(None, description="`aud` that external JWTs must have")
    jwks_url: HttpUrl | None = Field(
        None, description="where the issuer's keys are; none: as the issuer's discovery says"
    )
    create_users: bool = Field(False, description="an unknown user of the issuer is registered at the first request")

    @model_validator(mode="after")
    def _issuer_needs_an_audience(self) -> OIDCSettings:
        if self.issuer is not None and not self.audience:
            raise ValueError("PLUGGABLY_OIDC__AUDIENCE is needed with PLUGGABLY_OIDC__ISSUER")
        return self


class RoutingSettings(Section):
    """What happens when a provider fails."""

    retries: int = Field(
        2, ge=0, le=10, description="times that a request may wait and then ask the same model of a provider again"
    )
    longest_wait_s: float = Field(
        5,
        gt=0,
        le=300,
        description="seconds that such a wait may take; a provider that asks for more is not asked again",
    )
    cooldown_failures: int = Field(
        3,
        ge=1,
        le=1000,
        description="failures among twice as many calls after which a provider's model is left out for a while",
    )
    cooldown_s: float = Field(
        5, gt=0, description="seconds that it is left out for; twice as long each time that it fails again"
    )
    cooldown_longest_s: float = Field(300, gt=0, description="seconds that it is left out for at most")
    credits_pause_s: float = Field(
        300,
        gt=0,
        description="seconds that an account without credits is passed over before a request tries it again; "
        "sooner where its provider tells of new credits",
    )


class DeploymentSettings(Section):
    """One place where a model is to be had."""

    model: str = Field(min_length=1, description="a name as `model` takes it")
    weight: float = Field(1, gt=0, le=1_000_000, description="its share of the requests")


class TimeoutSettings(Section):
    """The four times that a provider may take, in seconds. They are never mixed into one number."""

    connect_s: float = Field(10, gt=0, description="seconds to open the connection")
    first_token_s: float = Field(
        120, gt=0, description="seconds from the request to the first byte of the answer's body"
    )
    idle_s: float = Field(60, gt=0, description="seconds between two pieces of a streamed answer")
    total_s: float = Field(1800, gt=0, description="seconds for the whole answer")


class ProviderSettings(Section):
    """An operator's account with one provider, or the address of any OpenAI-compatible server."""

    api_key: SecretStr | None = Field(None, description="the operator's key")
    base_url: HttpUrl | None = Field(
        None,
        description="address of the API; a name that Pluggably does not know needs one; none: the provider's own",
    )
    api_version: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9._-]{1,64}$",
        description="dated version of the API, where a provider has several (Azure)",
    )
    models: CommaList = Field([], description="model names, where the provider has no list of its own")
    timeouts: TimeoutSettings | None = Field(None, description="this provider's own; what is not set is as for all")


class Settings(Section):
    """Everything that an operator can set."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8080, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    data_dir: LocalPath = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("pluggably")),
        description="database, secrets, artifacts, models",
    )
    database_url: DatabaseUrl | None = Field(
        None,
        description="postgresql://user:password@host/name, for several replicas; none: SQLite in the data folder",
    )
    model_dirs: Folders = Field(
        [], description="folders scanned for models, `:` between them; none: `models` in the data folder"
    )
    api_keys: Secrets = Field([], description="operator keys; none: one is made at the first start and printed once")
    jwt_secret: SecretStr | None = Field(
        None,
        description="signs session JWTs and artifact addresses, each by a key of its own; the same for all replicas; "
        "none: made and kept in the data folder",
    )
    oidc: OIDCSettings = OIDCSettings()
    local_only: bool = Field(False, description="local mode: no keys, this machine only")
    public_url: HttpUrl | None = Field(None, description="what signed URLs and links begin with")
    root_path: SubPath = Field("", description="sub-path behind a proxy")
    tls_cert: LocalPath | None = Field(None, description="certificate chain (PEM) for TLS by the server itself")
    tls_key: LocalPath | None = Field(None, description="private key (PEM) of the certificate")
    invite_only: bool = Field(True, description="registration needs an invite")
    login_ttl_s: float = Field(
        604_800, ge=60, le=31_536_000, description="seconds that a login lasts, then its session token has expired"
    )
    trusted_proxies: Networks = Field(
        [],
        description="networks of proxies whose X-Forwarded-For is believed, for the audit log and for those who fail "
        "to log in",
    )
    audit_retention_days: int = Field(365, ge=1, description="days that the audit log keeps what was done")
    encryption_keys: Secrets = Field(
        [],
        description="encrypt credentials, newest first, older still decrypt; none: made and kept in the data folder",
    )
    default_models: DefaultModels = DefaultModels()
    builtin_models: bool = Field(True, description="scene-image and scene-3d, which need no weights, in the catalog")
    runtime: RuntimeSettings = RuntimeSettings()
    storage: StorageSettings = StorageSettings()
    hub: HubSettings = HubSettings()
    artifacts: ArtifactSettings = ArtifactSettings()
    sessions: SessionSettings = SessionSettings()
    limits: LimitSettings = LimitSettings()
    cache: CacheSettings = CacheSettings()
    timeouts: TimeoutSettings = TimeoutSettings()
    routing: RoutingSettings = RoutingSettings()
    aliases: Annotated[dict[str, str], BeforeValidator(_from_json)] = Field(
        {},
        description="further names of models: name → id, `provider:name`, a name of `deployments` or `auto` (JSON)",
    )
    deployments: Annotated[
        dict[str, Annotated[list[DeploymentSettings], Field(min_length=1, max_length=64)]],
        BeforeValidator(_from_json),
    ] = Field(
        {}, description='one name for several places: name → `[{"model": "provider:name", "weight": 3}, …]` (JSON)'
    )
    providers: dict[ProviderName, ProviderSettings] = Field({}, description="accounts with providers, by name")
    log_prompts: bool = Field(False, description="prompts in logs")
    log_level: LogLevel = Field("info", description="the least that is logged")
    log_format: Literal["auto", "json", "console"] = Field("auto", description="auto: JSON unless on a terminal")
    metrics_open: bool = Field(False, description="/metrics needs no credential")
    cors_origins: Origins = Field([], description="origins of a UI that is hosted elsewhere")
    allow_private_urls: Networks = Field(
        [], description="networks that URLs given by users may reach although they are not public"
    )
    max_body_mb: float = Field(32, gt=0, description="largest request body in MiB, then 413")
    shutdown_grace_s: float = Field(30, ge=0, description="seconds that running requests get at shutdown")

    @model_validator(mode="after")
    def _tls_needs_both(self) -> Settings:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("PLUGGABLY_TLS_CERT and PLUGGABLY_TLS_KEY are needed together")
        return self

    @model_validator(mode="after")
    def _names_lead_somewhere(self) -> Settings:
        for name, model in self.aliases.items():
            if model in self.aliases:
                raise ValueError(f"aliases: {name} stands for {model}, which is an alias itself")
            if name in self.deployments:
                raise ValueError(f"{name} is an alias and a name of deployments; keep one of them")
        for name in (*self.aliases, *self.deployments):
            if name == "auto" or not name.strip() or len(name) > 255:
                raise ValueError("aliases and deployments have names of 1 to 255 characters, and none is `auto`")
        for name, places in self.deployments.items():
            models = [place.model for place in places]
            if len(set(models)) < len(models):
                raise ValueError(f"deployments: {name} names a model twice; say its weight instead")
            for model in models:
                if model in self.deployments or model in self.aliases or model == "auto":
                    raise ValueError(f"deployments: {name} leads to {model}, which is no model")
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

    def timeouts_of(self, provider: str) -> TimeoutSettings:
        """The times that this provider may take: its own where they are set, else those of all."""
        account = self.providers.get(provider)
        if account is None or account.timeouts is None:
            return self.timeouts
        return self.timeouts.model_copy(update=account.timeouts.model_dump(exclude_unset=True))


@dataclass(frozen=True)
class Loaded:
    """The settings in force, where each came from (`host` → `PLUGGABLY_HOST`), and what was not understood."""

    settings: Settings
    origins: dict[str, str]
    warnings: list[str]
    file: Path | None = None


def load(environ: Mapping[str, str] | None = None, config: Path | None = None, **overrides: Any) -> Loaded:
    """Read the configuration. `overrides` are command line options and go before everything.

    Raises `ConfigurationError` that names every variable or key that is wrong.
    """
    environ = os.environ if environ is None else environ
    path = config or _config_file(environ)
    reading = _Reading(path)
    if path is not None:
        reading.take_file(path)
    reading.take_environment(environ)
    reading.take_options(overrides)
    settings = None
    try:
        # The file's keys are the documented names alone: `3d`, not `mesh`.
        settings = Settings.model_validate(reading.values, by_alias=True, by_name=False)
    except ValidationError as error:
        reading.explain(error)
    if settings is None or reading.problems:
        raise ConfigurationError("\n".join(dict.fromkeys(reading.problems)))
    return Loaded(settings, reading.origins, reading.warnings, path)


def variable(path: str) -> str:
    """The environment variable of a setting: `runtime.max_loaded` → `PLUGGABLY_RUNTIME__MAX_LOADED`."""
    return PREFIX + path.upper().replace(".", "__")


def flatten(section: BaseModel, prefix: str = "") -> dict[str, Any]:
    """Every setting by its dotted path, secrets still wrapped."""
    found: dict[str, Any] = {}
    for name, info in type(section).model_fields.items():
        value = getattr(section, name)
        path = f"{prefix}{info.alias or name}"
        if isinstance(value, Section):
            found |= flatten(value, f"{path}.")
        elif isinstance(value, dict) and value and all(isinstance(item, Section) for item in value.values()):
            for key, item in value.items():
                found |= flatten(item, f"{path}.{key}.")
        else:
            found[path] = value
    return found


@cache
def known_settings() -> dict[str, FieldInfo]:
    """Every setting that there is, by its dotted path; a provider's are at `providers.NAME.…`."""
    return _settings_in(Settings)


def is_secret(info: FieldInfo) -> bool:
    """Whether a setting is a secret or a list of secrets."""
    return _mentions(info.annotation, SecretStr)


def _settings_in(section: type[Section], prefix: str = "") -> dict[str, FieldInfo]:
    found: dict[str, FieldInfo] = {}
    for name, info in section.model_fields.items():
        path = f"{prefix}{info.alias or name}"
        inner = _section_in(info.annotation)
        if inner is None:
            found[path] = info
        else:
            found |= _settings_in(inner, f"{path}.NAME." if get_origin(info.annotation) is dict else f"{path}.")
    return found


def _section_in(annotation: Any) -> type[Section] | None:
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, Section):
            return kind
    return None


def _mentions(annotation: Any, kind: type) -> bool:
    return annotation is kind or any(_mentions(part, kind) for part in get_args(annotation))


def _generic(path: list[str]) -> str:
    """The path as `known_settings` has it."""
    if path[0] == "providers" and len(path) > 1:
        path = ["providers", "NAME", *path[2:]]
    return ".".join(path)


def _hint(name: str, candidates: Iterable[str], separator: str) -> str:
    """`; did you mean …?` for a setting that was written in the wrong section or with a slip."""

    def last(path: str) -> str:
        return path.rpartition(separator)[2].removeprefix(PREFIX).lower()

    names = list(candidates)
    moved = [other for other in names if last(other) == last(name)]
    close = get_close_matches(name, names, 1, 0.9) or get_close_matches(name, moved, 1, 0)
    close = close or get_close_matches(name, names, 1)
    return f"; did you mean {close[0]}?" if close else ""


def _config_file(environ: Mapping[str, str]) -> Path | None:
    if environ.get(CONFIG_VARIABLE):
        return _expand(Path(environ[CONFIG_VARIABLE]))
    return Path(CONFIG_NAME) if Path(CONFIG_NAME).is_file() else None


@dataclass
class _Reading:
    """The values so far, each with its origin, and all that is wrong with them."""

    file: Path | None
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def take_file(self, path: Path) -> None:
        """The TOML file."""
        try:
            with path.open("rb") as file:
                content = tomllib.load(file)
        except OSError as error:
            raise ConfigurationError(f"{path}: can't be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ConfigurationError(f"{path}: is not UTF-8 text") from None
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"{path}: is not valid TOML: {error}") from None
        self._merge(self.values, content, [])

    def _merge(self, into: dict[str, Any], new: Mapping[str, Any], at: list[str]) -> None:
        for key, value in new.items():
            path = [*at, key]
            if isinstance(value, dict) and _generic(path) not in known_settings():
                self._merge(into.setdefault(key, {}), value, path)
            else:
                into[key] = value
                self.origins[".".join(path)] = str(self.file)

    def take_environment(self, environ: Mapping[str, str]) -> None:
        """The variables; an empty one counts as not set."""
        for name, value in environ.items():
            if name.startswith(PREFIX) and name != CONFIG_VARIABLE and value.strip():
                self._take_variable(name, value.strip(), environ)

    def _take_variable(self, name: str, value: str, environ: Mapping[str, str]) -> None:
        path = name.removeprefix(PREFIX).lower().split("__")
        if path == ["port"] and re.match(r"(tcp|udp|sctp)://", value):
            self.problems.append(
                f"{name}: holds the address of a Kubernetes service named pluggably, not a port. "
                "Set it in the pod, give the service another name, or set enableServiceLinks: false"
            )
            return
        if _generic(path) not in known_settings():
            plain = [*path[:-1], path[-1].removesuffix("_file")]
            if plain != path and _generic(plain) in known_settings():
                self._take_file_of(name, plain, value, environ)
            elif not _SERVICE_LINK.fullmatch(name):
                provider = path[1] if path[0] == "providers" and len(path) > 1 else "name"
                names = [variable(known.replace("NAME", provider)) for known in known_settings()]
                self.warnings.append(f"{name} is no setting of Pluggably and was ignored{_hint(name, names, '__')}")
            return
        self._put(name, path, value)

    def _take_file_of(self, name: str, path: list[str], value: str, environ: Mapping[str, str]) -> None:
        plain = name.removesuffix("_FILE")
        info = known_settings()[_generic(path)]
        if not is_secret(info):
            self.warnings.append(f"{name} was ignored: only a secret can come from a file; set {plain}")
            return
        if environ.get(plain, "").strip():
            self.problems.append(f"{plain} and {name} are both set; keep one of them")
            return
        try:
            secret = _expand(Path(value)).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            # Neither the path nor the system's whole message: somebody may have put the secret itself there.
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            self.problems.append(f"{name}: the file that it names can't be read: {reason}")
            return
        if not secret:
            self.problems.append(f"{name}: the file that it names is empty")
            return
        self._put(name, path, secret)

    def _put(self, name: str, path: list[str], value: str) -> None:
        section = self.values
        for depth, part in enumerate(path[:-1], start=1):
            section = section.setdefault(part, {})
            if not isinstance(section, dict):
                key = ".".join(path[:depth])
                self.problems.append(f"{key} ({self.origins[key]}): is a section, not a value")
                return
        section[path[-1]] = value
        self.origins[".".join(path)] = name

    def take_options(self, options: Mapping[str, Any]) -> None:
        """Options of the command line."""
        for name, value in options.items():
            if value is not None:
                self.values[name] = value
                self.origins[name] = f"--{name.replace('_', '-')}"

    def explain(self, error: ValidationError) -> None:
        """What pydantic found wrong, in the operator's terms and without the values."""
        for problem in error.errors(include_url=False, include_input=False, include_context=False):
            location = [part for part in problem["loc"] if part != "[key]"]
            message = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
            if problem["type"] == "extra_forbidden":
                written = ".".join(map(str, location))
                provider = str(location[1]) if location[0] == "providers" else "NAME"
                known = [path.replace("NAME", provider) for path in known_settings()]
                known += dict.fromkeys(path.rpartition(".")[0] for path in known)  # the sections
                message = f"is no setting of Pluggably{_hint(written, known, '.')}"
            self.problems.append(f"{self._name(location)}: {message}" if location else message)

    def _name(self, location: list[str | int]) -> str:
        """`PLUGGABLY_PORT`, `--port` or `port (pluggably.toml)`; a place inside a list is counted from 1."""
        for length in range(len(location), 0, -1):
            path = ".".join(map(str, location[:length]))
            origin = self.origins.get(path)
            if origin is not None:
                break
        else:  # a whole section, written by its parts or with none
            length, path = len(location), ".".join(map(str, location))
            parts = [origin for key, origin in self.origins.items() if key.startswith(f"{path}.")]
            origin = parts[0] if parts else str(self.file)
        name = origin if origin.startswith((PREFIX, "--")) else f"{path} ({origin})"
        inside = [f"entry {part + 1}" if isinstance(part, int) else part for part in location[length:]]
        return ", ".join([name, *inside])
