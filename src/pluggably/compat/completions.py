"""`POST /v1/completions`: raw text that a model goes on with, in OpenAI's older format.

Where a provider has nothing but chats the text is asked as a message of one, and the answer's `warnings` say so.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints

from pluggably.compat.answering import StreamedAnswer, served_by
from pluggably.compat.chat_schemas import Loose, StreamOptions
from pluggably.compat.completions_format import CompletionFormat, CompletionWriter
from pluggably.compat.reading import read_vendor_body
from pluggably.contract.completions import CompletionRequest
from pluggably.contract.modality import Modality
from pluggably.contract.text import TextDelta, TextRequest
from pluggably.errors import UnsupportedFeature, ValidationFailed
from pluggably.features.generation.collector import Collector
from pluggably.features.generation.service import ERRORS, Generation, GenerationService
from pluggably.features.users.access import CanGenerate
from pluggably.kit.connection import ClientGone, UntilGone, read_body, send_json
from pluggably.kit.edge import RequestFacts, facts_of
from pluggably.kit.openapi import documented, request_body
from pluggably.kit.routes import VendorRoute
from pluggably.routing.catalogue import Entry
from pluggably.routing.local_models import Target
from pluggably.routing.selection import Wish

PATH = "/v1/completions"
MAX_PROMPTS = 128
DEFAULT_MAX_TOKENS = 16
"""OpenAI's."""
_NOT_PARAMETERS = frozenset({"model", "prompt", "stream", "stream_options"})
_NEUTRAL: dict[str, Any] = {"n": 1, "echo": False, "suffix": "", "logit_bias": {}}
_RAW_ALONE = ("echo", "suffix", "best_of")
_Text = Annotated[str, StringConstraints(min_length=1)]
_Tokens = Annotated[list[Annotated[int, Field(ge=0, lt=2**31)]], Field(min_length=1)]


class CompletionsRequest(Loose):
    """The body of `POST /v1/completions`."""

    model: Annotated[str, StringConstraints(min_length=1, max_length=255)] | None = Field(
        None, description="A model's id, `provider:name`, `auto`, or nothing.", examples=["auto"]
    )
    prompt: (
        _Text
        | Annotated[list[_Text], Field(min_length=1, max_length=MAX_PROMPTS)]
        | _Tokens
        | Annotated[list[_Tokens], Field(min_length=1, max_length=MAX_PROMPTS)]
    ) = Field(description="A text to go on with, several, or the numbers of their tokens.", examples=["The sea is"])
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(None, ge=0, description=f"{DEFAULT_MAX_TOKENS} where nothing is said")
    n: int | None = Field(None, ge=1, le=128)
    best_of: int | None = Field(None, ge=1, le=20)
    echo: bool | None = None
    suffix: str | None = None
    logprobs: int | None = Field(None, ge=0, le=20)
    stop: str | Annotated[list[str], Field(max_length=16)] | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    seed: int | None = Field(None, ge=-(2**63), lt=2**63)
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    logit_bias: dict[str, float] | None = None


class Completion(Loose):
    """The answer, as OpenAI documents it."""

    id: str
    object: Literal["text_completion"]
    created: int
    model: str
    choices: list[dict[str, Any]]
    usage: dict[str, Any] | None = None


async def completions(request: Request, caller: CanGenerate) -> None:
    """Go on with a text, in OpenAI's older format."""
    facts = facts_of(request.scope)
    service: GenerationService = request.app.state.generation
    try:
        fields, body = read_vendor_body(await read_body(request.receive), CompletionsRequest)
        if request.app.state.settings.log_prompts:
            facts.prompt = fields["prompt"]
        plan = service.plan(caller, Wish(model=body.model, modality=Modality.TEXT, preferred=caller.preferred_models))
        parameters = _parameters(fields, body)

        async def prepare(_entry: Entry) -> CompletionRequest:
            return CompletionRequest(body.prompt, parameters)

        work = await prepare(plan.selection.entry)
        async with (
            UntilGone(request.receive, request.scope) as client,
            service.begin(caller, facts, plan, PATH, work, prepare) as generation,
        ):
            answer = _Answer(request, facts, generation, body)
            await (answer.stream if body.stream else answer.whole)(client)
    except ClientGone:
        facts.cancelled = True


def _parameters(fields: dict[str, Any], body: CompletionsRequest) -> dict[str, Any]:
    """What goes to the provider: nothing that asks for what happens anyway."""
    parameters = {
        name: value
        for name, value in fields.items()
        if name not in _NOT_PARAMETERS and value is not None and _NEUTRAL.get(name) != value
    }
    best_of, choices = parameters.pop("best_of", None), body.n or 1
    if best_of is not None and best_of < choices:
        raise ValidationFailed.of("best_of", "must be at least `n`")
    if best_of is not None and best_of > choices:
        parameters["best_of"] = best_of
    return {"max_tokens": DEFAULT_MAX_TOKENS, **parameters}


class _Answer:
    """Writes the answer to one request."""

    def __init__(
        self,
        request: Request,
        facts: RequestFacts,
        generation: Generation[CompletionRequest],
        body: CompletionsRequest,
    ) -> None:
        self._send = request._send
        self._facts = facts
        self._generation = generation
        self._body = body

    def _format(self) -> CompletionFormat:
        return CompletionFormat(self._facts.request_id, self._generation.selection.entry.id, self._body.logprobs)

    async def whole(self, client: UntilGone) -> None:
        """One JSON object."""
        generation = self._generation

        async def attempt(target: Target, request: CompletionRequest) -> bytes:
            collected = Collector()
            generation.tally.partial = lambda: {"text": collected.text()}
            async with aclosing(self._pieces(target, request)) as deltas:
                async for delta in deltas:
                    collected.take(delta)
            usage = generation.tally.usage
            return self._format().whole(collected.results(usage), usage, request.warnings)

        answer = await generation.answered(attempt, begun=lambda: generation.tally.finish_reason is not None)
        client.over()
        await send_json(self._send, answer, headers=served_by(generation.selection))

    async def stream(self, client: UntilGone) -> None:
        """Events."""
        options = self._body.stream_options
        include_usage = bool(options and options.include_usage)

        def new_writer(request: CompletionRequest) -> CompletionWriter:
            return CompletionWriter(self._format(), request.warnings, include_usage=include_usage)

        await StreamedAnswer(self._send, self._facts, self._generation, self._pieces, new_writer).run(client)

    async def _pieces(self, target: Target, request: CompletionRequest) -> AsyncGenerator[TextDelta, None]:
        if target.provider.completions is not None:
            async with aclosing(self._generation.asking.completion(target, request)) as deltas:
                async for delta in deltas:
                    yield delta
            return
        chat, note = (
            _as_chat(request),
            f"`prompt`: {target.provider.title} has only chats; it was asked as a message.",
        )
        async with aclosing(self._generation.asking.deltas(target, chat)) as deltas:
            async for delta in deltas:
                request.warnings[:] = [note, *chat.warnings]
                yield delta


def _as_chat(request: CompletionRequest) -> TextRequest:
    """The text as the one message of a chat. Raises `UnsupportedFeature` for what only raw text can have."""
    parameters = dict(request.parameters)
    for name in _RAW_ALONE:
        if name in parameters:
            raise UnsupportedFeature(f"`{name}` needs a model that takes raw text.", param=name)
    prompt = request.prompt[0] if isinstance(request.prompt, list) and len(request.prompt) == 1 else request.prompt
    if not isinstance(prompt, str):
        raise UnsupportedFeature("Several texts, or tokens, need a model that takes raw text.", param="prompt")
    if "logprobs" in parameters:
        parameters["top_logprobs"] = parameters["logprobs"]
        parameters["logprobs"] = True
    return TextRequest([{"role": "user", "content": prompt}], parameters)


router = APIRouter(tags=["OpenAI"])
router.routes.append(
    VendorRoute(
        PATH,
        completions,
        methods=["POST"],
        tags=["OpenAI"],
        summary="Completions of raw text, as OpenAI had them",
        openapi_extra=request_body(CompletionsRequest),
        responses=documented(*ERRORS, response=Completion, events=True),
    )
)
