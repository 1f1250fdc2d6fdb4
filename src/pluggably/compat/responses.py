"""`POST /v1/responses`: OpenAI's newer text endpoint, for every model.

It is a chat inside: the input becomes messages, and the answer is written as items. Nothing is kept between requests.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic_core import to_json

from pluggably.compat.answering import StreamedAnswer, headers_of, kept
from pluggably.compat.reading import read_vendor_body
from pluggably.compat.responses_input import (
    chat_messages,
    chat_parameters,
    in_its_words,
    refuse_what_is_kept_elsewhere,
)
from pluggably.compat.responses_output import ResponseOutput, ResponseWriter
from pluggably.compat.responses_schemas import ResponsesObject, ResponsesRequest
from pluggably.contract.modality import Modality
from pluggably.contract.text import TextRequest
from pluggably.errors import PluggablyError
from pluggably.features.generation.images import ImageInputs, image_urls
from pluggably.features.generation.service import ERRORS, Generation, GenerationService
from pluggably.features.users.access import CanGenerate
from pluggably.kit.connection import ClientGone, UntilGone, read_body, send_json
from pluggably.kit.edge import RequestFacts, facts_of
from pluggably.kit.openapi import documented, request_body
from pluggably.kit.routes import VendorRoute
from pluggably.routing.catalogue import Entry
from pluggably.routing.local_models import Target
from pluggably.routing.selection import Wish

PATH = "/v1/responses"


async def responses(request: Request, caller: CanGenerate) -> None:
    """Make a response, in OpenAI's format."""
    facts = facts_of(request.scope)
    service: GenerationService = request.app.state.generation
    try:
        fields, body = read_vendor_body(await read_body(request.receive), ResponsesRequest)
        if request.app.state.settings.log_prompts:
            facts.prompt = fields["input"]
        refuse_what_is_kept_elsewhere(body)
        messages = chat_messages(body)
        parameters, warnings = chat_parameters(fields, body)
        has_images = bool(image_urls(messages))
        wish = Wish(
            model=body.model,
            modality=Modality.TEXT,
            has_images=has_images,
            preferred=caller.preferred_models,
        )
        plan = service.plan(caller, wish)
        images: ImageInputs = request.app.state.image_inputs
        brought: dict[str, bytes] = {}

        async def prepare(entry: Entry) -> TextRequest:
            checked = await images.checked(entry, messages, caller.user_id, brought)
            return TextRequest(checked, parameters, stream=bool(body.stream))

        text_request = await prepare(plan.selection.entry)
        cached = await kept(service, caller, plan.selection.entry, text_request, request)
        async with (
            UntilGone(request.receive, request.scope) as client,
            service.begin(caller, facts, plan, PATH, text_request, prepare, cached=cached) as generation,
        ):
            answer = _Answer(request, facts, generation, body, warnings)
            await (answer.stream if body.stream else answer.whole)(client)
    except ClientGone:
        facts.cancelled = True
    except PluggablyError as error:
        in_its_words(error)
        raise


class _Answer:
    """Writes the answer to one request. `warnings` are those that no model has to do with."""

    def __init__(
        self,
        request: Request,
        facts: RequestFacts,
        generation: Generation[TextRequest],
        body: ResponsesRequest,
        warnings: list[str],
    ) -> None:
        self._send = request._send
        self._facts = facts
        self._generation = generation
        self._body = body
        self._warnings = warnings

    def _output(self) -> ResponseOutput:
        return ResponseOutput(self._facts.request_id, self._generation.selection.entry.id, self._body)

    async def whole(self, client: UntilGone) -> None:
        """One JSON object."""
        generation = self._generation

        async def attempt(target: Target, request: TextRequest) -> bytes:
            request.stream = target.provider.always_streams
            result = (await generation.asking.results(target, request))[0]
            response = self._output().whole(result, generation.tally.usage, [*self._warnings, *request.warnings])
            return to_json(response, inf_nan_mode="null")

        answer = await generation.answered(attempt, begun=lambda: generation.tally.finish_reason is not None)
        client.over()
        await send_json(self._send, answer, headers=headers_of(generation))

    async def stream(self, client: UntilGone) -> None:
        """Events."""

        def new_writer(request: TextRequest) -> ResponseWriter:
            return ResponseWriter(self._output(), self._warnings, request.warnings)

        generation = self._generation
        await StreamedAnswer(self._send, self._facts, generation, generation.asking.deltas, new_writer).run(client)


router = APIRouter(tags=["OpenAI"])
router.routes.append(
    VendorRoute(
        PATH,
        responses,
        methods=["POST"],
        tags=["OpenAI"],
        summary="Responses, as OpenAI has them",
        openapi_extra=request_body(ResponsesRequest),
        responses=documented(*ERRORS, response=ResponsesObject, events=True),
    )
)
