"""Asks one model, through the adapter of its provider, and counts what comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from pluggably.contract.completions import CompletionRequest
from pluggably.contract.embeddings import EmbeddingRequest, EmbeddingResult
from pluggably.contract.media import MediaProgress, MediaRequest, MediaResult
from pluggably.contract.modality import Modality
from pluggably.contract.provider import CountsTokens, MediaAdapter, TextAdapter
from pluggably.contract.text import TextDelta, TextRequest, TextResult
from pluggably.errors import UnsupportedFeature
from pluggably.features.generation.accounting import Tally
from pluggably.features.generation.collector import Collector
from pluggably.features.generation.keeping import Keeping
from pluggably.features.requests.registry import TrackedRequest
from pluggably.features.usage.pricing import Output
from pluggably.kit.sse import parse_events
from pluggably.providers._tasks import MediaDriver
from pluggably.providers._transport import ProviderCall, Transport, reading
from pluggably.routing.local_models import Target


class Asking:
    """Asks models for one request. What an adapter, the transport or a provider's answer raises passes through;
    `UnsupportedFeature` where the provider has no adapter for what is asked."""

    def __init__(
        self, transport: Transport, media: MediaDriver, tally: Tally, keeping: Keeping, tracked: TrackedRequest
    ) -> None:
        self._transport = transport
        self._media = media
        self._tally = tally
        self._keeping = keeping
        self._tracked = tracked

    def call(self, target: Target, request: TextRequest) -> ProviderCall:
        """Send the request; whoever reads the reply tells the tally."""
        call = adapter_for(target, request).prepare(request, target.model)
        self._tally.asked = request
        self._tally.was_sent = True
        return self._transport.open(target.account, call)

    async def deltas(self, target: Target, request: TextRequest) -> AsyncGenerator[TextDelta, None]:
        """The answer, piece by piece, as the provider gives it."""
        tally, hit = self._tally, self._keeping.hit
        if hit is not None:
            request.warnings[:] = hit.warnings
            for delta in hit.deltas():
                tally.took(delta)
                yield delta
            return
        adapter = text_adapter(target)
        collected = Collector() if self._keeping.wanted else None
        async with self.call(target, request) as reply:
            async for delta in adapter.stream(parse_events(reply.chunks()), request):
                tally.took(delta)
                if collected is not None:
                    collected.take(delta)
                yield delta
        if collected is not None and tally.finish_reason is not None:
            self._keeping.take(collected.results(tally.usage)[0], request)

    async def results(self, target: Target, request: TextRequest) -> list[TextResult]:
        """The whole answer, by choice."""
        hit = self._keeping.hit
        if hit is not None:
            request.warnings[:] = hit.warnings
            self.note(hit.result)
            return [hit.result]
        if not request.stream:
            async with self.call(target, request) as opened:
                reply = await opened.read()
            with reading(target.account):
                result = text_adapter(target).parse(reply)
            return [self.note(result, request)]
        collected = Collector()
        self._tally.partial = lambda: {"text": collected.text()}
        async for delta in self.deltas(target, request):
            collected.take(delta)
        return collected.results(self._tally.usage)

    def note(self, result: TextResult, request: TextRequest | None = None) -> TextResult:
        """Count a whole answer, and keep that to `request` where it is to be kept."""
        self._tally.first_output()
        self._tally.usage, self._tally.finish_reason = result.usage, result.finish_reason
        if request is not None and self._keeping.wanted:
            self._keeping.take(result, request)
        return result

    async def media(self, target: Target, request: MediaRequest) -> AsyncGenerator[MediaProgress | MediaResult, None]:
        """Images or a mesh: progress as it comes, the result once."""
        adapter = target.provider.adapters.get(request.modality)
        if adapter is None:
            raise UnsupportedFeature(f"{target.provider.name} makes no {request.modality.value}.", param="modality")
        made = self._media.make(target.account, cast(MediaAdapter, adapter), request, target.model)
        self._tally.was_sent = True
        async with aclosing(made) as events:
            async for event in events:
                if isinstance(event, MediaResult):
                    self._tally.usage = event.usage
                    self._tally.credits = event.credits
                    self._tally.output = _output(request, event)
                    self._tally.first_output()
                elif event.queue_position is not None:
                    self._tracked.queued(event.queue_position, event.eta_s)
                else:
                    self._tally.first_output()
                    self._tracked.progressed(event.progress_pct)
                yield event
        self._tally.finish_reason = "stop"

    async def embeddings(self, target: Target, request: EmbeddingRequest) -> EmbeddingResult:
        """Vectors for texts."""
        adapter = target.provider.embeddings
        if adapter is None:
            raise UnsupportedFeature(f"{target.provider.name} makes no embeddings.", param="model")
        call = adapter.prepare(request, target.model)
        self._tally.was_sent = True
        reply = await self._transport.send(target.account, call)
        self._tally.first_output()
        # Megabytes of numbers: others go on meanwhile.
        with reading(target.account):
            result = await asyncio.to_thread(adapter.parse, reply, request)
        self._tally.usage, self._tally.finish_reason = result.usage, "stop"
        return result

    async def completion(self, target: Target, request: CompletionRequest) -> AsyncGenerator[TextDelta, None]:
        """What a model adds to raw text, piece by piece."""
        adapter = target.provider.completions
        if adapter is None:
            raise UnsupportedFeature(f"{target.provider.name} takes no raw text.", param="prompt")
        request.warnings.clear()
        call = adapter.prepare(request, target.model)
        self._tally.was_sent = True
        async with self._transport.open(target.account, call) as reply:
            async for delta in adapter.stream(parse_events(reply.chunks()), request):
                self._tally.took(delta)
                yield delta

    async def token_count(self, target: Target, request: TextRequest) -> int:
        """How many tokens the prompt has, by the count of who would read it. Raises `UnsupportedFeature`."""
        adapter = adapter_for(target, request)
        if not isinstance(adapter, CountsTokens):
            raise UnsupportedFeature(f"{target.provider.name} does not count tokens.", param="model")
        call = adapter.count_call(request, target.model)
        self._tally.was_sent = True
        reply = await self._transport.send(target.account, call)
        with reading(target.account):
            return adapter.parse_count(reply)


def _output(request: MediaRequest, result: MediaResult) -> Output:
    sizes = [(item.width, item.height) if item.width and item.height else None for item in result.items]
    return Output(request.modality, sizes, request.parameters)


def text_adapter(target: Target) -> TextAdapter:
    """Who speaks with the target's provider. Raises `UnsupportedFeature` where that makes no text."""
    adapter = target.provider.adapters.get(Modality.TEXT)
    if adapter is None:
        raise UnsupportedFeature(f"{target.provider.name} makes no text.", param="modality")
    return cast(TextAdapter, adapter)


def adapter_for(target: Target, request: TextRequest) -> TextAdapter:
    """The same, once the request says what the model's template can express, and nothing of an earlier try."""
    request.native_tools = target.native_tools
    request.warnings.clear()
    return text_adapter(target)
