"""Passes on a provider's own bytes, where the client speaks its format: nothing is translated, little is read."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress

from pluggably.contract.calls import Reply
from pluggably.contract.provider import Relay, relays_chat, relays_messages
from pluggably.contract.text import TextRequest
from pluggably.errors import PluggablyError, ProviderError
from pluggably.features.generation.accounting import Tally
from pluggably.features.generation.asking import Asking, adapter_for, text_adapter
from pluggably.features.generation.collector import Collector
from pluggably.features.generation.keeping import Keeping
from pluggably.kit.http import OpenReply
from pluggably.kit.sse import parse_events
from pluggably.providers._transport import reading
from pluggably.routing.local_models import Target


class Relays:
    """Passes on the answers to one request."""

    def __init__(self, asking: Asking, tally: Tally, keeping: Keeping) -> None:
        self._asking = asking
        self._tally = tally
        self._keeping = keeping

    def of_chat(self, target: Target, request: TextRequest, *, include_usage: bool) -> Relay | None:
        """A follower that lets a stream pass unread, where the provider speaks OpenAI's format."""
        if self._keeping.hit is not None:
            return None
        adapter = adapter_for(target, request)
        if relays_chat(adapter):
            return adapter.relay(request, include_usage=include_usage)
        return None

    def of_messages(self, target: Target) -> Relay | None:
        """A follower that lets a stream pass unread, where the provider speaks Anthropic's Messages."""
        adapter = text_adapter(target)
        return adapter.relay_messages() if relays_messages(adapter) else None

    async def whole(self, target: Target, request: TextRequest) -> Reply:
        """A whole answer as the provider wrote it, read only for its usage."""
        async with self._asking.call(target, request) as opened:
            reply = await opened.read()
        with reading(target.account):
            result = text_adapter(target).parse(reply)
        self._asking.note(result, request)
        return reply

    def events(
        self, reply: OpenReply, relay: Relay, target: Target, request: TextRequest
    ) -> AsyncGenerator[bytes, None]:
        """The events of a stream. One whose answer is to be kept is read when it is over.

        Raises the error that the stream ends with.
        """
        if self._keeping.wanted:
            return self._and_keep(reply, relay, target, request)
        return self._events(reply, relay)

    async def _events(self, reply: OpenReply, relay: Relay) -> AsyncGenerator[bytes, None]:
        tally, first = self._tally, True
        tally.relay = relay
        async for chunk in reply.chunks():
            passed = relay.feed(chunk)
            if passed:
                if first:
                    first = False
                    tally.first_output()
                tally.passed(passed)
                yield passed
            if relay.error is not None:
                raise relay.error
            if relay.finished:
                break  # what may go wrong with the connection from here on changes nothing
        tally.usage = relay.usage
        if not relay.finished:
            raise ProviderError("The provider's stream ended before the answer did.")

    async def _and_keep(
        self, reply: OpenReply, relay: Relay, target: Target, request: TextRequest
    ) -> AsyncGenerator[bytes, None]:
        copy, room = list[bytes](), self._keeping.max_stream_bytes
        async with aclosing(self._events(reply, relay)) as events:
            async for passed in events:
                room -= len(passed)
                if room > 0:
                    copy.append(passed)
                else:
                    copy.clear()
                yield passed
        if not copy:
            return
        collected, tally = Collector(), self._tally
        with suppress(PluggablyError):
            async for delta in text_adapter(target).stream(parse_events(_each(copy)), request):
                collected.take(delta)
                tally.finish_reason = delta.finish_reason or tally.finish_reason
            if tally.finish_reason is not None:
                self._keeping.take(collected.results(tally.usage)[0], request)


async def _each(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
