"""Configuration: environment over file over defaults, with errors that say where to look and never what was there."""

from __future__ import annotations

import os
import traceback
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pluggably.settings import (
    ConfigurationError,
    Loaded,
    ProviderSettings,
    Settings,
    TimeoutSettings,
    flatten,
    is_secret,
    known_settings,
    load,
    variable,
)

CANARY = "canary-7f3a"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `pluggably.toml` in the working directory would be read."""
    monkeypatch.chdir(tmp_path)


def from_environment(**variables: str) -> Loaded:
    return load({f"PLUGGABLY_{name}": value for name, value in variables.items()})


def from_file(content: str, environ: Mapping[str, str] | None = None, **options: Any) -> Loaded:
    path = Path("given.toml")
    path.write_text(content)
    return load(environ or {}, path, **options)


def refusal(*, toml: str | None = None, **variables: str) -> str:
    """The message that these variables, or this file, are refused with."""
    environ = {f"PLUGGABLY_{name}": value for name, value in variables.items()}
    with pytest.raises(ConfigurationError) as refused:
        load(environ) if toml is None else from_file(toml, environ)
    # A traceback of it, as a log would have it, says no more than the message.
    shown = "".join(traceback.format_exception(refused.value))
    assert CANARY not in shown
    assert CANARY not in repr(refused.value)
    return str(refused.value)


# Where a value comes from


@pytest.mark.req("SYS-REQ-006", "TEST-UNIT-005")
def test_without_a_file_and_variables_the_defaults_hold() -> None:
    loaded = load({})
    assert loaded.settings == Settings()
    assert (loaded.settings.host, loaded.settings.port) == ("127.0.0.1", 8080)
    assert (loaded.origins, loaded.warnings, loaded.file) == ({}, [], None)


@pytest.mark.req("SYS-REQ-006", "TEST-UNIT-005")
def test_the_environment_goes_over_the_file_and_the_file_over_the_defaults() -> None:
    loaded = from_file(
        'host = "0.0.0.0"\nport = 1\n[runtime]\nmax_loaded = 5\nparallel = 2',
        {"PLUGGABLY_PORT": "2", "PLUGGABLY_RUNTIME__PARALLEL": "8"},
    )
    settings = loaded.settings
    assert (settings.host, settings.port) == ("0.0.0.0", 2)
    assert (settings.runtime.max_loaded, settings.runtime.parallel, settings.runtime.max_queue) == (5, 8, 256)
    assert loaded.origins == {
        "host": "given.toml",
        "port": "PLUGGABLY_PORT",
        "runtime.max_loaded": "given.toml",
        "runtime.parallel": "PLUGGABLY_RUNTIME__PARALLEL",
    }
    assert loaded.file == Path("given.toml")


@pytest.mark.req("SYS-REQ-006", "TEST-UNIT-005")
def test_an_option_of_the_command_line_goes_over_everything() -> None:
    loaded = from_file("port = 1", {"PLUGGABLY_PORT": "2"}, port=3, host=None)
    assert loaded.settings.port == 3
    assert loaded.origins["port"] == "--port"
    assert "host" not in loaded.origins


def test_an_option_that_is_wrong_is_named_as_an_option() -> None:
    with pytest.raises(ConfigurationError, match=r"^--port: should be less than or equal to 65535$"):
        load({}, port=70_000)


def test_the_file_is_the_one_that_the_variable_names() -> None:
    Path("pluggably.toml").write_text("port = 1")
    Path("other.toml").write_text("port = 2")
    assert load({}).settings.port == 1
    assert load({"PLUGGABLY_CONFIG": "other.toml"}).settings.port == 2
    assert load({"PLUGGABLY_CONFIG": "other.toml"}, Path("pluggably.toml")).settings.port == 1
    assert load({"PLUGGABLY_CONFIG": "other.toml"}).warnings == []


def test_a_variable_that_is_empty_counts_as_not_set() -> None:
    loaded = from_file("port = 1", {"PLUGGABLY_PORT": "", "PLUGGABLY_HOST": "  "})
    assert (loaded.settings.port, loaded.settings.host) == (1, "127.0.0.1")


def test_space_around_a_variable_is_not_part_of_it() -> None:
    settings = from_environment(JWT_SECRET=" s3cret\n", PORT=" 81 ").settings
    assert settings.jwt_secret is not None
    assert (settings.jwt_secret.get_secret_value(), settings.port) == ("s3cret", 81)


def test_other_programs_variables_are_not_looked_at() -> None:
    assert load({"PORT": "tcp://x", "HOST": "x", "MYPLUGGABLY_PORT": "x"}) == load({})


# What a value may look like


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("API_KEYS", "a, b,,c ", ["a", "b", "c"]),
        ("API_KEYS", "a\nb c", ["a", "b", "c"]),
        ("API_KEYS", '["a", "b"]', ["a", "b"]),
        ("ENCRYPTION_KEYS", "new,old", ["new", "old"]),
    ],
)
def test_a_list_of_secrets_is_separated_by_commas_or_space(name: str, value: str, expected: list[str]) -> None:
    found = flatten(from_environment(**{name: value}).settings)[name.lower()]
    assert [item.get_secret_value() for item in found] == expected


@pytest.mark.parametrize("value", ["m1,m 2", " m1 , m 2 ,", '["m1", "m 2"]'])
def test_a_list_is_separated_by_commas_or_is_json(value: str) -> None:
    assert from_environment(RUNTIME__PINNED=value).settings.runtime.pinned == ["m1", "m 2"]


def test_a_list_in_the_file_is_a_list_or_separated_by_commas() -> None:
    assert from_file('cors_origins = ["https://a.example", "http://b.example:81"]').settings.cors_origins == [
        "https://a.example",
        "http://b.example:81",
    ]
    assert from_file('[runtime]\npinned = "a,b"').settings.runtime.pinned == ["a", "b"]


def test_folders_are_separated_as_in_path_and_may_begin_at_home() -> None:
    settings = from_environment(MODEL_DIRS=os.pathsep.join(["/a", "~/b"])).settings
    assert settings.model_dirs == [Path("/a"), Path.home() / "b"]
    assert settings.model_folders == settings.model_dirs
    assert from_file('data_dir = "~/p"').settings.data_dir == Path.home() / "p"


def test_models_and_database_are_in_the_data_folder_unless_told() -> None:
    settings = from_environment(DATA_DIR="/srv/pluggably").settings
    assert settings.model_folders == [Path("/srv/pluggably/models")]
    assert settings.database == "sqlite+aiosqlite:////srv/pluggably/pluggably.db"
    assert from_environment(DATABASE_URL="postgresql://u:p@h/n").settings.database == "postgresql://u:p@h/n"


@pytest.mark.parametrize(
    ("value", "expected"), [("true", True), ("1", True), ("yes", True), ("on", True), ("FALSE", False), ("0", False)]
)
def test_a_switch_takes_the_usual_words(value: str, expected: bool) -> None:
    assert from_environment(LOCAL_ONLY=value).settings.local_only is expected


def test_the_log_level_may_be_in_capitals() -> None:
    assert from_environment(LOG_LEVEL="WARNING").settings.log_level == "warning"


def test_fallbacks_are_json_in_the_environment_and_a_table_in_the_file() -> None:
    toml = '[runtime.fallbacks]\n"m1.Q4" = ["m2"]\nm9 = ["m8"]'
    loaded = from_file(toml)
    assert loaded.settings.runtime.fallbacks == {"m1.Q4": ["m2"], "m9": ["m8"]}
    assert loaded.origins == {"runtime.fallbacks": "given.toml"}
    loaded = from_file(toml, {"PLUGGABLY_RUNTIME__FALLBACKS": '{"m1.Q4": ["m3", "m4"]}'})
    assert loaded.settings.runtime.fallbacks == {"m1.Q4": ["m3", "m4"]}
    assert loaded.origins == {"runtime.fallbacks": "PLUGGABLY_RUNTIME__FALLBACKS"}


def test_the_default_3d_model_is_3d_everywhere_outside_the_code() -> None:
    for loaded in (from_environment(DEFAULT_MODELS__3D="m"), from_file('[default_models]\n3d = "m"')):
        assert loaded.settings.default_models.mesh == "m"
        assert list(loaded.origins) == ["default_models.3d"]
        assert flatten(loaded.settings)["default_models.3d"] == "m"
    assert refusal(toml='[default_models]\nmesh = "m"').startswith(
        "default_models.mesh (given.toml): is no setting of Pluggably"
    )


def test_networks_are_read() -> None:
    settings = from_environment(ALLOW_PRIVATE_URLS="10.0.0.0/8, fd00::/8").settings
    assert settings.allow_private_urls == [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


def test_urls_lose_the_slash_at_their_end() -> None:
    settings = from_environment(
        PUBLIC_URL="https://a.example/p/", PROVIDERS__X__BASE_URL="http://b/v1/", ROOT_PATH="/p/"
    ).settings
    assert (settings.public_url, settings.providers["x"].base_url) == ("https://a.example/p", "http://b/v1")
    assert settings.root_path == "/p"


# Providers


@pytest.mark.req("SYS-REQ-006")
def test_an_account_is_put_together_from_the_file_and_the_environment() -> None:
    loaded = from_file(
        '[providers.openai]\napi_key = "from-file"\nmodels = ["a"]\n[providers.my_vllm]\nbase_url = "http://h:8000/v1"',
        {"PLUGGABLY_PROVIDERS__OPENAI__API_KEY": "from-environment"},
    )
    openai = loaded.settings.providers["openai"]
    assert openai.api_key == SecretStr("from-environment")
    assert openai.models == ["a"]
    assert loaded.settings.providers["my_vllm"].base_url == "http://h:8000/v1"
    assert loaded.origins == {
        "providers.openai.api_key": "PLUGGABLY_PROVIDERS__OPENAI__API_KEY",
        "providers.openai.models": "given.toml",
        "providers.my_vllm.base_url": "given.toml",
    }


def test_a_providers_own_times_leave_the_others_as_they_are_for_all() -> None:
    settings = from_environment(
        TIMEOUTS__CONNECT_S="3", TIMEOUTS__TOTAL_S="100", PROVIDERS__SLOW__TIMEOUTS__TOTAL_S="900"
    ).settings
    assert settings.timeouts_of("slow") == TimeoutSettings(connect_s=3, total_s=900)
    assert settings.timeouts_of("other") == settings.timeouts == TimeoutSettings(connect_s=3, total_s=100)


@pytest.mark.parametrize("name", ["OpenAI", "my-vllm", "a b", "a:b", "a__b", "_a", "a_"])
def test_a_provider_is_named_so_that_a_variable_can_name_it(name: str) -> None:
    assert refusal(toml=f'[providers."{name}"]\napi_key = "{CANARY}"') == (
        f"providers.{name} (given.toml): a provider's name has small letters, digits and single _ between them"
    )


def test_no_provider_is_called_local() -> None:
    assert refusal(PROVIDERS__LOCAL__API_KEY=CANARY).startswith(
        "PLUGGABLY_PROVIDERS__LOCAL__API_KEY: the name `local`"
    )


@pytest.mark.parametrize(
    "url", ["ftp://h", "h:80", "http://", "http://h?x=1", "http://h#x", "http://h /", "http://h:99999", "http://h\\x"]
)
def test_a_base_url_that_can_not_be_called_is_refused(url: str) -> None:
    assert refusal(PROVIDERS__X__BASE_URL=url) == (
        "PLUGGABLY_PROVIDERS__X__BASE_URL: should be a URL such as https://example.org/path, without ? and #"
    )


def test_a_base_url_holds_no_password() -> None:
    assert "no password" in refusal(PROVIDERS__X__BASE_URL=f"https://user:{CANARY}@h/v1")


# Secrets from files


@pytest.mark.req("SYS-REQ-006", "TEST-UNIT-005")
@pytest.mark.parametrize(
    ("name", "content", "path", "expected"),
    [
        ("JWT_SECRET_FILE", "s3cret\n", "jwt_secret", "s3cret"),
        ("DATABASE_URL_FILE", "postgresql://u:p@h/n\n", "database_url", "postgresql://u:p@h/n"),
        ("PROVIDERS__OPENAI__API_KEY_FILE", "sk-1\r\n", "providers.openai.api_key", "sk-1"),
        ("API_KEYS_FILE", "one\ntwo\n", "api_keys", ["one", "two"]),
        ("ENCRYPTION_KEYS_FILE", "new, old", "encryption_keys", ["new", "old"]),
    ],
)
def test_a_secret_may_come_from_a_file(name: str, content: str, path: str, expected: str | list[str]) -> None:
    Path("secret").write_text(content)
    loaded = from_environment(**{name: "secret"})
    found = flatten(loaded.settings)[path]
    read = [item.get_secret_value() for item in found] if isinstance(found, list) else found.get_secret_value()
    assert read == expected
    assert loaded.origins == {path: f"PLUGGABLY_{name}"}
    assert loaded.warnings == []


def test_every_secret_may_come_from_a_file_and_nothing_else_may() -> None:
    Path("value").write_text("sqlite:///x")
    secrets = set()
    for path in known_settings():
        name = variable(path).replace("NAME", "OPENAI")
        loaded = load({f"{name}_FILE": "value"})
        if loaded.warnings:
            assert loaded.warnings == [f"{name}_FILE was ignored: only a secret can come from a file; set {name}"]
            assert loaded.settings == Settings()
        else:
            secrets.add(path)
    assert secrets == {"api_keys", "database_url", "encryption_keys", "jwt_secret", "providers.NAME.api_key"}
    assert secrets == {path for path, info in known_settings().items() if is_secret(info)}


def test_a_secret_and_its_file_together_are_refused() -> None:
    Path("secret").write_text("x")
    assert refusal(JWT_SECRET=CANARY, JWT_SECRET_FILE="secret") == (
        "PLUGGABLY_JWT_SECRET and PLUGGABLY_JWT_SECRET_FILE are both set; keep one of them"
    )


def test_the_file_of_a_secret_goes_over_the_configuration_file() -> None:
    Path("secret").write_text("from-secret-file")
    settings = from_file('jwt_secret = "from-toml"', {"PLUGGABLY_JWT_SECRET_FILE": "secret"}).settings
    assert settings.jwt_secret == SecretStr("from-secret-file")


def test_a_file_of_a_secret_that_is_not_there_is_named_by_its_variable_alone() -> None:
    """Somebody who puts the secret itself there must not find it in the log."""
    assert refusal(JWT_SECRET_FILE=CANARY) == (
        "PLUGGABLY_JWT_SECRET_FILE: the file that it names can't be read: No such file or directory"
    )


def test_a_file_of_a_secret_that_is_empty_or_no_text_is_refused() -> None:
    Path("empty").write_text(" \n")
    Path("binary").write_bytes(b"\xff\xfe\x00")
    assert refusal(API_KEYS_FILE="empty") == "PLUGGABLY_API_KEYS_FILE: the file that it names is empty"
    assert refusal(API_KEYS_FILE="binary").endswith("can't be read: it is not UTF-8 text")


# Errors and warnings


@pytest.mark.req("SYS-REQ-006", "TEST-UNIT-005")
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PORT", "many", "should be a valid integer"),
        ("PORT", "70000", "should be less than or equal to 65535"),
        ("LOCAL_ONLY", "perhaps", "should be a valid boolean"),
        ("LOG_LEVEL", "loud", "should be 'debug', 'info', 'warning' or 'error'"),
        ("MAX_BODY_MB", "nan", "should be a finite number"),
        ("TIMEOUTS__IDLE_S", "inf", "should be a finite number"),
        ("RUNTIME__MAX_LOADED", "0", "should be greater than or equal to 1"),
        ("RUNTIME__FALLBACKS", "{", "is not valid JSON"),
        ("RUNTIME__PINNED", '["m"', "is not valid JSON"),
        ("ROOT_PATH", "no-slash", "should be a path such as /pluggably"),
        ("ROOT_PATH", "/p?x=1", "should be a path such as /pluggably"),
        ("PUBLIC_URL", "gateway.example", "should be a URL such as"),
        ("ARTIFACTS__URL", "/srv/artifacts", "should be file:///folder or s3://bucket/prefix"),
        ("ARTIFACTS__URL", "file://host/srv", "should be file:///folder or s3://bucket/prefix"),
        ("ARTIFACTS__URL", f"s3://key:{CANARY}@bucket", "should be file:///folder or s3://bucket/prefix"),
        ("DATABASE_URL", f"mysql://u:{CANARY}@h/n", "should begin with sqlite:/// or postgresql://"),
        ("DATABASE_URL", CANARY, "should begin with sqlite:/// or postgresql://"),
    ],
)
def test_an_error_names_the_variable(name: str, value: str, message: str) -> None:
    assert refusal(**{name: value}).startswith(f"PLUGGABLY_{name}: {message}")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("CORS_ORIGINS", "https://ok.example,*", "should be a URL such as"),
        ("CORS_ORIGINS", "https://ok.example,null", "should be a URL such as"),
        ("CORS_ORIGINS", "https://ok.example,https://x.example/path", "should be an origin such as"),
        ("ALLOW_PRIVATE_URLS", "10.0.0.0/8,10.0.0.1/8", "should be a network such as"),
        ("ALLOW_PRIVATE_URLS", "10.0.0.0/8,everything", "should be a network such as"),
    ],
)
def test_an_error_inside_a_list_counts_the_entries_from_1(name: str, value: str, message: str) -> None:
    assert refusal(**{name: value}).startswith(f"PLUGGABLY_{name}, entry 2: {message}")


@pytest.mark.req("SYS-REQ-006", "TEST-UNIT-005")
@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("port = 'many'", "port (given.toml): should be a valid integer"),
        ("[runtime]\nmax_loaded = 0", "runtime.max_loaded (given.toml): should be greater than or equal to 1"),
        ("runtime = 5", "runtime (given.toml): should be a valid dictionary"),
        ("[providers]\nopenai = 5", "providers.openai (given.toml): should be a valid dictionary"),
        ("jwt_secret = 5", "jwt_secret (given.toml): should be a valid string"),
        ("api_keys = ['ok', 5]", "api_keys (given.toml), entry 2: should be a valid string"),
        ("[runtime.fallbacks]\n1 = 'm'", "runtime.fallbacks (given.toml), 1: should be a valid list"),
    ],
)
def test_an_error_names_the_file_and_the_key(toml: str, message: str) -> None:
    assert refusal(toml=toml).startswith(message)


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("prot = 1", "prot (given.toml): is no setting of Pluggably; did you mean port?"),
        ("max_loaded = 1", "max_loaded (given.toml): is no setting of Pluggably; did you mean runtime.max_loaded?"),
        (
            "[runtime]\nmax_lodaed = 1",
            "runtime.max_lodaed (given.toml): is no setting of Pluggably; did you mean runtime.max_loaded?",
        ),
        (
            f"[providers.x]\napikey = '{CANARY}'",
            "providers.x.apikey (given.toml): is no setting of Pluggably; did you mean providers.x.api_key?",
        ),
        ("[quux]\nzzz = 1", "quux (given.toml): is no setting of Pluggably"),
        ("[quux]", "quux (given.toml): is no setting of Pluggably"),
        (
            "[artifact]\nretention_days = 1",
            "artifact (given.toml): is no setting of Pluggably; did you mean artifacts?",
        ),
    ],
)
def test_an_unknown_key_of_the_file_is_refused_with_the_nearest_name(toml: str, message: str) -> None:
    assert refusal(toml=toml).splitlines()[0] == message


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("PROT", "PLUGGABLY_PORT"),
        ("RUNTIME_MAX_LOADED", "PLUGGABLY_RUNTIME__MAX_LOADED"),
        ("MAX_LOADED", "PLUGGABLY_RUNTIME__MAX_LOADED"),
        ("ARTIFACT__RETENTION_DAYS", "PLUGGABLY_ARTIFACTS__RETENTION_DAYS"),
        ("PROVIDERS__OPENAI__APIKEY", "PLUGGABLY_PROVIDERS__OPENAI__API_KEY"),
        ("OPENAI__API_KEY", "PLUGGABLY_PROVIDERS__NAME__API_KEY"),
        ("API_KEY", "PLUGGABLY_API_KEYS"),
    ],
)
def test_an_unknown_variable_is_ignored_with_a_warning_and_the_nearest_name(name: str, suggestion: str) -> None:
    loaded = from_environment(**{name: CANARY})
    assert loaded.settings == Settings()
    assert loaded.warnings == [
        f"PLUGGABLY_{name} is no setting of Pluggably and was ignored; did you mean {suggestion}?"
    ]


@pytest.mark.parametrize("name", ["QUUX", "PROVIDERS", "RUNTIME__FALLBACKS__A", "_", "__"])
def test_an_odd_variable_is_ignored_with_a_warning(name: str) -> None:
    loaded = from_environment(**{name: CANARY})
    assert loaded.settings == Settings()
    (warning,) = loaded.warnings
    assert warning.startswith(f"PLUGGABLY_{name} is no setting of Pluggably and was ignored")


def test_everything_that_is_wrong_is_said_at_once() -> None:
    said = refusal(
        toml="[runtime]\nmax_loaded = 0\nmax_lodaed = 1",
        PORT="x",
        JWT_SECRET_FILE="nowhere",
        ALLOW_PRIVATE_URLS="x",
    ).splitlines()
    assert len(said) == 5
    assert {line.split(":")[0].split(",")[0] for line in said} == {
        "PLUGGABLY_JWT_SECRET_FILE",
        "PLUGGABLY_PORT",
        "PLUGGABLY_ALLOW_PRIVATE_URLS",
        "runtime.max_loaded (given.toml)",
        "runtime.max_lodaed (given.toml)",
    }


def test_a_variable_inside_what_the_file_made_no_section_names_the_file() -> None:
    assert "runtime (given.toml): is a section, not a value" in refusal(toml="runtime = 5", RUNTIME__PARALLEL="2")


def test_a_certificate_without_its_key_is_refused() -> None:
    assert refusal(TLS_CERT="/c.pem") == "PLUGGABLY_TLS_CERT and PLUGGABLY_TLS_KEY are needed together"


def test_a_port_that_kubernetes_made_up_says_so() -> None:
    said = refusal(PORT="tcp://10.0.0.1:8080")
    assert said.startswith("PLUGGABLY_PORT: holds the address of a Kubernetes service named pluggably")
    assert "enableServiceLinks" in said


def test_the_other_variables_of_a_kubernetes_service_are_passed_over() -> None:
    loaded = from_environment(
        SERVICE_HOST="10.0.0.1",
        SERVICE_PORT="8080",
        SERVICE_PORT_HTTP="8080",
        PORT_8080_TCP="tcp://10.0.0.1:8080",
        PORT_8080_TCP_PROTO="tcp",
        PORT_8080_TCP_PORT="8080",
        PORT_8080_TCP_ADDR="10.0.0.1",
    )
    assert loaded == load({})


def test_a_file_that_can_not_be_read_is_named() -> None:
    Path("broken.toml").write_text(f'port = 1\njwt_secret = "{CANARY}')
    Path("latin.toml").write_bytes(b'host = "\xff"')
    for name, message in [
        ("nowhere.toml", "nowhere.toml: can't be read: No such file or directory"),
        (".", ".: can't be read: Is a directory"),
        ("broken.toml", "broken.toml: is not valid TOML: "),
        ("latin.toml", "latin.toml: is not UTF-8 text"),
    ]:
        assert refusal(CONFIG=name).startswith(message)


# Secrets


@pytest.mark.req("SYS-REQ-006")
def test_no_secret_is_in_any_representation() -> None:
    loaded = from_file(
        f'api_keys = ["{CANARY}"]\n[providers.openai]\napi_key = "{CANARY}"',
        {
            "PLUGGABLY_JWT_SECRET": CANARY,
            "PLUGGABLY_DATABASE_URL": f"postgresql://u:{CANARY}@h/n",
            "PLUGGABLY_ENCRYPTION_KEYS": f"{CANARY},{CANARY}",
        },
    )
    settings = loaded.settings
    for shown in (loaded, settings, flatten(settings), settings.providers, settings.model_dump_json()):
        assert CANARY not in f"{shown} {shown!r}"
    assert settings.database == f"postgresql://u:{CANARY}@h/n"


def test_a_wrong_value_is_never_repeated() -> None:
    """Wherever a secret was put by mistake, no message says it."""
    refused = 0
    for path in known_settings():
        name = variable(path.replace("NAME", "openai"))
        for value in (CANARY, f"[{CANARY}", f'{{"a": "{CANARY}"}}'):
            try:
                said = "".join(load({name: value}).warnings)
            except ConfigurationError as error:
                said = "".join(traceback.format_exception(error))
                refused += name in str(error)
            assert CANARY not in said
    assert refused > 50


# The list of settings


def test_every_setting_can_be_set_by_the_variable_that_is_named_for_it() -> None:
    assert set(flatten(Settings())) - {"providers"} == {path for path in known_settings() if "NAME" not in path}
    for path in flatten(Settings()):
        name = variable(path)
        assert load({name: "1"} if path == "port" else {}).warnings == []


def test_a_setting_is_shown_by_the_path_of_its_origin() -> None:
    loaded = from_file(
        '[providers.x]\nbase_url = "http://h"\n[providers.x.timeouts]\ntotal_s = 5\n[default_models]\n3d = "m"'
    )
    assert set(loaded.origins) <= set(flatten(loaded.settings))
    assert variable("default_models.3d") == "PLUGGABLY_DEFAULT_MODELS__3D"
    assert variable("runtime.max_loaded") == "PLUGGABLY_RUNTIME__MAX_LOADED"


def test_every_setting_is_described() -> None:
    assert [path for path, info in known_settings().items() if not info.description] == []


def test_settings_can_be_made_in_code() -> None:
    settings = Settings(providers={"x": ProviderSettings(base_url="http://h", timeouts=TimeoutSettings(total_s=1))})
    assert settings.timeouts_of("x").total_s == 1
