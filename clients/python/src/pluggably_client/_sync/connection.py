"""Generated from `_async/connection.py` by `python -m scripts.generate`; not to be edited."""

from __future__ import annotations

import ssl
import time
from collections.abc import Generator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from pluggably_client import _wire
from pluggably_client._operation import Operation
from pluggably_client._wire import Call
from pluggably_client.errors import PluggablyConnectionError
from pluggably_client.options import Retries, Timeouts

Reply = TypeVar("Reply")


class Connection:
    """A server, a key, and how patient the caller is. Use it in a `with` block or call `close`."""

    def __init__(
        self,
        base_url: str = _wire.DEFAULT_URL,
        api_key: str | None = None,
        *,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
        verify: ssl.SSLContext | bool = True,
    ) -> None:
        self.base_url = _wire.address(base_url)
        self._key = api_key
        self._timeouts = timeouts or Timeouts()
        self._retries = retries or Retries()
        self._http = httpx.Client(base_url=self.base_url, verify=verify)
        self._owner = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. A client that `login` gave leaves them to the one it came from."""
        if self._owner:
            self._http.close()

    def _send(self, operation: Operation[Reply], path: Mapping[str, str] | None = None, **more: Any) -> Reply:
        """Make a call; `more` as `_wire.call` takes it."""
        return self._make(_wire.call(operation, path, **more))

    def _make(self, call: Call[Reply]) -> Reply:
        reply = self._answer(call, self._timeouts.generate if call.long else self._timeouts.read)
        return _wire.read(reply, call)

    def _answer(self, call: Call[Any], read_s: float, *, stream: bool = False) -> httpx.Response:
        """The last answer to a call; with `stream` one that succeeded has not been read yet."""
        attempt = 0
        while True:
            repeat, asked_s = True, None
            reply: httpx.Response | None = None
            failure: PluggablyConnectionError | None = None
            try:
                reply = self._once(call, read_s, stream)
                if reply.is_success:
                    return reply
                repeat, asked_s = _wire.asked_pause(call, reply)
            except PluggablyConnectionError as error:
                failure, repeat = error, _wire.may_repeat(call, error)
            pause_s = self._retries.pause(attempt, asked_s) if repeat else None
            if pause_s is None:
                if reply is None:
                    assert failure is not None
                    raise failure
                return reply
            attempt += 1
            time.sleep(pause_s)

    def _once(self, call: Call[Any], read_s: float, stream: bool) -> httpx.Response:
        with _wire.connection_errors(self.base_url):
            request = self._http.build_request(
                call.method,
                call.path,
                params=call.query,
                headers={**_wire.headers(self._key), **call.headers},
                timeout=self._timeouts.of(read_s),
                **call.content(),
            )
            reply = self._http.send(request, stream=stream)
            if stream and not reply.is_success:
                reply.read()
                reply.close()
            return reply

    def _chunks(self, call: Call[Any]) -> Generator[bytes, None, None]:
        """The bytes of a streamed answer as they come. Raises what `_wire.read` raises for a refusal."""
        reply = self._answer(call, self._timeouts.idle, stream=True)
        if not reply.is_success:
            _wire.read(reply, call)
        try:
            with _wire.connection_errors(self.base_url):
                for chunk in reply.iter_bytes():
                    yield chunk
        finally:
            reply.close()
