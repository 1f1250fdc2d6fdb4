"""The Python client of Pluggably."""

from pluggably_client._async.client import AsyncPluggably
from pluggably_client._sync.client import Pluggably
from pluggably_client.errors import (
    PluggablyAPIError,
    PluggablyConnectionError,
    PluggablyError,
    PluggablyTimeoutError,
    ServerNotFound,
    UnexpectedReply,
)
from pluggably_client.options import Retries, Timeouts

__all__ = [
    "AsyncPluggably",
    "Pluggably",
    "PluggablyAPIError",
    "PluggablyConnectionError",
    "PluggablyError",
    "PluggablyTimeoutError",
    "Retries",
    "ServerNotFound",
    "Timeouts",
    "UnexpectedReply",
]
