"""The Python client of Pluggably."""

from pluggably_client._wire import Timeouts
from pluggably_client.async_client import AsyncPluggably
from pluggably_client.client import Pluggably
from pluggably_client.errors import (
    PluggablyAPIError,
    PluggablyConnectionError,
    PluggablyError,
    PluggablyTimeoutError,
    ServerNotFound,
    UnexpectedReply,
)

__all__ = [
    "AsyncPluggably",
    "Pluggably",
    "PluggablyAPIError",
    "PluggablyConnectionError",
    "PluggablyError",
    "PluggablyTimeoutError",
    "ServerNotFound",
    "Timeouts",
    "UnexpectedReply",
]
