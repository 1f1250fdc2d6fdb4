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

from pluggably.compat.answering import headers_of, kept
from pluggably.compat.chat_format import ChunkWriter, completion
from pluggably.compat.chat_schemas import ChatCompletion, ChatCompletionRequest
from pluggably.compat.reading import read_vendor_body
from pluggably.contract.modality import Modality
from pluggably.contract.provider import Relay
from pluggably.contract.text import TextRequest
from pluggably.errors import NotReady, PluggablyError
from pluggably.features.generation.images import ImageInputs, image_urls
from pluggably.features.generation.service import ERRORS, Generation, GenerationService
from pluggably.features.users.access import CanGenerate
from pluggably.kit.connection import ClientGone, EventStream, UntilGone, read_body, send_json
from pluggably.kit.edge import RequestFacts, facts_of
from pluggably.kit.openapi import documented, request_body
from pluggably.kit.routes import VendorRoute
from pluggably.kit.sse import DONE
from pluggably.routing.catalogue import Entry
from pluggably.routing.local_models import Target
from pluggably.routing.selection import Wish

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
        wanted = Wish(
            model=body.model,
            modality=Modality.TEXT,
            has_images=has_images,
            preferred=caller.preferred_models,
        )
        plan = service.plan(caller, wanted)
        parameters = {name: value for name, value in fields.items() if name not in _NOT_PARAMETERS}

        images: ImageInputs = request.app.state.image_inputs
        brought: dict[str, bytes] = {}

        async def prepare(entry: Entry) -> TextRequest:
            checked = await images.checked(entry, messages, caller.user_id, brought)
            return TextRequest(checked, parameters, stream=bool(body.stream))

        if has_images:
            async with UntilGone(request.receive, request.scope):  # images are fetched: that ends with the client too
                text_request = await prepare(plan.selection.entry)
        else:
            text_request = await prepare(plan.selection.entry)
        cached = await kept(service, caller, plan.selection.entry, text_request, request)
        async with (
            UntilGone(request.receive, request.scope) as client,
            service.begin(caller, facts, plan, PATH, text_request, prepare, cached=cached) as generation,
        ):
            answer = _Answer(request._send, facts, generation)
            if body.stream:
                options = body.stream_options
                await answer.stream(client, bool(options and options.include_usage))
            else:
                await answer.whole(client)
    except ClientGone:
        facts.cancelled = True


class _Answer:
    """Writes the answer to one request."""

    def __init__(self, send: Send, facts: RequestFacts, generation: Generation[TextRequest]) -> None:
        self._send = send
        self._facts = facts
        self._generation = generation

    async def whole(self, client: UntilGone) -> None:
        """One JSON object: the provider's own bytes where it speaks this format."""
        generation = self._generation
        body = await generation.answered(self._body, begun=lambda: generation.tally.finish_reason is not None)
        client.over()
        await send_json(self._send, body, headers=headers_of(generation))

    async def _body(self, target: Target, request: TextRequest) -> bytes:
        generation = self._generation
        passes = generation.relays.of_chat(target, request, include_usage=True) is not None
        if target.provider.always_streams or not passes:
            request.stream = target.provider.always_streams
            results = await generation.asking.results(target, request)
            served = generation.selection.entry.id
            return completion(self._facts.request_id, served, results, generation.tally.usage, request.warnings)
        return (await generation.relays.whole(target, request)).body

    async def stream(self, client: UntilGone, include_usage: bool) -> None:
        """Events; an error on the way is the last of them, or plain where it comes before the first."""
        generation = self._generation
        stream = EventStream(self._send, quiet_s=None)

        async def attempt(target: Target, request: TextRequest) -> None:
            relay = generation.relays.of_chat(target, request, include_usage=include_usage)
            if relay is None:
                await self._write_anew(stream, target, request, client, include_usage)
            else:
                await self._pass_on(stream, target, request, client, relay)

        try:
            await generation.answered(attempt, begun=lambda: stream.started)
        except PluggablyError as error:
            await self._tell(stream, client, error)
            raise
        except asyncio.CancelledError:
            if not client.gone:
                ended = self._generation.cancelled() or NotReady("The gateway is shutting down.")
                await self._tell(stream, client, ended)
            raise

    async def _pass_on(
        self, stream: EventStream, target: Target, request: TextRequest, client: UntilGone, relay: Relay
    ) -> None:
        generation = self._generation
        async with generation.asking.call(target, request) as reply:
            async for events in generation.relays.events(reply, relay, target, request):
                if not stream.started:
                    await stream.start(headers_of(generation))
                if relay.finished:
                    client.over()
                await stream.write(events)
        await stream.end()

    async def _write_anew(
        self, stream: EventStream, target: Target, request: TextRequest, client: UntilGone, include_usage: bool
    ) -> None:
        generation = self._generation
        writer = ChunkWriter(self._facts.request_id, generation.selection.entry.id, request.warnings)
        async with aclosing(generation.asking.deltas(target, request)) as deltas:
            async for delta in deltas:
                event = writer.write(delta)
                if event:
                    if not stream.started:
                        await stream.start(headers_of(generation))
                    await stream.write(event)
        client.over()
        if not stream.started:
            await stream.start(headers_of(generation))
        usage = generation.tally.usage
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
