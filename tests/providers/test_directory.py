"""Which providers are switched on."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pluggably.contract.modality import Modality
from pluggably.kit.http import Timeouts
from pluggably.providers.catalogue import BUILT_IN, LOCAL_PROVIDER
from pluggably.providers.directory import AccountSettings, load_providers

KEY = "sk-CANARY"


@pytest.mark.req("SYS-REQ-002", "SYS-NFR-004")
def test_any_name_with_a_base_url_is_an_openai_compatible_provider() -> None:
    directory = load_providers({"acme": AccountSettings(base_url="http://acme.example/v1", models=("a", "b"))})
    acme = directory.get("acme")
    assert acme is not None
    assert acme.account.address.base_url == "http://acme.example/v1"
    assert acme.account.headers == {}
    assert acme.models == ("a", "b")
    assert not acme.provider.commercial
    assert Modality.TEXT in acme.provider.adapters


def test_a_known_provider_needs_its_key_alone() -> None:
    directory = load_providers({"openai": AccountSettings(api_key=KEY, timeouts=Timeouts(1, 2, 3, 4))})
    openai = directory.get("openai")
    assert openai is not None
    assert openai.account.address.base_url == "https://api.openai.com/v1"
    assert openai.account.headers == {"authorization": f"Bearer {KEY}"}
    assert openai.account.timeouts == Timeouts(1, 2, 3, 4)
    assert openai.provider.commercial


def test_a_known_provider_may_be_reached_elsewhere() -> None:
    directory = load_providers({"openai": AccountSettings(api_key=KEY, base_url="http://mirror.example/v1")})
    openai = directory.get("openai")
    assert openai is not None
    assert openai.account.address.base_url == "http://mirror.example/v1"


def test_what_an_operator_put_in_a_vendors_place_may_want_no_key() -> None:
    directory = load_providers({"anthropic": AccountSettings(base_url="http://proxy.example")})
    anthropic = directory.get("anthropic")
    assert anthropic is not None
    assert not anthropic.provider.needs_key
    assert (anthropic.account.address.base_url, anthropic.account.secrets) == ("http://proxy.example", {})
    assert set(anthropic.account.headers) == {"anthropic-version"}


@pytest.mark.parametrize(
    ("name", "settings", "variable"),
    [
        ("openai", AccountSettings(), "PLUGGABLY_PROVIDERS__OPENAI__API_KEY"),
        ("openai", AccountSettings(base_url="https://api.openai.com/v2"), "PLUGGABLY_PROVIDERS__OPENAI__API_KEY"),
        ("azure", AccountSettings(base_url="https://mine.openai.azure.com"), "PLUGGABLY_PROVIDERS__AZURE__API_KEY"),
        ("acme", AccountSettings(api_key=KEY), "PLUGGABLY_PROVIDERS__ACME__BASE_URL"),
    ],
)
def test_what_is_missing_is_named_by_its_variable(name: str, settings: AccountSettings, variable: str) -> None:
    with pytest.raises(ValueError, match=variable) as caught:
        load_providers({name: settings})
    assert KEY not in str(caught.value)


def test_providers_that_are_not_switched_on_are_known_but_not_there() -> None:
    directory = load_providers({})
    assert directory.configured() == []
    assert directory.is_known("openai")
    assert directory.get("openai") is None
    assert not directory.is_known("nobody")
    assert directory.known() == sorted(provider.name for provider in BUILT_IN)


def test_every_built_in_provider_is_reached_over_tls_and_named_once() -> None:
    names = [provider.name for provider in BUILT_IN]
    assert len(set(names)) == len(names)
    assert "local" not in names
    for provider in BUILT_IN:
        if provider.base_url is None:  # its address is the operator's own, or a user's
            assert provider.name in ("azure", "openai_compatible")
            continue
        assert provider.needs_key
        assert provider.base_url.startswith("https://")
        assert not provider.base_url.endswith("/")
    assert LOCAL_PROVIDER.base_url is None


@pytest.fixture
def plugins(tmp_path: Path) -> Iterator[Path]:
    """A folder of installed packages."""
    sys.path.insert(0, str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path
    sys.path.remove(str(tmp_path))


def install(folder: Path, name: str, target: str, code: str) -> None:
    (folder / f"{name}_module.py").write_text(code)
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[pluggably.providers]\n{name} = {target}\n")


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("wrong_module:provider", "1 / 0"),
        ("wrong_module:provider", "provider = 7"),
        ("wrong_module:nobody", ""),
        (
            "wrong_module:provider",
            "from pluggably.contract.provider import Provider\nprovider = Provider('openai', None, {})",
        ),
    ],
)
def test_a_broken_package_harms_only_who_wants_it(plugins: Path, target: str, code: str) -> None:
    install(plugins, "wrong", target, code)
    try:
        openai = load_providers({"openai": AccountSettings(api_key=KEY)}).get("openai")
        assert openai is not None
        assert openai.provider.base_url == "https://api.openai.com/v1"
        with pytest.raises(ValueError, match="'wrong' can't be loaded"):
            load_providers({"wrong": AccountSettings(api_key=KEY)})
    finally:
        sys.modules.pop("wrong_module", None)


def test_no_representation_shows_a_key() -> None:
    settings = AccountSettings(api_key=KEY)
    assert KEY not in repr(settings) + repr(load_providers({"openai": settings}).get("openai"))
