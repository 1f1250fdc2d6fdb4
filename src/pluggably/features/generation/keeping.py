"""One request and the cache: the answer that was there, or the one that is to be kept."""

from __future__ import annotations

from pluggably.contract.text import TextRequest, TextResult
from pluggably.features.generation.cache import CacheUse, KeptAnswer, ResponseCache
from pluggably.routing.fallback import Plan

_FRAMING = 16
"""How many times larger than its text a stream of OpenAI's format may be, and more."""


class Keeping:
    """What one request has to do with the cache; without `use` nothing."""

    def __init__(self, cache: ResponseCache | None, use: CacheUse | None, plan: Plan) -> None:
        self._cache = cache
        self._use = use
        self._plan = plan
        self._answer: KeptAnswer | None = None
        self.hit = use.answer if use is not None else None
        """The answer that was there: no model is asked."""

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What tells the caller."""
        return self._use.headers if self._use is not None else []

    @property
    def wanted(self) -> bool:
        """Whether the answer of the model that is asked now is one to be kept."""
        if self._use is None:
            return False
        selection = self._plan.selection
        return selection.fallback_reason is None and selection.entry.id == self._use.model

    @property
    def max_stream_bytes(self) -> int:
        """The longest stream that may hold an answer that is kept."""
        return self._use.max_bytes * _FRAMING if self._use is not None else 0

    def take(self, result: TextResult, request: TextRequest) -> None:
        """Note the answer, to be kept once the request has ended well."""
        self._answer = KeptAnswer(result, list(request.warnings))

    async def keep(self) -> None:
        """Keep it, where there is one."""
        if self._answer is not None and self._cache is not None and self._use is not None:
            await self._cache.keep(self._use, self._answer)
