"""Finds the server and the key, and makes the client that every command speaks through."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import typer

from pluggably.cli._state import State

if TYPE_CHECKING:
    from pluggably.settings import Settings
    from pluggably_client import Pluggably


@contextmanager
def connected(state: State) -> Iterator[Pluggably]:
    """A client for the server that the options, the environment or the configuration name."""
    from pluggably_client import Pluggably, Retries

    settings = None if state.url and state.key else state.load().settings
    url = state.url or address(settings)
    key = state.key
    verify: ssl.SSLContext | bool = True
    if settings is not None and is_local(url):
        key = key or _operator_key(settings)
        verify = _own_certificate(settings, url)
    with Pluggably(url, key, verify=verify, retries=Retries(0)) as client:  # what goes wrong is said at once
        yield client


def address(settings: Settings | None) -> str:
    """Where a server with this configuration answers, seen from this machine."""
    assert settings is not None
    if settings.port == 0:
        raise typer.BadParameter("the configured port is 0, so the server chose one: name it with --url")
    host = settings.host
    if host in ("0.0.0.0", ""):  # noqa: S104 - every address includes this one
        host = "127.0.0.1"
    elif host == "::":
        host = "::1"
    if ":" in host:
        host = f"[{host}]"
    scheme = "https" if settings.tls_cert else "http"
    return f"{scheme}://{host}:{settings.port}{settings.root_path}"


def is_local(url: str) -> bool:
    """Whether the URL names this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def answers(settings: Settings, patience_s: float) -> bool:
    """Whether a Pluggably server with this configuration answers on this machine."""
    from pluggably_client import Pluggably, PluggablyError, Retries, Timeouts

    url = address(settings)
    timeouts = Timeouts(connect=patience_s, read=patience_s)
    try:
        with Pluggably(url, timeouts=timeouts, retries=Retries(0), verify=_own_certificate(settings, url)) as client:
            return client.health().status == "ok"
    except (PluggablyError, OSError):
        return False


def _operator_key(settings: Settings) -> str | None:
    if settings.api_keys:
        return settings.api_keys[0].get_secret_value()
    from pluggably.features.users.authentication import stored_operator_key

    try:
        return stored_operator_key(settings.data_dir)
    except OSError:  # another user's data folder: the server will say that a key is needed
        return None


def _own_certificate(settings: Settings, url: str) -> ssl.SSLContext | bool:
    """Trust the server's own certificate on this machine, whatever name it was made for."""
    if settings.tls_cert is None or not url.startswith("https:"):
        return True
    context = ssl.create_default_context(cafile=str(settings.tls_cert))
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = False
    return context
