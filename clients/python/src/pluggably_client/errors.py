"""What can go wrong between a client and its server."""

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
