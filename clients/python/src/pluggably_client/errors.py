"""What can go wrong between a client and its server. The class of each code is in `pluggably_client.codes`."""

from __future__ import annotations

from typing import Any


class PluggablyError(Exception):
    """Any failure of this client."""


class PluggablyConnectionError(PluggablyError):
    """The server could not be reached, or the connection broke."""


class ServerNotFound(PluggablyConnectionError):
    """Nothing answers at the address."""


class PluggablyTimeoutError(PluggablyConnectionError):
    """The server took longer than the time-out allows."""


class UnexpectedReply(PluggablyError):
    """What answered does not speak like a Pluggably server."""


class PluggablyAPIError(PluggablyError):
    """The server refused or failed. `code` is stable, `message` is for people.

    `status` is the HTTP status of the answer; of an error inside a stream it is None. `retry_after` is in seconds.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        status: int | None = None,
        type: str | None = None,
        param: str | None = None,
        details: dict[str, Any] | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.type = type
        self.param = param
        self.details = details
        self.request_id = request_id
        self.retry_after = retry_after


class InvalidRequestError(PluggablyAPIError):
    """Mend the request: 400, 405, 413, 415, 416, 422."""


class AuthenticationError(PluggablyAPIError):
    """Mend the key: 401."""


class CreditsError(PluggablyAPIError):
    """An account with a provider has nothing left: 402."""


class AccessError(PluggablyAPIError):
    """The key may not do this: 403."""


class NotFoundError(PluggablyAPIError):
    """It is not there, or not there any more: 404, 410."""


class ConflictError(PluggablyAPIError):
    """It can't be in the state that things are in: 409."""


class RateLimitError(PluggablyAPIError):
    """Too much at once; `retry_after` says when to come back: 429."""


class ServerError(PluggablyAPIError):
    """The server is at fault: 500."""


class UpstreamError(PluggablyAPIError):
    """A provider failed: 502, 504."""


class UnavailableError(PluggablyAPIError):
    """Not now; try later: 503, 507."""


FAMILIES: dict[str, type[PluggablyAPIError]] = {
    "invalid_request_error": InvalidRequestError,
    "authentication_error": AuthenticationError,
    "credits_error": CreditsError,
    "permission_error": AccessError,
    "not_found_error": NotFoundError,
    "conflict_error": ConflictError,
    "rate_limit_error": RateLimitError,
    "server_error": ServerError,
    "provider_error": UpstreamError,
    "unavailable_error": UnavailableError,
}
"""The class of each `type` of an error: a code that this version does not know is at least of a known kind."""
