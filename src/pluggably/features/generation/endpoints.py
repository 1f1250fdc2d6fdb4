"""`POST /v1/generate`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from pluggably.contract.modality import Modality
from pluggably.contract.text import TextRequest
from pluggably.errors import NotFound, NothingToRegenerate, UnsupportedFeature, ValidationFailed
from pluggably.features.artifacts.schemas import Recipe
from pluggably.features.generation.answer import Answer
from pluggably.features.generation.background import BackgroundRunner
from pluggably.features.generation.images import ImageInputs
from pluggably.features.generation.inputs import chat_messages, has_images, media_request, said
from pluggably.features.generation.parameters import as_chat_fields, check_parameters
from pluggably.features.generation.schemas import GenerateRequest, GenerateResponse
from pluggably.features.generation.service import ERRORS, GenerationService
from pluggably.features.generation.work import MediaWork, TextWork, Work
from pluggably.features.requests.schemas import Accepted
from pluggably.features.sessions.schemas import RegenerateRequest
from pluggably.features.sessions.turns import MAX_STATE_BYTES, Again, Turn, Turns, fits
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
SESSION_PATH = "/v1/sessions/{session_id}/generate"
REGENERATE_PATH = "/v1/sessions/{session_id}/regenerate"


async def generate(request: Request, caller: CanGenerate) -> None:
    """Generate text, an image or a 3D mesh.

    With `stream` the answer is `text/event-stream`: `selected`, `queued`, `loading`, `delta` or `progress` …, then
    one `output` or one `error`, then `[DONE]`. A client that goes away cancels its request.
    """
    try:
        body = read_request(await read_body(request.receive))
        await _answer(request, caller, body, PATH)
    except ClientGone:
        facts_of(request.scope).cancelled = True


async def generate_in_session(request: Request, caller: CanGenerate) -> None:
    """Generate in a session: what `/v1/generate` does with its `session_id`."""
    session_id = request.path_params["session_id"]
    try:
        body = read_request(await read_body(request.receive))
        if body.session_id not in (None, session_id):
            raise ValidationFailed.of("session_id", "names another session than the path")
        await _answer(request, caller, body.model_copy(update={"session_id": session_id}), SESSION_PATH)
    except ClientGone:
        facts_of(request.scope).cancelled = True


async def regenerate(request: Request, caller: CanGenerate) -> None:
    """Another answer in the place of an earlier one, which is kept as an alternative; with `prompt` the prompt is
    replaced too. Answers as `/v1/generate` does."""
    turns: Turns = request.app.state.turns
    session_id = request.path_params["session_id"]
    try:
        wanted = _read_regenerate(await read_body(request.receive))
        again = await turns.again(caller.user_id, session_id, wanted.message_id, wanted.prompt)
        answer, model, parameters = again.answer, wanted.model, wanted.parameters
        if model is None and request.app.state.catalogue.get(answer.model) is not None:
            model = answer.model
        if parameters is None and model == answer.model:
            parameters = answer.parameters
        body = GenerateRequest.model_validate(
            {
                "model": model,
                "modality": answer.modality if model is None else None,
                "input": {"messages": again.messages},
                "parameters": parameters,
                "session_id": session_id,
                "stream": wanted.stream,
                "background": wanted.background,
            }
        )
        await _answer(request, caller, body, REGENERATE_PATH, again)
    except ClientGone:
        facts_of(request.scope).cancelled = True


async def _answer(
    request: Request, caller: Caller, body: GenerateRequest, route: str, again: Again | None = None
) -> None:
    facts = facts_of(request.scope)
    service: GenerationService = request.app.state.generation
    if request.app.state.settings.log_prompts:
        facts.prompt = body.input.model_dump(exclude_none=True)
    if body.state_tokens is not None and not fits(body.state_tokens):
        raise ValidationFailed.of("state_tokens", f"is larger than {MAX_STATE_BYTES} bytes", "too_long")
    turn = None if body.session_id is None else await _turn(request, caller, facts, body, again)
    plan = service.plan(caller, _wish(body, caller), "default" if body.fallback is None else body.fallback)
    brought: dict[str, bytes] = {}

    async def prepare(entry: Entry) -> Work:
        return await _work(body, entry, request, caller, brought, turn)

    work: Work | None = None
    if turn is None and has_images(body):
        async with UntilGone(request.receive):  # images are fetched: that ends with the client too
            work = await prepare(plan.selection.entry)
    elif turn is None:
        work = await prepare(plan.selection.entry)
    if body.background:
        await _in_background(request, caller, facts, plan, route, body, work, prepare, turn)
        return
    cached = None
    # Never in a session, whose turns differ, nor with a state that the answer may change.
    if service.cache is not None and isinstance(work, TextWork) and body.state_tokens is None:
        wish = request.headers.get("cache-control")
        cached = await service.cache.look_up(caller.user_id, plan.selection.entry, work.request, wish)
    async with (
        UntilGone(request.receive) as client,
        service.begin(caller, facts, plan, route, work, prepare, cached=cached, turn=turn) as generation,
    ):
        answer = Answer(request._send, facts, generation, body.state_tokens)
        await (answer.stream if body.stream else answer.whole)(client)


async def _turn(
    request: Request, caller: Caller, facts: RequestFacts, body: GenerateRequest, again: Again | None
) -> Turn:
    turns: Turns = request.app.state.turns
    assert body.session_id is not None
    return await turns.open(
        caller.user_id, facts.request_id, body.session_id, said(body), body.parameters, body.state_tokens, again
    )


async def _in_background(
    request: Request,
    caller: Caller,
    facts: RequestFacts,
    plan: Plan,
    route: str,
    body: GenerateRequest,
    work: Work | None,
    prepare: Callable[[Entry], Awaitable[Work]],
    turn: Turn | None,
) -> None:
    """Answer 202 at once, or with `stream` follow the request's events; it goes on without its client."""
    runner: BackgroundRunner = request.app.state.background
    generation, events = await runner.start(caller, facts, plan, route, work, prepare, body.state_tokens, turn)
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


async def _work(
    body: GenerateRequest,
    entry: Entry,
    request: Request,
    caller: Caller,
    brought: dict[str, bytes],
    turn: Turn | None,
) -> Work:
    """What is to be done by this model; `brought` as in `ImageInputs.checked`. Raises where it does not suit it."""
    images: ImageInputs = request.app.state.image_inputs
    parameters = check_parameters(entry, body.parameters or {})
    if body.input.mesh is not None:
        raise UnsupportedFeature(f"{entry.id} takes no mesh.", param="input.mesh")
    if entry.modality is Modality.TEXT:
        if turn is None:
            messages = chat_messages(body)
        else:
            messages = await turn.chat(entry, body.system_prompt, parameters.get("max_tokens"))
        messages = await images.checked(entry, messages, caller.user_id, brought)
        tokens = body.state_tokens if turn is None else turn.state_tokens
        fields = as_chat_fields(parameters)
        return TextWork(TextRequest(messages, fields, stream=bool(body.stream), state_tokens=tokens))
    if turn is not None and (image := await turn.image(entry)) is not None:
        body = body.model_copy(update={"input": body.input.model_copy(update={"images": [image]})})
    media = await media_request(entry, body, parameters, images, caller.user_id, brought)
    if turn is not None:
        media.history = await turn.prompts(entry)
    recipe = None
    if turn is not None or body.keep:
        given = [image for image in body.input.images or () if not image.startswith("data:")]
        recipe = Recipe(
            model=entry.id, prompt=media.prompt, parameters=body.parameters or {}, images=given, seed=None
        )
    return MediaWork(media, request.app.state.delivery, recipe)


def _read_regenerate(body: bytes) -> RegenerateRequest:
    try:
        return RegenerateRequest.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise refused(error) from error


def _in_a_session(model: type[BaseModel]) -> dict[str, Any]:
    """The `openapi_extra` of a route that reads this body and the session's id from its path."""
    parameter = {"name": "session_id", "in": "path", "required": True, "schema": {"type": "string"}}
    return {**request_body(model), "parameters": [parameter]}


_IN_THE_BACKGROUND = {202: {"model": Accepted, "description": "A background request was taken"}}

router = APIRouter(tags=["generation"])
router.routes.append(
    HotRoute(
        PATH,
        generate,
        methods=["POST"],
        tags=["generation"],
        summary="Generate text, an image or a 3D mesh",
        openapi_extra=request_body(GenerateRequest),
        responses={**documented(*ERRORS, response=GenerateResponse, events=True), **_IN_THE_BACKGROUND},
    )
)
router.routes.append(
    HotRoute(
        SESSION_PATH,
        generate_in_session,
        methods=["POST"],
        tags=["sessions"],
        summary="Generate in a session",
        openapi_extra=_in_a_session(GenerateRequest),
        responses={**documented(*ERRORS, response=GenerateResponse, events=True), **_IN_THE_BACKGROUND},
    )
)
router.routes.append(
    HotRoute(
        REGENERATE_PATH,
        regenerate,
        methods=["POST"],
        tags=["sessions"],
        summary="Answer again",
        openapi_extra=_in_a_session(RegenerateRequest),
        responses={
            **documented(*ERRORS, NothingToRegenerate, NotFound, response=GenerateResponse, events=True),
            **_IN_THE_BACKGROUND,
        },
    )
)
