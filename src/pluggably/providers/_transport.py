"""The one place where providers' calls are made: credentials, time-outs, the second try, errors.

Adapters build calls and read replies; everything that touches the network happens here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

from pluggably.contract.calls import Call, Reply
from pluggably.errors import (
    BlockedURL,
    PluggablyError,
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
)
from pluggably.kit.http import (
    Address,
    ConnectFailed,
    ConnectionLost,
    Exchange,
    HttpClient,
    NotReachable,
    OpenReply,
    TimedOut,
    Timeouts,
    TooLong,
)
from pluggably.providers._errors import error_of, explained, page_in_place, redact

_STALE_WITHIN_S = 1.0
"""A kept connection that the other side had closed fails at once; what fails later may have been worked on."""


class TokenSource(Protocol):
    """Where an account's headers come from if they change with time."""

    async def headers(self) -> Mapping[str, str]:
        """Those of now. Raises the `PluggablyError` that a call would meet."""

    def refused(self) -> None:
        """The provider has refused them: the next ones have to be new."""


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that is needed to call a provider: where, with which headers, how long."""

    provider: str
    address: Address
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeouts: Timeouts = field(default_factory=Timeouts)
    tokens: TokenSource | None = None
    """Headers that go along besides."""
    refused: Callable[[Reply], PluggablyError | None] | None = None
    """What an answer that is an error means, where it means something else than usual; None: the usual."""
    broken: Callable[[], PluggablyError] | None = None
    """What a connection that can't be made or breaks means, where it means something else than usual."""

    async def headers_now(self) -> Mapping[str, str]:
        """Every header of a call. Raises what `TokenSource.headers` does."""
        return self.headers if self.tokens is None else {**self.headers, **await self.tokens.headers()}


class ProviderCall:
    """One call to a provider: `async with transport.open(account, call) as reply`.

    What fails on entering or inside the block leaves it as a `PluggablyError`; leaving early drops the
    connection, which tells the provider to stop.
    """

    def __init__(self, http: HttpClient, account: Account, call: Call) -> None:
        self._http = http
        self._account = account
        self._call = call
        self._headers = account.headers
        self._unauthorised = False

    def _exchange(self) -> Exchange:
        account = self._account
        return self._http.open(account.address, self._call, self._headers, account.timeouts)

    async def __aenter__(self) -> OpenReply:
        tokens = self._account.tokens
        if tokens is None:
            return await self._enter()
        self._headers = await self._account.headers_now()
        try:
            return await self._enter()
        except PluggablyError:
            if not self._unauthorised:
                raise
            tokens.refused()
        # A token may end before its time. Who was not let in was not worked for: it is safe to ask again.
        self._unauthorised, self._headers = False, await self._account.headers_now()
        try:
            return await self._enter()
        finally:
            if self._unauthorised:
                tokens.refused()

    async def _enter(self) -> OpenReply:
        started = asyncio.get_running_loop().time()
        self._current = self._exchange()
        try:
            reply = await self._current.__aenter__()
        except ConnectionLost as error:
            if not error.stale or asyncio.get_running_loop().time() - started > _STALE_WITHIN_S:
                raise failure(self._account, error) from error
            self._current = self._exchange()
            try:
                reply = await self._current.__aenter__()
            except (ConnectFailed, ConnectionLost, TimedOut) as again:
                raise failure(self._account, again) from again
        except (ConnectFailed, TimedOut) as error:
            raise failure(self._account, error) from error
        if reply.status >= 300:
            try:
                refused = await reply.read()
            except BaseException as error:
                await self.__aexit__(type(error), error, error.__traceback__)
                raise
            await self.__aexit__(None, None, None)
            self._unauthorised = refused.status == 401
            special = self._account.refused(refused) if self._account.refused is not None else None
            raise told(self._account, special or error_of(refused, self._account.provider, self._account.secrets))
        if reply.headers.get("content-type", "").startswith("text/html"):
            page = page_in_place(self._account.provider, reply.status)
            await self.__aexit__(type(page), page, None)
            raise page
        return reply

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._current.__aexit__(kind, error, trace)
        except TimedOut as late:
            raise failure(self._account, late) from late
        if isinstance(error, (ConnectFailed, ConnectionLost, TimedOut)):
            raise failure(self._account, error) from error
        if isinstance(error, PluggablyError):
            told(self._account, error)  # a stream's own error tells what the provider said


class Transport:
    """Makes calls over one pool of connections."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def open(self, account: Account, call: Call) -> ProviderCall:
        """Begin a call whose answer (status 200 to 299) is read by whoever asked."""
        return ProviderCall(self._http, account, call)

    async def send(self, account: Account, call: Call) -> Reply:
        """Call and read the whole answer (status 200 to 299)."""
        async with self.open(account, call) as reply:
            return await reply.read()


@contextmanager
def reading(account: Account) -> Iterator[None]:
    """What is raised while an account's answer is read says whose answer it was, and what can be done."""
    try:
        yield
    except PluggablyError as error:
        told(account, error)
        raise


def told(account: Account, error: PluggablyError) -> PluggablyError:
    """The error of a provider as its caller gets it: without secrets, with the provider's name and what to do."""
    redact(error, account.secrets)
    if account.broken is None:  # a process of our own is no provider with a key and an address
        explained(error, account.provider)
    return error


def failure(account: Account, error: ConnectFailed | ConnectionLost | TimedOut) -> PluggablyError:
    """What a failure of the connection means for the caller."""
    return told(account, _failure(account, error))


def _failure(account: Account, error: ConnectFailed | ConnectionLost | TimedOut) -> PluggablyError:
    provider = account.provider
    if isinstance(error, TimedOut):
        late = ProviderTimeout(f"{provider} took too long ({error}).")
        late.passing = error.which == "connect"  # nothing was sent; else it would take as long again
        return late
    if account.broken is not None and not isinstance(error, TooLong):
        return account.broken()
    if isinstance(error, NotReachable):
        return BlockedURL(f"The endpoint for {provider} is not called: {error}.", param="endpoint")
    if isinstance(error, ConnectFailed):
        return ProviderUnavailable(f"{provider} can't be reached.")
    if isinstance(error, TooLong):
        endless = ProviderError(f"{provider} can't be read: {error}. Mend the request: ask for less.")
        endless.passing = False
        return endless
    return ProviderError(f"The connection to {provider} broke before the answer was complete.")
