"""Who is calling: every way to carry a credential obeys the same rules.

Operator keys are held as SHA-256 digests and compared in constant time, each of them at every call. Local mode
needs no key, but everything about the connection must say that it comes from this machine.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from pluggably.errors import AuthenticationRequired, InvalidCredentials, PermissionDenied

OPERATOR = "operator"
SCOPES = frozenset({"read", "generate", "manage"})
KEY_FILE = "operator.key"
KEY_PREFIX = "pgk_"

_FORWARDING = frozenset({"forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"})
_FORWARDING_PREFIXES = ("x-forwarded", "x-original-")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request, after authentication."""

    user_id: str
    is_admin: bool
    scopes: frozenset[str]
    kind: str
    """How the caller proved itself: `operator_key`, `local`, `token`, `session`, `external`."""
    token_id: str | None = None
    """The API token that was used, which may have limits of its own."""
    login_id: str | None = None
    """The login that a session token or cookie belongs to: what logging out ends."""
    preferred_models: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Modality → the model that `auto` chooses for this user."""


OPERATOR_CALLER = Caller(OPERATOR, True, SCOPES, "operator_key")
LOCAL_CALLER = Caller(OPERATOR, True, SCOPES, "local")


class CredentialCheck(Protocol):
    """One kind of credential. Returns None for a credential that is not of this kind or not valid."""

    async def check(self, credential: str) -> Caller | None:
        """The caller whom this credential proves."""


class OperatorKeys:
    """The operator's keys."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._digests = [hashlib.sha256(key.encode()).digest() for key in keys]

    async def check(self, credential: str) -> Caller | None:
        """Compare with every key, whichever matches."""
        digest = hashlib.sha256(credential.encode("utf-8", "surrogateescape")).digest()
        found = False
        for known in self._digests:
            found |= hmac.compare_digest(digest, known)
        return OPERATOR_CALLER if found else None


class Authenticator:
    """Finds the caller of a request; `None` stands for local mode's absent credential."""

    def __init__(self, checks: list[CredentialCheck], *, local_mode: bool) -> None:
        self._checks = checks
        self._local_mode = local_mode

    async def authenticate(self, connection: HTTPConnection) -> Caller:
        """The caller of this request.

        Raises `AuthenticationRequired`, `InvalidCredentials`, or `PermissionDenied` for a request that local
        mode refuses.
        """
        credential = credential_of(connection)
        if credential is not None:
            for check in self._checks:
                caller = await check.check(credential)
                if caller is not None:
                    return caller
            if not self._local_mode:
                raise InvalidCredentials(
                    "This key is not valid. `pluggably key` on the server shows the operator's key."
                )
        if self._local_mode:
            refuse_unless_local(connection)
            return LOCAL_CALLER
        raise AuthenticationRequired(
            "A key is needed: send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`. "
            "`pluggably key` on the server shows the operator's key."
        )


def credential_of(connection: HTTPConnection) -> str | None:
    """The credential that a request carries, whichever header it is in.

    Raises `InvalidCredentials` where several differ or the header can't be read.
    """
    found: set[str] = set()
    for name, value in connection.scope["headers"]:
        if name == b"x-api-key":
            found.add(_header_text(value))
        elif name == b"authorization":
            scheme, _, key = _header_text(value).partition(" ")
            if scheme.lower() != "bearer":
                raise InvalidCredentials("The Authorization header must be `Bearer KEY`.")
            found.add(key.strip(" \t"))
    if not found:
        return None
    if len(found) > 1:
        raise InvalidCredentials("The request carries two credentials that differ; send one of them.")
    credential = found.pop()
    if not credential:
        raise InvalidCredentials("The key in the request's header is empty.")
    return credential


def _header_text(value: bytes) -> str:
    """The bytes as they came, but for the white space that HTTP allows around a value."""
    return value.strip(b" \t").decode("utf-8", "surrogateescape")


def refuse_unless_local(connection: HTTPConnection) -> None:
    """Raise `PermissionDenied` unless everything about the request says that it comes from this machine.

    The peer's address, the `Host` (against DNS rebinding), the `Origin` and `Sec-Fetch-Site` (against other
    sites' scripts) and the absence of forwarding headers (against a proxy that makes the world look local).
    """
    if connection.client is None or not _is_loopback(connection.client.host):
        raise PermissionDenied("Local mode answers this machine only.")
    hosts = connection.headers.getlist("host")
    if len(hosts) != 1 or not _is_loopback(_host_name(hosts[0])):
        raise PermissionDenied("Local mode answers only requests whose Host is localhost.")
    for name in connection.headers:
        if name in _FORWARDING or name.startswith(_FORWARDING_PREFIXES):
            raise PermissionDenied(f"Local mode answers no forwarded request ({name}); configure operator keys.")
    own = {f"http://{hosts[0]}", f"https://{hosts[0]}"}
    if any(origin not in own for origin in connection.headers.getlist("origin")):
        raise PermissionDenied("Local mode answers no other site's scripts (Origin).")
    site = connection.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        raise PermissionDenied("Local mode answers no other site's scripts (Sec-Fetch-Site).")


def _host_name(host: str) -> str:
    if _HOST.fullmatch(host) is None:
        return ""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_loopback_address(host: str) -> bool:
    """Whether a server that listens on `host` can be reached from this machine alone."""
    return _is_loopback(host)


def stored_operator_key(data_dir: Path) -> str | None:
    """The key that the first start made, or None."""
    try:
        return (data_dir / KEY_FILE).read_text(encoding="ascii").strip() or None
    except FileNotFoundError:
        return None


def make_operator_key(data_dir: Path) -> str:
    """Make a key and keep it in the data folder, readable by its owner alone."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    data_dir.mkdir(parents=True, exist_ok=True)
    unfinished = data_dir / f".{KEY_FILE}.{secrets.token_hex(4)}"
    unfinished.touch(mode=0o600, exist_ok=False)
    unfinished.write_text(key + "\n", encoding="ascii")
    unfinished.replace(data_dir / KEY_FILE)
    return key
