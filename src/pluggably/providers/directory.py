"""The providers that an operator has switched on, each with its account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import entry_points
from urllib.parse import urlsplit

import structlog

from pluggably.contract.provider import Place, Provider
from pluggably.kit.http import Address, Timeouts
from pluggably.providers._transport import Account
from pluggably.providers.catalogue import BUILT_IN, LOCAL_PROVIDER, openai_shaped

ENTRY_POINT = "pluggably.providers"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """What an operator configured for one provider."""

    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    models: tuple[str, ...] = ()
    timeouts: Timeouts = field(default_factory=Timeouts)
    api_version: str | None = None


@dataclass(frozen=True, slots=True)
class Configured:
    """A provider that can be called."""

    provider: Provider
    account: Account
    models: tuple[str, ...] = ()
    """Names that the operator gave, where the provider has no list of its own."""
    own_key: str | None = None
    """The id of the user's own key that it is called with; None: the operator's."""


class ProviderDirectory:
    """Finds a provider by name."""

    def __init__(self, configured: Iterable[Configured], known: Mapping[str, Provider]) -> None:
        self._configured = {item.provider.name: item for item in configured}
        self._known = {**known, **{name: item.provider for name, item in self._configured.items()}}

    def get(self, name: str) -> Configured | None:
        """The provider of this name, if it is switched on."""
        return self._configured.get(name)

    def is_known(self, name: str) -> bool:
        """Whether there is such a provider, switched on or not."""
        return name in self._known

    def configured(self) -> list[Configured]:
        """All that are switched on."""
        return list(self._configured.values())

    def provider(self, name: str) -> Provider | None:
        """The provider of this name, switched on or not; where it is, as the operator has placed it."""
        return self._known.get(name)

    def providers(self) -> list[Provider]:
        """All providers, switched on or not, by name."""
        return [self._known[name] for name in sorted(self._known)]

    def known(self) -> list[str]:
        """The names of all providers."""
        return sorted(self._known)


def load_providers(accounts: dict[str, AccountSettings]) -> ProviderDirectory:
    """Built-in providers and installed plugins, switched on where an account is configured.

    A configured name that nobody knows is an OpenAI-compatible server and needs a base URL: raises `ValueError`, and
    for a configured plugin that can't be loaded.
    """
    known = {provider.name: provider for provider in BUILT_IN}
    known |= _installed(accounts)
    configured = [_configure(name, account, known.get(name)) for name, account in accounts.items()]
    return ProviderDirectory(configured, known)


def _installed(accounts: Iterable[str]) -> dict[str, Provider]:
    """Providers of installed packages; one that nobody uses may be broken without doing harm."""
    found = {}
    for entry in entry_points(group=ENTRY_POINT):
        try:
            provider = entry.load()
            if not isinstance(provider, Provider) or provider.name != entry.name or entry.name == LOCAL_PROVIDER.name:
                raise TypeError(f"{entry.value} is no provider of the name {entry.name!r}")
        except Exception as error:  # whatever a package of somebody else's raises
            if entry.name in accounts:
                raise ValueError(f"the installed provider {entry.name!r} can't be loaded: {error!r}") from error
            log.warning("installed provider can't be loaded", provider=entry.name, reason=repr(error))
        else:
            found[provider.name] = provider
    return found


def _configure(name: str, settings: AccountSettings, provider: Provider | None) -> Configured:
    variables = f"PLUGGABLY_PROVIDERS__{name.upper()}__"
    if provider is None:
        if settings.base_url is None:
            raise ValueError(f"{variables}BASE_URL is needed: Pluggably does not know a provider {name!r}")
        provider = openai_shaped(name, settings.base_url, raw_text=True)
    vendors_own = provider.base_url
    if provider.placed is not None:
        try:
            provider = provider.placed(provider, Place(settings.base_url, settings.api_version))
        except ValueError as error:
            raise ValueError(f"{variables}{error}") from error
    elif settings.api_version is not None:
        raise ValueError(f"{variables}API_VERSION: {provider.title} has no versions to choose from")
    elif settings.base_url is not None:
        provider = replace(provider, base_url=settings.base_url)
    secrets = {"api_key": settings.api_key} if settings.api_key else {}
    if provider.needs_key and not secrets:
        if vendors_own is None or _origin(provider.base_url) == _origin(vendors_own):
            raise ValueError(f"{variables}API_KEY is needed")
        # What the operator has put in the vendor's place, such as a proxy that adds the key, may want none.
        provider = replace(provider, needs_key=False)
    if provider.base_url is None:
        raise ValueError(f"{variables}BASE_URL is needed: {provider.title} may be anywhere")
    account = Account(name, Address(provider.base_url), provider.headers(secrets), secrets, settings.timeouts)
    return Configured(provider, account, settings.models)


def _origin(base_url: str | None) -> tuple[str, str]:
    """Scheme and host of an address."""
    parts = urlsplit(base_url or "")
    return parts.scheme, parts.netloc
