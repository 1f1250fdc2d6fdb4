"""`POST /v1/messages` and `/v1/messages/count_tokens`: Anthropic's clients work with no change but the base URL.

Where the provider speaks Anthropic's format too, request and answer pass as they are; else both are written anew.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.types import Send

from pluggably.compat.answering import StreamedAnswer, headers_of, kept
from pluggably.compat.messages_errors import OVERLOADED
from pluggably.compat.messages_format import PING, EventWriter, message
from pluggably.compat.messages_request import chat_of, has_images, without_our_own
from pluggably.compat.messages_schemas import AnthropicMessage, CountTokensRequest, MessagesRequest, TokenCount
from pluggably.compat.reading import read_vendor_body
from pluggably.contract.modality import Modality
from pluggably.contract.text import TextDelta, TextRequest, VendorRequest
from pluggably.errors import NotReady
from pluggably.features.generation.images import ImageInputs
from pluggably.features.generation.service import ERRORS, Generation, GenerationService
from pluggably.features.users.access import CanGenerate
from pluggably.features.users.authentication import Caller
from pluggably.kit.connection import ClientGone, UntilGone, read_body, send_json
from pluggably.kit.edge import RequestFacts, facts_of
from pluggably.kit.openapi import documented, request_body
from pluggably.kit.routes import VendorRoute
from pluggably.routing.catalogue import Entry
from pluggably.routing.fallback import Fallback, Plan
from pluggably.routing.local_models import Target
from pluggably.routing.selection import Wish

PATH = "/v1/messages"
COUNT_PATH = "/v1/messages/count_tokens"
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
        cached = await kept(service, caller, plan.selection.entry, work, request)
        async with (
            UntilGone(request.receive, request.scope) as client,
            service.begin(caller, facts, plan, PATH, work, asked.prepare, cached=cached) as generation,
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
            UntilGone(request.receive, request.scope) as client,
            service.begin(caller, facts, plan, COUNT_PATH, work, asked.prepare) as generation,
        ):
            counted = await generation.answered(generation.asking.token_count, begun=lambda: False)
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
        wish = Wish(
            model=self._checked.model,
            modality=Modality.TEXT,
            has_images=self._has_images,
            preferred=self._caller.preferred_models,
        )
        return self._service.plan(self._caller, wish, fallback)

    async def first(self, plan: Plan) -> TextRequest:
        """The request for the plan's model. Raises `ClientGone` and what `prepare` does."""
        if not self._has_images:
            return await self.prepare(plan.selection.entry)
        async with UntilGone(
            self._request.receive, self._request.scope
        ):  # images are fetched: that ends with the client too
            return await self.prepare(plan.selection.entry)

    async def prepare(self, entry: Entry) -> TextRequest:
        """The request for one model. Raises what `chat_of` and `ImageInputs.checked` do."""
        if self._service.takes_messages(self._caller, entry):
            self.warnings = []
            original = VendorRequest(without_our_own(self._fields), self._headers())
            return TextRequest([], stream=self.streams, original=original)
        chat = chat_of(self._checked, entry.parameters)
        self.warnings = chat.warnings
        told = await self._images.checked(entry, chat.messages, self._caller.user_id, self._brought)
        return TextRequest(told, chat.parameters, stream=self.streams, tell_stop=True)

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
        body = await generation.answered(self._body, begun=lambda: generation.tally.finish_reason is not None)
        client.over()
        await send_json(self._send, body, headers=headers_of(generation))

    async def _body(self, target: Target, request: TextRequest) -> bytes:
        generation = self._generation
        if request.original is not None:
            return (await generation.relays.whole(target, request)).body
        request.stream = target.provider.always_streams
        result = (await generation.asking.results(target, request))[0]
        warnings = self._asked.warnings + request.warnings
        served = generation.selection.entry.id
        return message(self._facts.request_id, served, result, generation.tally.usage, warnings)

    async def stream(self, client: UntilGone) -> None:
        """Events; an error on the way is the last of them, or plain where it comes before the first."""
        await _Streamed(
            self._send, self._facts, self._generation, self._generation.asking.deltas, self._new_writer, ping=PING
        ).run(client)

    def _new_writer(self, request: TextRequest) -> EventWriter:
        served = self._generation.selection.entry.id
        # What the adapter leaves out is known as soon as it has something to say.
        return EventWriter(self._facts.request_id, served, self._asked.warnings, request.warnings)


class _Streamed(StreamedAnswer[TextRequest, TextDelta]):
    """A streamed answer that passes as it is where the provider speaks this format."""

    async def _attempt(self, target: Target, work: TextRequest, client: UntilGone) -> None:
        relay = self._generation.relays.of_messages(target) if work.original is not None else None
        if relay is None:
            await super()._attempt(target, work, client)
            return
        self._writer = self._new_writer(work)
        async with self._generation.asking.call(target, work) as reply:
            async for events in self._generation.relays.events(reply, relay, target, work):
                await self._start()
                if relay.finished:
                    client.over()
                await self._stream.write(events)
        await self._stream.end()


def _documented(response: type[BaseModel], *, events: bool = False) -> dict[int | str, dict[str, Any]]:
    responses = documented(*ERRORS, response=response, events=events)
    responses[OVERLOADED] = responses.pop(NotReady.status)
    return responses


router = APIRouter(tags=["Anthropic"])
router.routes += [
    VendorRoute(
        PATH,
        messages,
        methods=["POST"],
        tags=["Anthropic"],
        summary="Messages, as Anthropic has them",
        openapi_extra=request_body(MessagesRequest),
        responses=_documented(AnthropicMessage, events=True),
    ),
    VendorRoute(
        COUNT_PATH,
        count_tokens,
        methods=["POST"],
        tags=["Anthropic"],
        summary="The tokens of a prompt, as Anthropic counts them",
        openapi_extra=request_body(CountTokensRequest),
        responses=_documented(TokenCount),
    ),
]
