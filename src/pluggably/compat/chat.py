"""`POST /v1/chat/completions`: OpenAI's clients work with no change but the base URL.

Where the provider speaks OpenAI's format too, a stream passes unread; else it is written anew from the deltas.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from pydantic_core import to_json
from starlette.types import Send

from pluggably.compat.chat_format import ChunkWriter, completion
from pluggably.compat.chat_schemas import ChatCompletion, ChatCompletionRequest
from pluggably.compat.reading import read_vendor_body
from pluggably.contract.modality import Modality
from pluggably.contract.text import TextRequest
from pluggably.errors import NotReady, PluggablyError
from pluggably.features.generation.inputs import checked_messages, image_urls
from pluggably.features.generation.service import ERRORS, Generation, GenerationService
from pluggably.features.users.access import CanGenerate
from pluggably.kit.connection import ClientGone, EventStream, UntilGone, read_body, send_json
from pluggably.kit.edge import RequestFacts, facts_of
from pluggably.kit.openapi import documented, request_body
from pluggably.kit.routes import VendorRoute
from pluggably.kit.sse import DONE
from pluggably.routing.local_models import Target
from pluggably.routing.selection import Selection, Wish

PATH = "/v1/chat/completions"
_NOT_PARAMETERS = frozenset({"model", "messages", "stream", "stream_options"})


async def chat_completions(request: Request, caller: CanGenerate) -> None:
    """Continue a chat, in OpenAI's format."""
    facts = facts_of(request.scope)
    service: GenerationService = request.app.state.generation
    try:
        fields, body = read_vendor_body(await read_body(request.receive), ChatCompletionRequest)
        if request.app.state.settings.log_prompts:
            facts.prompt = fields["messages"]
        messages: list[dict[str, Any]] = fields["messages"]
        has_images = bool(image_urls(messages))
        selection = service.select(Wish(model=body.model, modality=Modality.TEXT, has_images=has_images))
        messages = await checked_messages(selection.entry, messages)
        parameters = {name: value for name, value in fields.items() if name not in _NOT_PARAMETERS}
        text_request = TextRequest(messages, parameters, stream=bool(body.stream))
        async with (
            UntilGone(request.receive) as client,
            service.begin(caller, facts, selection, PATH) as generation,
        ):
            answer = _Answer(request._send, facts, selection, generation)
            if body.stream:
                options = body.stream_options
                await answer.stream(text_request, client, bool(options and options.include_usage))
            else:
                await answer.whole(text_request, client)
    except ClientGone:
        facts.cancelled = True


class _Answer:
    """Writes the answer to one request."""

    def __init__(self, send: Send, facts: RequestFacts, selection: Selection, generation: Generation) -> None:
        self._send = send
        self._facts = facts
        self._selection = selection
        self._generation = generation

    async def whole(self, request: TextRequest, client: UntilGone) -> None:
        """One JSON object: the provider's own bytes where it speaks this format."""
        generation = self._generation
        target = await generation.target()
        if target.provider.always_streams or not generation.relays(target):
            request.stream = target.provider.always_streams
            results = await generation.results(target, request)
            body = completion(
                self._facts.request_id, self._selection.entry.id, results, generation.usage, request.warnings
            )
        else:
            body = (await generation.relayed_whole(target, request)).body
        client.over()
        await send_json(self._send, body)

    async def stream(self, request: TextRequest, client: UntilGone, include_usage: bool) -> None:
        """Events; an error on the way is the last of them."""
        generation = self._generation
        stream = EventStream(self._send, quiet_s=None)
        try:
            target = await generation.target()
            relay = generation.relay_for(target, request, include_usage=include_usage)
            if relay is None:
                await self._write_anew(stream, target, request, client, include_usage)
                return
            async with generation.call(target, request) as reply:
                await stream.start()
                async for events in generation.relayed(reply, relay):
                    if relay.finished:
                        client.over()
                    await stream.write(events)
            await stream.end()
        except PluggablyError as error:
            await self._tell(stream, client, error)
            raise
        except asyncio.CancelledError:
            if not client.gone:
                ended = self._generation.cancelled() or NotReady("The gateway is shutting down.")
                await self._tell(stream, client, ended)
            raise

    async def _write_anew(
        self, stream: EventStream, target: Target, request: TextRequest, client: UntilGone, include_usage: bool
    ) -> None:
        generation = self._generation
        facts, entry = self._facts, self._selection.entry
        writer = ChunkWriter(facts.request_id, entry.id, request.warnings)
        async with aclosing(generation.deltas(target, request)) as deltas:
            async for delta in deltas:
                if not stream.started:
                    await stream.start()
                event = writer.write(delta)
                if event:
                    await stream.write(event)
        client.over()
        usage = generation.usage
        await stream.end((writer.usage(usage) if include_usage and usage is not None else b"") + DONE)

    async def _tell(self, stream: EventStream, client: UntilGone, error: PluggablyError) -> None:
        if stream.started:
            self._facts.error_code = error.code
            client.over()
            await stream.end(b"data: " + to_json(error.envelope(self._facts.request_id)) + b"\n\n" + DONE)


router = APIRouter(tags=["OpenAI"])
router.routes.append(
    VendorRoute(
        PATH,
        chat_completions,
        methods=["POST"],
        tags=["OpenAI"],
        summary="Chat completions, as OpenAI has them",
        openapi_extra=request_body(ChatCompletionRequest),
        responses=documented(*ERRORS, response=ChatCompletion, events=True),
    )
)
