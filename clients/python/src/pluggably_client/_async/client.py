"""The asynchronous client."""

from __future__ import annotations

import ssl
from copy import copy
from typing import TYPE_CHECKING, Self

from pluggably_client import _operations as ops
from pluggably_client import _wire
from pluggably_client._async.generation import AsyncGenerationCalls
from pluggably_client._async.jobs import AsyncJobCalls
from pluggably_client._async.models import AsyncModelCalls
from pluggably_client._async.operations import AsyncServerCalls
from pluggably_client._async.people import AsyncPeopleCalls
from pluggably_client._async.sessions import AsyncSessions
from pluggably_client._async.vendors import AsyncAnthropic, AsyncOpenAI
from pluggably_client.options import Retries, Timeouts

if TYPE_CHECKING:
    from pluggably_client.models import Profile


class AsyncPluggably(AsyncGenerationCalls, AsyncModelCalls, AsyncJobCalls, AsyncPeopleCalls, AsyncServerCalls):
    """A Pluggably server. Use it in a `with` block or call `aclose`.

    `api_key` is an operator key, a user token or a session token; in local mode none is needed. `verify` is httpx's:
    False, or a TLS context for a server whose certificate no public authority signed.
    Every call raises `PluggablyAPIError`, `PluggablyConnectionError` or `UnexpectedReply`.
    """

    def __init__(
        self,
        base_url: str = _wire.DEFAULT_URL,
        api_key: str | None = None,
        *,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        super().__init__(base_url, api_key, timeouts=timeouts, retries=retries, verify=verify)
        self.user: Profile | None = None
        """Who logged in, of a client that `login` gave."""
        self._bind()

    async def login(self, *, password: str, username: str | None = None, email: str | None = None) -> Self:
        """A client that acts as this user until `logout`; the session's token stays in its memory alone.

        It shares the connections of this one, which has to stay open.
        """
        body = {"username": username, "email": email, "password": password}
        logged_in = await self._send(ops.log_in, body=body)
        theirs = copy(self)
        theirs._key = logged_in.token
        theirs._owner = False
        theirs.user = logged_in.user
        theirs._bind()
        return theirs

    async def logout(self) -> None:
        """End the session whose token this client has."""
        await self._send(ops.log_out)

    def _bind(self) -> None:
        self.sessions = AsyncSessions(self)
        self.openai = AsyncOpenAI(self)
        self.anthropic = AsyncAnthropic(self)
