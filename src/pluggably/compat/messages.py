"""`POST /v1/messages` and `/v1/messages/count_tokens`: Anthropic's clients work with no change but the base URL.

Where the provider speaks Anthropic's format too, request and answer pass as they are; else both are written anew.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from pydantic_core import to_json
from starlette.types import Send

from pluggably.compat.chat import served_by
from pluggably.compat.messages_errors import MESSAGES_ERRORS
from pluggably.compat.messages_format import PING, EventWriter, error_event, message
from pluggably.compat.messages_request import chat_of, has_images, without_our_own
from pluggably.compat.messages_schemas import CountTokensRequest, Message, MessagesRequest, TokenCount
from pluggably.compat.reading import read_vendor_body
from pluggably.contract.modality import Modality
from pluggably.contract.provider import Relay
from pluggably.contract.text import TextRequest, VendorRequest
from pluggably.errors import NotReady, PluggablyError
from pluggably.features.generation.images import ImageInputs
from pluggably.features.generation.service import ERRORS, Generation, GenerationService
from pluggably.features.users.access import CanGenerate
from pluggably.features.users.authentication import Caller
from pluggably.kit.connection import ClientGone, EventStream, UntilGone, read_body, send_json
from pluggably.kit.edge import RequestFacts, facts_of
from pluggably.kit.openapi import documented, request_body
from pluggably.kit.routes import VendorRoute
from pluggably.routing.catalogue import Entry
from pluggably.routing.fallback import Fallback, Plan
from pluggably.routing.local_models import Target
from pluggably.routing.selection import Wish

PATH = "/v1/messages"
COUNT_PATH = "/v1/messages/count_tokens"
PING_S = 10
"""Seconds of silence after which a stream shows that it lives."""
_BETA = "anthropic-beta"
_LONGEST_HEADER = 2000


async def messages(request: Request, caller: CanGenerate) -> None:
    """Continue a chat, in Anthropic's format."""
    facts = facts_of(request.scope)
    try:
        asked = await _Asked.read(request, caller, MessagesRequest)
        plan = asked.plan()
        work = await asked.first(plan)
        service: GenerationService = request.app.state.generation
        async with (
            UntilGone(request.receive) as client,
            service.begin(caller, facts, plan, PATH, work, asked.prepare) as generation,
        ):
            answer = _Answer(request._send, facts, generation, asked)
            await (answer.stream(client) if asked.streams else answer.whole(client))
    except ClientGone:
        facts.cancelled = True


async def count_tokens(request: Request, caller: CanGenerate) -> None:
    """How many tokens a prompt has, by the count of the model's own tokenizer or of its provider."""
    facts = facts_of(request.scope)
    try:
        asked = await _Asked.read(request, caller, CountTokensRequest)
        # The tokens of another model are no answer: none stands in.
        plan = asked.plan("wait")
        work = await asked.first(plan)
        service: GenerationService = request.app.state.generation
        async with (
            UntilGone(request.receive) as client,
            service.begin(caller, facts, plan, COUNT_PATH, work, asked.prepare) as generation,
        ):
            counted = await generation.answered(generation.token_count, begun=lambda: False)
            client.over()
            await send_json(request._send, to_json({"input_tokens": counted}))
    except ClientGone:
        facts.cancelled = True


class _Asked:
    """What one client asked for, made ready for whichever model answers."""

    def __init__(self, request: Request, caller: Caller, fields: dict[str, Any], body: CountTokensRequest) -> None:
        self._request = request
        self._caller = caller
        self._fields = fields
        self._service: GenerationService = request.app.state.generation
        self._images: ImageInputs = request.app.state.image_inputs
        self._brought: dict[str, bytes] = {}
        self._has_images = has_images(body)
        self._checked = body
        self.warnings: list[str] = []
        """What was left out of the request, for the model that it was made ready for last."""

    @classmethod
    async def read(cls, request: Request, caller: Caller, schema: type[CountTokensRequest]) -> _Asked:
        """The request. Raises `InvalidJSON`, `ValidationFailed` or `ClientGone`."""
        fields, body = read_vendor_body(await read_body(request.receive), schema)
        if request.app.state.settings.log_prompts:
            facts_of(request.scope).prompt = fields["messages"]
        return cls(request, caller, fields, body)

    @property
    def streams(self) -> bool:
        """Whether the answer shall come piece by piece."""
        return isinstance(self._checked, MessagesRequest) and bool(self._checked.stream)

    def plan(self, fallback: Fallback = "default") -> Plan:
        """Who answers. Raises what `Planner.plan` does."""
        wish = Wish(model=self._checked.model, modality=Modality.TEXT, has_images=self._has_images)
        return self._service.plan(wish, fallback)

    async def first(self, plan: Plan) -> TextRequest:
        """The request for the plan's model. Raises `ClientGone` and what `prepare` does."""
        if not self._has_images:
            return await self.prepare(plan.selection.entry)
        async with UntilGone(self._request.receive):  # images are fetched: that ends with the client too
            return await self.prepare(plan.selection.entry)

    async def prepare(self, entry: Entry) -> TextRequest:
        """The request for one model. Raises what `chat_of` and `ImageInputs.checked` do."""
        if self._service.takes_messages(entry):
            self.warnings = []
            original = VendorRequest(without_our_own(self._fields), self._headers())
            return TextRequest([], stream=self.streams, original=original)
        chat = chat_of(self._checked, entry.parameters)
        self.warnings = chat.warnings
        told = await self._images.checked(entry, chat.messages, self._caller.user_id, self._brought)
        return TextRequest(told, chat.parameters, stream=self.streams)

    def _headers(self) -> dict[str, str]:
        """What the client switched on at the vendor."""
        beta = self._request.headers.get(_BETA, "")
        return {_BETA: beta} if 0 < len(beta) <= _LONGEST_HEADER and beta.isascii() and beta.isprintable() else {}


class _Answer:
    """Writes the answer to one request."""

    def __init__(self, send: Send, facts: RequestFacts, generation: Generation[TextRequest], asked: _Asked) -> None:
        self._send = send
        self._facts = facts
        self._generation = generation
        self._asked = asked

    async def whole(self, client: UntilGone) -> None:
        """One JSON object: the provider's own bytes where it speaks this format."""
        generation = self._generation
        body = await generation.answered(self._body, begun=lambda: generation.finish_reason is not None)
        client.over()
        await send_json(self._send, body, headers=served_by(generation.selection))

    async def _body(self, target: Target, request: TextRequest) -> bytes:
        generation = self._generation
        if request.original is not None:
            return (await generation.relayed_whole(target, request)).body
        request.stream = target.provider.always_streams
        result = (await generation.results(target, request))[0]
        warnings = self._asked.warnings + request.warnings
        served = generation.selection.entry.id
        return message(self._facts.request_id, served, result, generation.usage, warnings)

    async def stream(self, client: UntilGone) -> None:
        """Events; an error on the way is the last of them, or plain where it comes before the first."""
        generation = self._generation
        stream = EventStream(self._send, quiet_s=PING_S, keep_alive=PING)

        async def attempt(target: Target, request: TextRequest) -> None:
            relay = generation.messages_relay_for(target) if request.original is not None else None
            if relay is None:
                await self._write_anew(stream, target, request, client)
            else:
                await self._pass_on(stream, target, request, client, relay)

        try:
            await generation.answered(attempt, begun=lambda: stream.started)
        except PluggablyError as error:
            await self._tell(stream, client, error)
            raise
        except asyncio.CancelledError:
            if not client.gone:
                ended = generation.cancelled() or NotReady("The gateway is shutting down.")
                await self._tell(stream, client, ended)
            raise
        finally:
            stream.abandon()

    async def _pass_on(
        self, stream: EventStream, target: Target, request: TextRequest, client: UntilGone, relay: Relay
    ) -> None:
        generation = self._generation
        async with generation.call(target, request) as reply:
            async for events in generation.relayed(reply, relay):
                if not stream.started:
                    await stream.start(served_by(generation.selection))
                if relay.finished:
                    client.over()
                await stream.write(events)
        await stream.end()

    async def _write_anew(self, stream: EventStream, target: Target, request: TextRequest, client: UntilGone) -> None:
        generation = self._generation
        writer: EventWriter | None = None
        async with aclosing(generation.deltas(target, request)) as deltas:
            async for delta in deltas:
                if writer is None:  # by now it is known what the adapter has left out
                    writer = self._writer(request)
                events = writer.write(delta)
                if events:
                    if not stream.started:
                        await stream.start(served_by(generation.selection))
                    await stream.write(events)
        writer = writer or self._writer(request)
        client.over()
        if not stream.started:
            await stream.start(served_by(generation.selection))
        await stream.end(writer.end(generation.usage))

    def _writer(self, request: TextRequest) -> EventWriter:
        warnings = self._asked.warnings + request.warnings
        return EventWriter(self._facts.request_id, self._generation.selection.entry.id, warnings)

    async def _tell(self, stream: EventStream, client: UntilGone, error: PluggablyError) -> None:
        if stream.started:
            self._facts.error_code = error.code
            client.over()
            await stream.end(error_event(MESSAGES_ERRORS.envelope(error, self._facts.request_id)))


router = APIRouter(tags=["Anthropic"])
router.routes += [
    VendorRoute(
        PATH,
        messages,
        methods=["POST"],
        tags=["Anthropic"],
        summary="Messages, as Anthropic has them",
        openapi_extra=request_body(MessagesRequest),
        responses=documented(*ERRORS, response=Message, events=True),
    ),
    VendorRoute(
        COUNT_PATH,
        count_tokens,
        methods=["POST"],
        tags=["Anthropic"],
        summary="The tokens of a prompt, as Anthropic counts them",
        openapi_extra=request_body(CountTokensRequest),
        responses=documented(*ERRORS, response=TokenCount),
    ),
]
