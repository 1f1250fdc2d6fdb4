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
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from pluggably.errors import AuthenticationRequired, InvalidCredentials, PermissionDenied, TokenExpired

OPERATOR = "operator"
SCOPES = frozenset({"read", "generate", "manage"})
COOKIE = "pluggably_session"
KEY_FILE = "operator.key"
KEY_PREFIX = "pgk_"

_READING = frozenset({"GET", "HEAD", "OPTIONS"})
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


class OperatorCallers:
    """The built-in user as a caller: with a key, and in local mode. What it prefers may change."""

    def __init__(self) -> None:
        self.by_key = OPERATOR_CALLER
        self.local = LOCAL_CALLER

    def prefer(self, models: Mapping[str, str]) -> None:
        """From now on these are the operator's preferred models."""
        self.by_key = replace(OPERATOR_CALLER, preferred_models=models)
        self.local = replace(LOCAL_CALLER, preferred_models=models)


class CredentialCheck(Protocol):
    """One kind of credential. Returns None for a credential that is not of this kind or not valid.

    Raises `TokenExpired` for one that was valid.
    """

    async def check(self, credential: str) -> Caller | None:
        """The caller whom this credential proves."""


class OperatorKeys:
    """The operator's keys."""

    def __init__(self, keys: Iterable[str], operator: OperatorCallers | None = None) -> None:
        self._operator = operator or OperatorCallers()
        self._digests = [hashlib.sha256(key.encode()).digest() for key in keys]

    async def check(self, credential: str) -> Caller | None:
        """Compare with every key, whichever matches."""
        digest = hashlib.sha256(credential.encode("utf-8", "surrogateescape")).digest()
        found = False
        for known in self._digests:
            found |= hmac.compare_digest(digest, known)
        return self._operator.by_key if found else None


class Authenticator:
    """Finds the caller of a request; `None` stands for local mode's absent credential.

    `origins` are those of the gateway's own pages besides what `Host` says, such as `https://gateway.example.org`.
    """

    def __init__(
        self,
        checks: list[CredentialCheck],
        *,
        local_mode: bool,
        operator: OperatorCallers | None = None,
        origins: Iterable[str] = (),
    ) -> None:
        self._checks = list(checks)
        self._local_mode = local_mode
        self._operator = operator or OperatorCallers()
        self._origins = frozenset(origins)

    def add(self, check: CredentialCheck) -> None:
        """Accept one more kind of credential."""
        self._checks.append(check)

    def remove(self, check: CredentialCheck) -> None:
        """Accept it no longer."""
        self._checks.remove(check)

    async def authenticate(self, connection: HTTPConnection) -> Caller:
        """The caller of this request.

        Raises `AuthenticationRequired`, `InvalidCredentials`, `TokenExpired`, or `PermissionDenied` for a request
        that local mode refuses, or that another site makes with a cookie.
        """
        carried = credential_of(connection)
        if carried is not None:
            try:
                caller = await self._caller_of(carried)
            except TokenExpired:
                if not self._local_mode:
                    raise
                caller = None
            if caller is not None:
                if carried.in_cookie and connection.scope["method"] not in _READING:
                    self.refuse_foreign_pages(connection)
                return caller
            if not self._local_mode:
                raise InvalidCredentials(
                    "This key is not valid. `pluggably key` on the server shows the operator's key."
                )
        if self._local_mode:
            refuse_unless_local(connection)
            return self._operator.local
        raise AuthenticationRequired(
            "A key is needed: send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`. "
            "`pluggably key` on the server shows the operator's key."
        )

    async def _caller_of(self, carried: Carried) -> Caller | None:
        for check in self._checks:
            caller = await check.check(carried.credential)
            if caller is not None:
                # Browsers send cookies by themselves: none but a login's may stand in one.
                return caller if not carried.in_cookie or caller.login_id is not None else None
        return None

    def refuse_foreign_pages(self, connection: HTTPConnection) -> None:
        """Raise `PermissionDenied` unless `Origin` says that a page of the gateway's own makes this request."""
        own = {f"https://{host}" for host in connection.headers.getlist("host")}
        own |= {f"{connection.scope['scheme']}://{host}" for host in connection.headers.getlist("host")}
        origins = connection.headers.getlist("origin")
        if len(origins) != 1 or origins[0] not in own | self._origins:
            raise PermissionDenied("With a cookie only the gateway's own pages may change anything (Origin).")


@dataclass(frozen=True, slots=True)
class Carried:
    """The credential that a request carries."""

    credential: str
    in_cookie: bool
    """In the cookie alone: browsers send it by themselves."""


def credential_of(connection: HTTPConnection) -> Carried | None:
    """The credential that a request carries, whichever header it is in.

    Raises `InvalidCredentials` where several differ or the header can't be read.
    """
    found: set[str] = set()
    in_cookies: set[str] = set()
    for name, value in connection.scope["headers"]:
        if name == b"x-api-key":
            found.add(_header_text(value))
        elif name == b"authorization":
            scheme, _, key = _header_text(value).partition(" ")
            if scheme.lower() != "bearer":
                raise InvalidCredentials("The Authorization header must be `Bearer KEY`.")
            found.add(key.strip(" \t"))
        elif name == b"cookie":
            in_cookies |= _cookies_of(value)
    if not found | in_cookies:
        return None
    if len(found | in_cookies) > 1:
        raise InvalidCredentials("The request carries two credentials that differ; send one of them.")
    (credential,) = found | in_cookies
    if not credential:
        raise InvalidCredentials("The key in the request's header is empty.")
    return Carried(credential, in_cookie=not found)


def _cookies_of(value: bytes) -> set[str]:
    """What the cookies of our name hold."""
    pairs = (part.partition(b"=") for part in value.split(b";"))
    return {_header_text(content) for name, _, content in pairs if name.strip(b" \t") == COOKIE.encode()}


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
