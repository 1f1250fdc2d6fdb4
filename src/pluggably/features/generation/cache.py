"""Answers to deterministic requests, kept for whoever asked, so that asking again costs nothing.

Kept are whole text answers to requests that say `temperature` 0 or a `seed` and hold nothing that reaches outside
(see `is_deterministic`). Nobody ever gets what another user was answered.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from pydantic import TypeAdapter
from pydantic_core import to_json

from pluggably.contract.text import TextDelta, TextRequest, TextResult
from pluggably.kit.metrics import CACHE_BYTES, CACHE_HITS, CACHE_MISSES
from pluggably.routing.catalogue import LOCAL, Entry

_COMPLETE = frozenset({"stop", "length", "tool_calls"})
_PARAMETERS = frozenset(
    {
        "temperature", "seed", "top_p", "top_k", "min_p", "repeat_penalty", "presence_penalty", "frequency_penalty",
        "logit_bias", "logprobs", "top_logprobs", "max_tokens", "max_completion_tokens", "n", "stop",
        "response_format", "reasoning_effort", "verbosity", "tools", "tool_choice", "parallel_tool_calls", "user",
        "safety_identifier", "service_tier", "prompt_cache_key", "prompt_cache_retention",
    }
)  # fmt: skip
"""With any other one an answer may depend on more than the request (a search in the web), or must be kept by the
provider (`store`)."""
_ENTRY_BYTES = 512
"""About what one entry takes beside its value."""
_SMALL = 64 * 1024
"""Bytes that are hashed in less time than another thread takes to begin."""
_PIECES = 8
"""Into how many pieces of text an answer is cut that is streamed again."""
_KEY_VERSION = 1

log = structlog.get_logger(__name__)


class Cache(Protocol):
    """Keeps values for a while. One that replicas share keeps them elsewhere."""

    async def get(self, key: str) -> bytes | None:
        """The value; None where there is none (any more)."""

    async def put(self, key: str, value: bytes) -> None:
        """Keep a value, in place of the one that was there."""


class MemoryCache:
    """A `Cache` in this process: at most `max_bytes`, the one used longest ago makes room; none older than `ttl_s`
    seconds on the clock `now`."""

    def __init__(self, max_bytes: int, ttl_s: float, now: Callable[[], float] = time.monotonic) -> None:
        self._max_bytes = max_bytes
        self._ttl_s = ttl_s
        self._now = now
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._bytes = 0
        CACHE_BYTES.set_function(lambda: self._bytes)

    @property
    def size(self) -> int:
        """Bytes that all entries take."""
        return self._bytes

    async def get(self, key: str) -> bytes | None:
        """The value; None where there is none (any more)."""
        found = self._kept.get(key)
        if found is None:
            return None
        if found[0] <= self._now():
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return found[1]

    async def put(self, key: str, value: bytes) -> None:
        """Keep a value unless it is larger than all room that there is."""
        if key in self._kept:
            self._drop(key)
        if len(value) + _ENTRY_BYTES > self._max_bytes:
            return
        self._kept[key] = (self._now() + self._ttl_s, value)
        self._bytes += len(value) + _ENTRY_BYTES
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: str) -> None:
        self._bytes -= len(self._kept.pop(key)[1]) + _ENTRY_BYTES


@dataclass(slots=True)
class KeptAnswer:
    """A whole answer, and the warnings that came with it."""

    result: TextResult
    warnings: list[str]

    def deltas(self) -> Iterator[TextDelta]:
        """The answer as a stream: the text in a few pieces, the usage last."""
        result = self.result
        if result.reasoning:
            yield TextDelta(reasoning=result.reasoning)
        size = max(32, -(-len(result.text) // _PIECES))
        for start in range(0, len(result.text), size):
            yield TextDelta(text=result.text[start : start + size])
        if result.tool_calls:
            yield TextDelta(tool_calls=[{"index": number, **call} for number, call in enumerate(result.tool_calls)])
        yield TextDelta(
            logprobs=result.logprobs,
            finish_reason=result.finish_reason,
            stop_sequence=result.stop_sequence,
            state_tokens=result.state_tokens,
        )
        if result.usage is not None:
            yield TextDelta(usage=result.usage)


_KEPT = TypeAdapter(KeptAnswer)


@dataclass(slots=True)
class CacheUse:
    """What one request has to do with the cache: the answer that was there, or the place for its own."""

    key: str
    model: str
    """The id of the model whose answer it is."""
    answer: KeptAnswer | None
    max_bytes: int
    """The longest answer that is kept."""

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What tells the caller."""
        return [(b"x-pluggably-cache", b"hit" if self.answer is not None else b"miss")]


class ResponseCache:
    """Finds and keeps answers. What goes wrong with the cache is logged, and costs nothing but its use."""

    def __init__(self, cache: Cache, max_answer_bytes: int) -> None:
        self._cache = cache
        self._max_answer_bytes = max_answer_bytes

    async def look_up(
        self, user_id: str, entry: Entry, request: TextRequest, cache_control: str | None
    ) -> CacheUse | None:
        """What this user was answered before, or the place for the answer; None where nothing is to be kept.

        `cache_control` is the request's header: with `no-store` the cache has no part in it, with `no-cache` the
        answer is made anew, and kept.
        """
        wishes = {wish.strip().lower() for wish in (cache_control or "").split(",")}
        if "no-store" in wishes or not is_deterministic(entry, request):
            return None
        if sum(len(part["image_url"]["url"]) for part in _images(request.messages)) > _SMALL:
            key = await asyncio.to_thread(key_of, user_id, entry, request)
        else:
            key = key_of(user_id, entry, request)
        answer = None if "no-cache" in wishes else await self._find(key)
        (CACHE_MISSES if answer is None else CACHE_HITS).labels(entry.label, entry.provider).inc()
        return CacheUse(key, entry.id, answer, self._max_answer_bytes)

    async def _find(self, key: str) -> KeptAnswer | None:
        try:
            value = await self._cache.get(key)
            return None if value is None else _KEPT.validate_json(value)
        except Exception as error:  # what a shared cache may raise
            log.warning("cache_unavailable", error=type(error).__name__)
            return None

    async def keep(self, use: CacheUse, answer: KeptAnswer) -> None:
        """Keep an answer if it is complete."""
        if answer.result.finish_reason not in _COMPLETE:
            return
        value = to_json(answer, inf_nan_mode="constants")
        if len(value) > self._max_answer_bytes:
            return
        try:
            await self._cache.put(use.key, value)
        except Exception as error:  # what a shared cache may raise
            log.warning("cache_unavailable", error=type(error).__name__)


def is_deterministic(entry: Entry, request: TextRequest) -> bool:
    """Whether the same request to the same model has the same answer, as far as anybody can say.

    It says `temperature` 0 or a `seed` and wants one answer, all in it is text or an image that it brings along,
    every tool is a function of the caller's, and a local model's file has been read.
    """
    parameters = {name: value for name, value in request.parameters.items() if value is not None}
    settled = parameters.get("temperature") == 0 or "seed" in parameters
    if not settled or parameters.get("n", 1) != 1 or not parameters.keys() <= _PARAMETERS:
        return False
    if entry.status != "available" or (entry.provider == LOCAL and not entry.stamp):
        return False
    tools = parameters.get("tools") or []
    if not isinstance(tools, list) or any(_field(tool, "type") != "function" for tool in tools):
        return False
    return all(_travels_whole(part) for message in request.messages for part in _parts(message))


def key_of(user_id: str, entry: Entry, request: TextRequest) -> str:
    """The name of an answer: everything that it depends on, hashed.

    The order of fields says nothing, nor does a field that is null, nor whether a parameter is 1 or 1.0.
    """
    told = {
        "version": _KEY_VERSION,
        "user": user_id,
        "model": [entry.id, entry.provider, entry.name, entry.stamp, entry.local_path],
        "engine": [entry.runtime, entry.source],
        "messages": [_told(message) for message in request.messages],
        "parameters": {
            name: _number(value) for name, value in request.parameters.items() if value is not None
        },
        "tells": ["stop"] if request.tell_stop else [],
    }  # fmt: skip
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()


def _told(message: dict[str, Any]) -> dict[str, Any]:
    """A message, its images by what they hold."""
    told = {name: value for name, value in message.items() if value is not None}
    if isinstance(told.get("content"), list):
        told["content"] = [_by_content(part) if _is_image(part) else part for part in told["content"]]
    return told


def _by_content(part: dict[str, Any]) -> dict[str, Any]:
    image = part["image_url"]
    head, _, data = image["url"].partition(",")
    try:
        content = base64.b64decode(data, validate=True)
    except ValueError:
        content = image["url"].encode()
    digest = hashlib.sha256(content).hexdigest()
    return {**part, "image_url": {**image, "url": f"{head.lower()},sha256:{digest}"}}


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _parts(message: dict[str, Any]) -> list[Any]:
    content = message.get("content")
    return content if isinstance(content, list) else []


def _images(messages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for message in messages:
        yield from (part for part in _parts(message) if _is_image(part))


def _is_image(part: Any) -> bool:
    url = _field(_field(part, "image_url"), "url")
    return _field(part, "type") == "image_url" and isinstance(url, str) and url[:5].lower() == "data:"


def _travels_whole(part: Any) -> bool:
    return _field(part, "type") in ("text", "refusal") or _is_image(part)


def _field(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
