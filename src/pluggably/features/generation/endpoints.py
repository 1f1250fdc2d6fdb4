"""`POST /v1/generate`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from pydantic import ValidationError
from pydantic_core import to_json

from pluggably.contract.modality import Modality
from pluggably.contract.text import TextRequest
from pluggably.errors import NotFound, UnsupportedFeature, ValidationFailed
from pluggably.features.generation.answer import Answer
from pluggably.features.generation.background import BackgroundRunner
from pluggably.features.generation.images import ImageInputs
from pluggably.features.generation.inputs import chat_messages, has_images, media_request
from pluggably.features.generation.parameters import as_chat_fields, check_parameters
from pluggably.features.generation.schemas import MAX_STATE_BYTES, GenerateRequest, GenerateResponse
from pluggably.features.generation.service import ERRORS, GenerationService
from pluggably.features.generation.work import MediaWork, TextWork, Work
from pluggably.features.users.access import CanGenerate
from pluggably.features.users.authentication import Caller
from pluggably.kit.connection import ClientGone, EventStream, UntilGone, read_body, send_json
from pluggably.kit.edge import RequestFacts, facts_of
from pluggably.kit.openapi import documented, request_body
from pluggably.kit.routes import HotRoute
from pluggably.kit.validation import refused
from pluggably.routing.catalogue import Entry
from pluggably.routing.fallback import Plan
from pluggably.routing.selection import Wish

PATH = "/v1/generate"


async def generate(request: Request, caller: CanGenerate) -> None:
    """Generate text, an image or a 3D mesh.

    With `stream` the answer is `text/event-stream`: `selected`, `queued`, `loading`, `delta` or `progress` …, then
    one `output` or one `error`, then `[DONE]`. A client that goes away cancels its request.
    """
    facts = facts_of(request.scope)
    service: GenerationService = request.app.state.generation
    try:
        body = read_request(await read_body(request.receive))
        if request.app.state.settings.log_prompts:
            facts.prompt = body.input.model_dump(exclude_none=True)
        plan = service.plan(_wish(body, caller), "default" if body.fallback is None else body.fallback)
        _refuse_what_is_not_there_yet(body)
        brought: dict[str, bytes] = {}

        async def prepare(entry: Entry) -> Work:
            return await _work(body, entry, request, caller, brought)

        if has_images(body):
            async with UntilGone(request.receive):  # images are fetched: that ends with the client too
                work = await prepare(plan.selection.entry)
        else:
            work = await prepare(plan.selection.entry)
        if body.background:
            await _in_background(request, caller, facts, plan, body, work, prepare)
            return
        cached = None
        if service.cache is not None and isinstance(work, TextWork):
            wish = request.headers.get("cache-control")
            cached = await service.cache.look_up(caller.user_id, plan.selection.entry, work.request, wish)
        async with (
            UntilGone(request.receive) as client,
            service.begin(caller, facts, plan, PATH, work, prepare, cached=cached) as generation,
        ):
            answer = Answer(request._send, facts, generation, body.state_tokens)
            await (answer.stream if body.stream else answer.whole)(client)
    except ClientGone:
        facts.cancelled = True


async def _in_background(
    request: Request,
    caller: Caller,
    facts: RequestFacts,
    plan: Plan,
    body: GenerateRequest,
    work: Work,
    prepare: Callable[[Entry], Awaitable[Work]],
) -> None:
    """Answer 202 at once, or with `stream` follow the request's events; it goes on without its client."""
    runner: BackgroundRunner = request.app.state.background
    generation, events = await runner.start(caller, facts, plan, PATH, work, prepare, body.state_tokens)
    tracked, entry = generation.tracked, generation.selection.entry
    facts.model, facts.model_label, facts.provider = entry.id, entry.label, entry.provider
    if body.stream:
        async with UntilGone(request.receive):
            await EventStream(request._send).follow(events.follow())
        return
    accepted = {"request_id": tracked.id, "status": tracked.status, "queue_position": tracked.queue_position}
    await send_json(request._send, to_json(accepted), status=202)


def read_request(body: bytes) -> GenerateRequest:
    """The request in a body. Raises `InvalidJSON`, or `ValidationFailed` with the fields."""
    try:
        return GenerateRequest.model_validate_json(body)
    except ValidationError as error:
        raise refused(error) from error


def _wish(body: GenerateRequest, caller: Caller) -> Wish:
    return Wish(
        model=body.model,
        provider=body.provider,
        modality=body.modality,
        mode=body.selection_mode or "auto",
        has_images=has_images(body),
        preferred=caller.preferred_models,
    )


def _refuse_what_is_not_there_yet(body: GenerateRequest) -> None:
    if body.session_id is not None:
        raise NotFound(f"No session {body.session_id!r}.", param="session_id")
    if body.state_tokens is not None and len(to_json(body.state_tokens)) > MAX_STATE_BYTES:
        raise ValidationFailed.of("state_tokens", f"is larger than {MAX_STATE_BYTES} bytes", "too_long")


async def _work(
    body: GenerateRequest, entry: Entry, request: Request, caller: Caller, brought: dict[str, bytes]
) -> Work:
    """What is to be done by this model; `brought` as in `ImageInputs.checked`. Raises where it does not suit it."""
    images: ImageInputs = request.app.state.image_inputs
    parameters = check_parameters(entry, body.parameters or {})
    if body.input.mesh is not None:
        raise UnsupportedFeature(f"{entry.id} takes no mesh.", param="input.mesh")
    if entry.modality is Modality.TEXT:
        messages = await images.checked(entry, chat_messages(body), caller.user_id, brought)
        return TextWork(TextRequest(messages, as_chat_fields(parameters), stream=bool(body.stream)))
    media = await media_request(entry, body, parameters, images, caller.user_id, brought)
    return MediaWork(media, request.app.state.delivery)


router = APIRouter(tags=["generation"])
router.routes.append(
    HotRoute(
        PATH,
        generate,
        methods=["POST"],
        tags=["generation"],
        summary="Generate text, an image or a 3D mesh",
        openapi_extra=request_body(GenerateRequest),
        responses=documented(*ERRORS, response=GenerateResponse, events=True),
    )
)
